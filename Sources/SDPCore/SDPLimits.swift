/// How much a description may hold; checked before anything is allocated for it.
public struct SDPLimits: Hashable, Sendable {
    /// The longest description, in bytes.
    public var bytes = 32_768
    /// The longest line, in bytes; longer ones are not read.
    public var lineBytes = 4_096
    /// The most lines that are not empty.
    public var lines = 4_096
    /// The most m= lines.
    public var media = 32
    /// The most a= lines of one section; what a call needs may be among as many more.
    public var attributes = 256
    /// The most formats of one m= line; more are not read.
    public var formats = 64

    /// Makes the limits that suit a telephone.
    public init() {}
}
