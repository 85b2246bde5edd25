/// A bearer token. It is sent in `Authorization` and never shown.
public struct APIKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token itself; for the header and nothing else.
    let text: String

    /// Makes a key; nil when nothing is left after trimming white space, or when it could not stand in a header.
    public init?(_ text: String) {
        let trimmed = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard !trimmed.isEmpty, trimmed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.text = trimmed
    }

    /// Tells that there is a key, not which.
    public var description: String { "(secret)" }
    /// Tells that there is a key, not which.
    public var debugDescription: String { "(secret)" }
    /// Shows nothing of the key when a value that holds it is dumped.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }

    /// The text with every occurrence of the key made unreadable; a key too short to be one is left, as it would
    /// make words unreadable.
    func redacted(from text: String) -> String {
        guard self.text.utf8.count >= 6 else { return text }
        return text.split(separator: self.text, omittingEmptySubsequences: false).joined(separator: "(secret)")
    }
}
