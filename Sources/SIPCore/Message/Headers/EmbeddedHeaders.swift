// The headers that a URI carries behind its question mark (RFC 3261 section 19.1.1).
extension SIPURI {
    /// The headers of the URI, unescaped, in order. What of them a request may take is the caller's to decide: never
    /// From, Via or a route (RFC 3261 section 19.1.5).
    public var embeddedHeaders: [(name: String, value: String)] {
        (self.headers ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? SIPURI.unescape(String(parts[1])) : ""
            return (SIPURI.unescape(String(parts[0])), value)
        }
    }

    /// The first embedded header of that name, unescaped, compact names resolved; `nil` when there is none.
    public func embeddedHeader(_ name: HeaderName) -> String? {
        self.embeddedHeaders.first { HeaderName($0.name) == name }?.value
    }

    /// Adds a header to the URI, escaped: the `Replaces` of an attended transfer's Refer-To (RFC 3891 section 4).
    public mutating func addEmbeddedHeader(_ name: HeaderName, _ value: String) {
        let pair = name.description + "=" + SIPURI.escaped(value, CharacterClass.uriHeader)
        self.headers = self.headers.map { $0.isEmpty ? pair : $0 + "&" + pair } ?? pair
    }

    /// The `Replaces` that the URI of a Refer-To carries; `nil` when there is none or it is malformed.
    public var replaces: Replaces? {
        self.embeddedHeader(.replaces).flatMap { Replaces($0) }
    }
}
