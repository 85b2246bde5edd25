/// Retry-After: when to try again (RFC 3261 section 20.33).
public struct RetryAfter: SIPHeaderValue {
    /// Seconds to wait.
    public var seconds: UInt32
    /// The comment without its parentheses and escapes.
    public var comment: String?
    /// The parameters, `duration` among them.
    public var parameters: Parameters

    /// Makes a value from its parts; `duration` in seconds.
    public init(seconds: UInt32, comment: String? = nil, duration: UInt32? = nil) {
        self.seconds = seconds
        self.comment = comment
        self.parameters = Parameters()
        self.parameters.assign("duration", duration.map { "\($0)" })
    }

    /// Reads "18000;duration=3600" or "120 (I'm in a meeting)"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, RetryAfter.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.seconds = try scanner.seconds()
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: "(") { self.comment = try scanner.comment() }
        self.parameters = try scanner.parameters([ParameterRule("duration", .seconds)])
    }

    /// How long the peer will be reachable from then on, in seconds.
    public var duration: UInt32? { self.parameters.seconds("duration") }

    /// The header's value.
    public var description: String {
        let comment = self.comment.map { " (" + RetryAfter.escapedComment($0) + ")" } ?? ""
        return "\(self.seconds)\(comment)\(self.parameters)"
    }

    private static func escapedComment(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            default: break
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension HeaderScanner {
    /// The inside of a comment in parentheses, with the comments in it, without escapes (RFC 3261 section 25.1).
    mutating func comment() throws(ScanFailure) -> String {
        let start = self.position
        try self.expect(UInt8(ascii: "("), "a comment is expected")
        var depth = 1
        while let byte = self.next {
            self.advance()
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return unescaped(self.text((start + 1)..<(self.position - 1))) }
            case UInt8(ascii: "\\"): self.advance()
            default: break
            }
        }
        throw ScanFailure(start, "the comment has no end")
    }
}

extension SIPMessage {
    /// Retry-After with its comment and parameters; `nil` when it is absent or malformed. The seconds alone are
    /// `retryAfter`.
    public var retryAfterDetails: RetryAfter? { self.one(.retryAfter, RetryAfter.init(scanning:)) }
}
