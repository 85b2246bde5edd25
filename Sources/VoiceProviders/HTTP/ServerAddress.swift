/// Where a server is: scheme, host, port and an optional path in front of its own paths.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address as it is shown and used, without a slash at its end, such as `http://127.0.0.1:8880`.
    public let description: String

    /// Parses an address; a `/v1` at the end is dropped, since the paths of the servers begin with it.
    ///
    /// Nil when it is not http or https, has no host, or holds a user, a password, a query or white space:
    /// credentials belong in a key, where they are never shown.
    public init?(_ text: String) {
        guard let schemeEnd = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        var rest = text[schemeEnd.upperBound...]
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasSuffix("/v1") { rest = rest.dropLast(3) }
        while rest.hasSuffix("/") { rest = rest.dropLast() }

        let authority = rest.prefix { $0 != "/" }
        guard Self.isPlausible(authority) else { return nil }
        let allowed = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard allowed, !rest.contains(where: { "?#@\"<>\\".contains($0) }) else { return nil }
        self.description = "\(scheme)://\(rest)"
    }

    /// The address of one path of the server; the path begins with a slash.
    func url(_ path: String) -> String { self.description + path }

    /// Whether this is a host, or a host and a port between 1 and 65 535.
    private static func isPlausible(_ authority: Substring) -> Bool {
        var port: Substring?
        var host = authority
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[...end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return false }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { return false }
        guard let port else { return true }
        guard let number = UInt16(port) else { return false }
        return number > 0
    }
}
