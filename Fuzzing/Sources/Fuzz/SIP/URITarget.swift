import CoreTypes
import SIPCore

/// Values in headers: what was read is written so that it is read as the same again; equivalence has no direction.
///
/// The input is a byte that says which kind, and one or two values, a line each.
enum URITarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let kind = input.choice(6)
        let first = String(decoding: input.record(endingWith: 0x0A), as: UTF8.self)
        let second = String(decoding: input.rest(), as: UTF8.self)
        switch kind {
        case 0: self.uris(first, second)
        case 1: self.address(first)
        case 2: self.via(first)
        case 3:
            self.uris(first, second)
            self.address(first)
            self.via(first)
        case 4: self.small(first)
        default: self.edit(first, second)
        }
    }

    private static func uris(_ first: String, _ second: String) {
        let left = SIPURI(first)
        let right = SIPURI(second)
        for uri in [left, right].compactMap({ $0 }) {
            let text = uri.description
            guard let again = SIPURI(text) else { fatalError("written as \(text), which is no URI") }
            check(again == uri, "written as \(text), read as \(again)")
            check(again.description == text, "written as \(text), then as \(again.description)")
            check(uri.isEquivalent(to: uri) && uri.isEquivalent(to: again), "\(text) is not equivalent to itself")
            _ = uri.unescapedUser
            _ = uri.transport
            _ = uri.address
            _ = uri.isLooseRouter
        }
        guard let left, let right else { return }
        let forward = left.isEquivalent(to: right)
        check(
            forward == right.isEquivalent(to: left) && !(isBrokenOnPurpose && forward && left != right),
            "\(left) and \(right) are equivalent one way only"
        )
        if left == right {
            check(forward, "\(left) equals and is not equivalent")
            check(left.hashValue == right.hashValue, "\(left) equals and has another hash")
        }
    }

    private static func address(_ text: String) {
        guard let address = NameAddress(text) else { return }
        let written = address.description
        guard let again = NameAddress(written) else { fatalError("written as \(written), which is no address") }
        check(again == address, "written as \(written), read as \(again)")
        check(again.description == written, "written as \(written), then as \(again.description)")
        _ = address.tag
        _ = address.expires
    }

    private static func via(_ text: String) {
        guard let via = Via(text) else { return }
        let written = via.description
        guard let again = Via(written) else { fatalError("written as \(written), which is no Via") }
        check(again == via, "written as \(written), read as \(again)")
        check(again.description == written, "written as \(written), then as \(again.description)")
        check(via.branch == again.branch && via.rport == again.rport && via.received == again.received, "parameters")
        _ = via.sentBy
        let source = TransportAddress(host: .v4(0xC000_0201), port: 5060)
        _ = ResponseRouting.destination(for: via, source: source, isReliable: false)
    }

    private static func small(_ text: String) {
        if let cSeq = CSeq(text) { check(CSeq(cSeq.description) == cSeq, "\(cSeq) is read as another") }
        if let name = HeaderName(text) {
            check(HeaderName(name.description) == name, "\(name) is read as another")
            check(HeaderName(text.uppercased()) == name, "\(name) is another in capitals")
        }
        if let address = IPAddress(text) {
            check(IPAddress(address.description) == address, "\(address) is read as another")
        }
        if let address = TransportAddress(text) {
            check(TransportAddress(address.description) == address, "\(address) is read as another")
        }
    }

    /// Whatever an application sets as a value is read back as that value, and adds nothing else.
    private static func edit(_ name: String, _ value: String) {
        var uri = SIPURI(user: "100", host: "pbx.example")
        uri.setParameter("x-value", value)
        guard let again = SIPURI(uri.description) else { fatalError("written as \(uri), which is no URI") }
        let read = self.unescaped(again.parameters["x-value"] ?? "")
        check(read == Array(value.utf8), "\(value) was set, \(uri) has another")
        check(again.host == uri.host && again.user == uri.user, "the parameter changed the rest")

        guard var builder = try? self.options(name, value) else { return }
        guard let message = try? builder.build() else { return }
        check(message.method == .options && message.callID == "1@a.example", "a value changed the message")
        check(message.body.isEmpty, "a value became a body")
        check(message.headerLines.count <= 8, "a value became a header: \(message.headerLines)")
        builder.setBody(Array(value.utf8), contentType: "text/plain")
        guard let whole = try? builder.build() else { return }
        check(whole.body.elementsEqual(value.utf8), "the body is another")
    }

    /// The bytes of a URI's parameter, whose escapes the parameters keep.
    private static func unescaped(_ text: String) -> [UInt8] {
        var input = FuzzInput(Array(text.utf8))
        var result: [UInt8] = []
        while !input.isEmpty {
            let byte = input.byte()
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let escaped = UInt8(String(decoding: input.take(2), as: UTF8.self), radix: 16) else {
                fatalError("an escape that is none in \(text)")
            }
            result.append(escaped)
        }
        return result
    }

    private static func options(_ name: String, _ value: String) throws -> SIPMessageBuilder {
        var builder = SIPMessageBuilder(request: .options, uri: SIPURI(user: "100", host: "pbx.example"))
        try builder.add(.via, "SIP/2.0/UDP a.example;branch=z9hG4bK1")
        try builder.add(.from, "<sip:a@a.example>;tag=1")
        try builder.add(.to, "<sip:b@b.example>")
        try builder.add(.callID, "1@a.example")
        try builder.add(.cSeq, "1 OPTIONS")
        guard let header = HeaderName(name) else { return builder }
        guard ![.callID, .contentLength].contains(header) else { return builder }
        try builder.add(header, value)
        return builder
    }
}
