/// Something to be said.
public struct SpokenLine: Sendable, Equatable {
    /// What a line is.
    public enum Kind: Sendable, Equatable {
        /// Part of what the bot has to say; goes into the history as far as it was heard.
        case reply
        /// Fillers, apologies and the like, which the model need not know of.
        case aside
    }
    /// Which line it is, from 1.
    public var number: Int
    /// The words.
    public var text: String
    /// What it is.
    public var kind: Kind

    /// Makes a line.
    public init(number: Int, text: String, kind: Kind) {
        self.number = number
        self.text = text
        self.kind = kind
    }
}
