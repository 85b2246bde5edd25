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
