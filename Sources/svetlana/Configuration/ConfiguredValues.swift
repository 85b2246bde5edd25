import Foundation

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

/// Paths as people write them.
enum FilePath {
    /// The whole path: `~` is the user's home, whatever did not expand it, and the rest is relative to `folder`.
    static func resolve(
        _ path: String,
        in folder: String = FileManager.default.currentDirectoryPath
    ) -> String {
        var path = (path as NSString).expandingTildeInPath
        guard !path.hasPrefix("/") else { return path }
        while path.hasPrefix("./") { path.removeFirst(2) }
        return (folder as NSString).appendingPathComponent(path)
    }
}

extension Duration {
    /// Reads seconds, or a number with a unit: `0.8`, `800 ms`, `30s`, `15 min`, `1 h`.
    init?(configured text: String) {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop(while: \.isWhitespace)
        guard let value = Double(number), value.isFinite, value < 1e9 else { return nil }
        switch unit {
        case "", "s", "sec", "seconds": self = .seconds(value)
        case "ms": self = .milliseconds(value)
        case "min", "m", "minutes": self = .seconds(value * 60)
        case "h", "hours": self = .seconds(value * 3_600)
        default: return nil
        }
    }

    /// The duration in the form that a configuration has.
    var configured: String {
        let milliseconds = Int(self / .milliseconds(1))
        return milliseconds.isMultiple(of: 1_000) ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }
}

/// Tells IP addresses from other text.
enum IPText {
    /// Whether this is an IPv4 address in dots.
    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { ("0"..."9").contains($0) } && UInt8(part) != nil
            }
    }

    /// Whether this is an IPv6 address, without brackets.
    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// Whether this is an address of either kind.
    static func isAddress(_ text: String) -> Bool { self.isIPv4(text) || self.isIPv6(text) }
}
