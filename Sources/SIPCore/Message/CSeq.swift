/// The CSeq header: the order of requests in a dialog (RFC 3261 section 20.16).
public struct CSeq: Hashable, Sendable, CustomStringConvertible {
    /// The sequence number; a peer that sends one of 2^31 or more is borne with.
    public var number: UInt32
    /// The method of the request.
    public var method: SIPMethod

    /// Makes a CSeq from its parts.
    public init(number: UInt32, method: SIPMethod) {
        self.number = number
        self.method = method
    }

    /// Reads "314159 INVITE"; `nil` for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count < 65_535, let reference = try? CSeqReference(bytes.span, 0..<bytes.count) else { return nil }
        self.number = reference.number
        self.method = SIPMethod(rawValue: reference.method.string(in: bytes))
    }

    /// The header's value.
    public var description: String {
        "\(self.number) \(self.method)"
    }
}

/// Where the parts of a CSeq value are.
struct CSeqReference: Sendable {
    var number: UInt32 = 0
    var method = ByteRange()

    init() {}

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ScanFailure) {
        var position = range.lowerBound
        skipSpace(bytes, &position, range.upperBound)
        guard let number = scanUInt32(bytes, &position, range.upperBound) else {
            throw ScanFailure(position, "a number below 2^32 is expected")
        }
        let gap = position
        skipSpace(bytes, &position, range.upperBound)
        guard position > gap else { throw ScanFailure(position, "a space is expected after the number") }
        let method = position
        position = bytes.skip(.token, position, range.upperBound)
        guard position > method else { throw ScanFailure(position, "a method is expected") }
        self.number = number
        self.method = ByteRange(method, position)
        skipSpace(bytes, &position, range.upperBound)
        guard position == range.upperBound else { throw ScanFailure(position, "nothing may follow the method") }
    }
}
