/// A password, key or token. It is never shown: not in a description, not in a dump, not in an error.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for where it is used and nowhere else.
    let revealed: String

    /// Hides a text.
    init(_ text: String) {
        self.revealed = text
    }

    /// Tells that there is a secret, not which.
    var description: String { "(secret)" }
    /// Tells that there is a secret, not which.
    var debugDescription: String { "(secret)" }
    /// Shows nothing when a value that holds the secret is dumped.
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
