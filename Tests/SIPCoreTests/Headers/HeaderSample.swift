import Testing

@testable import SIPCore

/// Messages around the headers under test.
enum HeaderSample {
    /// The bytes of a request with some more header lines, as they are given.
    static func wire(_ lines: [String]) -> [UInt8] {
        let head = [
            "NOTIFY sip:bob@biloxi.example SIP/2.0", "Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776asdhds",
            "Max-Forwards: 70", "To: Bob <sip:bob@biloxi.example>", "From: <sip:alice@atlanta.example>;tag=1",
            "Call-ID: a84b4c76e66710", "CSeq: 1 NOTIFY",
        ]
        return Array(((head + lines + ["Content-Length: 0"]).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// A request with some more header lines.
    static func message(_ lines: String...) throws -> SIPMessage {
        try SIPMessage(HeaderSample.wire(lines))
    }

    /// Where a text stands in bytes.
    static func offset(of text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        return bytes.indices.first { bytes[$0...].starts(with: wanted) }
    }
}

/// Whether a value is read, leaves as text and is read again as the same.
func expectRoundTrip<Value: SIPHeaderValue>(
    _ text: String,
    _ type: Value.Type = Value.self,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let value = Value(text) else {
        Issue.record("not read: \(text)", sourceLocation: sourceLocation)
        return
    }
    #expect(Value(value.description) == value, "\(text)", sourceLocation: sourceLocation)
    #expect(!value.description.utf8.contains { $0 == 0x0D || $0 == 0x0A }, sourceLocation: sourceLocation)
}
