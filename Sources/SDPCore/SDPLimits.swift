/// How much a description may hold; checked before anything is allocated for it.
public struct SDPLimits: Hashable, Sendable {
    /// The longest description, in bytes.
    public var bytes = 32_768
    /// The longest line, in bytes.
    public var lineBytes = 4_096
    /// The most lines.
    public var lines = 1_024
    /// The most m= lines.
    public var media = 16
    /// The most a= lines of one section.
    public var attributes = 256
    /// The most formats of one m= line.
    public var formats = 64

    /// Makes the limits that suit a telephone.
    public init() {}
}
