// The parameters of a Contact that outbound and GRUU define.
extension NameAddress {
    /// `+sip.instance`: the device, a URN without its angle brackets (RFC 5626 section 4.1).
    public var instanceID: String? {
        guard let text = self.parameters["+sip.instance"], text.utf8.count >= 2, text.utf8.first == UInt8(ascii: "<"),
            text.utf8.last == UInt8(ascii: ">")
        else { return nil }
        return String(text.dropFirst().dropLast())
    }

    /// `reg-id`: the flow of a device, from 1 (RFC 5626 section 4.2); `nil` when it is absent or none.
    public var registrationID: UInt32? {
        self.parameters.number("reg-id").flatMap { $0 > 0 ? $0 : nil }
    }

    /// `pub-gruu`: the public address of this device alone (RFC 5627 section 5.2).
    public var publicGRUU: SIPURI? { self.parameters["pub-gruu"].flatMap { SIPURI($0) } }

    /// `temp-gruu`: an address of this device alone that does not tell whose it is (RFC 5627 section 5.2).
    public var temporaryGRUU: SIPURI? { self.parameters["temp-gruu"].flatMap { SIPURI($0) } }

    /// Gives a Contact its device and flow (RFC 5626 section 4.2); the URN without angle brackets.
    public mutating func setInstance(_ urn: String, registrationID: UInt32? = nil) {
        self.parameters.assignQuoted("+sip.instance", "<\(urn)>")
        self.parameters.assign("reg-id", registrationID.map { "\($0)" })
    }
}

extension SIPURI {
    /// Whether the `ob` parameter asks that requests come over the flow of the registration (RFC 5626 section 4.3).
    public var isOutbound: Bool { self.parameters.contains("ob") }

    /// Whether the URI reaches one device only (RFC 5627 section 3.2).
    public var isGRUU: Bool { self.parameters.contains("gr") }
}
