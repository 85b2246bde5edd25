/// What reading a body may cost: each limit holds before anything is allocated for it.
public struct BodyLimits: Hashable, Sendable {
    /// The most parts of one multipart body, and of all that are nested in it together.
    public var partCount = 64
    /// How deep multipart bodies may be nested; the outermost counts as one.
    public var depth = 4
    /// The most header lines of a part or a fragment.
    public var headerCount = 64
    /// The longest header line in bytes, its folded lines included.
    public var headerLength = 8_192

    /// Makes the limits that hold unless one is changed.
    public init() {}

    /// The limits that hold unless others are given.
    public static let standard = BodyLimits()
}
