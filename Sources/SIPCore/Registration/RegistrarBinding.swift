public import CoreTypes

/// One contact of an address of record, as a registrar keeps it (RFC 3261 section 10.3).
public struct RegistrarBinding: Sendable {
    /// The Contact as it was given: the URI with every parameter (`rinstance`), `q` and others behind it, without `expires`.
    public let contact: NameAddress
    /// The preference in thousandths, from 0 to 1000; 1000 when no `q` was given.
    public let preference: Int
    /// The Call-ID of the REGISTER that made or refreshed it.
    public let callID: String
    /// The CSeq number of that REGISTER.
    public let cSeq: UInt32
    /// When it lapses.
    public let expiresAt: Instant
    /// Where the REGISTER came from: the way back through a NAT.
    public let source: TransportAddress?

    /// The contact as a 200 lists it, with the whole seconds that are left.
    func listed(now: Instant) -> NameAddress {
        var contact = self.contact
        let left = (self.expiresAt - now).nanoseconds
        contact.parameters.set("expires", "\(max(0, (left + 999_999_999) / 1_000_000_000))")
        return contact
    }

    /// Reads a qvalue (RFC 3261 section 25.1: "0.7", at most three digits) in thousandths; `nil` when it is none.
    static func thousandths(_ text: String) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1" else { return nil }
        var value = whole == "1" ? 1000 : 0
        if parts.count == 2 {
            let digits = Array(parts[1].utf8)
            guard digits.count <= 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            for (digit, weight) in zip(digits, [100, 10, 1]) { value += Int(digit - 0x30) * weight }
        }
        return value <= 1000 ? value : nil
    }
}

/// What changed in a registrar.
public enum RegistrarChange: Sendable {
    /// A contact that was not there before.
    case added(addressOfRecord: String, RegistrarBinding)
    /// A contact that registered again.
    case refreshed(addressOfRecord: String, RegistrarBinding)
    /// A contact that unregistered.
    case removed(addressOfRecord: String, RegistrarBinding)
    /// A contact that did not register again in time.
    case lapsed(addressOfRecord: String, RegistrarBinding)
}
