/// Why received bytes are not a message that can be used.
public struct SIPParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The layer that objected: the first whose rules were broken.
    public enum Layer: Hashable, Sendable {
        /// Start line, header lines, the empty line, the length of the body.
        case framing
        /// The value of one header.
        case header
        /// Headers that do not fit together or are missing (RFC 3261 section 8.1.1), a version that is not ours.
        case validation
    }

    /// The layer that objected.
    public var layer: Layer
    /// The byte at fault, from the start of the message.
    public var offset: Int
    /// The header at fault, when it is one.
    public var header: HeaderName?
    /// The status with which to refuse a request (RFC 3261 section 21.4); a response is dropped.
    public var status: Int
    /// What is wrong, in words, without any byte of the message.
    public var message: String

    /// Makes an error from its parts.
    public init(layer: Layer, offset: Int, header: HeaderName? = nil, status: Int = 400, message: String) {
        self.layer = layer
        self.offset = offset
        self.header = header
        self.status = status
        self.message = message
    }

    /// One line for a log.
    public var description: String {
        let place = self.header.map { "\($0) " } ?? ""
        return "\(self.status) \(self.layer): \(place)\(self.message) (byte \(self.offset))"
    }
}

/// A value broke its grammar at a byte: what the scanners of single headers throw.
struct ScanFailure: Error, Sendable {
    /// The byte at fault, in the bytes that were scanned.
    var offset: Int
    /// What was expected there.
    var reason: StaticString

    init(_ offset: Int, _ reason: StaticString) {
        self.offset = offset
        self.reason = reason
    }
}

/// What a received message may cost: each limit holds before anything is allocated for it.
public struct SIPLimits: Hashable, Sendable {
    /// The longest message in bytes, its body included; never over 65 535.
    public var messageLength = 65_535
    /// The most header lines.
    public var headerCount = 256
    /// The longest header value in bytes, its folded lines included.
    public var headerLength = 16_384
    /// The largest Content-Length that a stream's framing accepts, in bytes.
    public var contentLength = 65_535

    /// Makes the limits that hold unless one is changed.
    public init() {}

    /// The limits that hold unless others are given.
    public static let standard = SIPLimits()
}
