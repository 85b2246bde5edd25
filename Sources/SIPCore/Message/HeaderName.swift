/// The name of a header: compared without regard to case, compact forms resolved (RFC 3261 section 7.3.1 and 7.3.3).
public struct HeaderName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The header, when the library knows it.
    let known: KnownHeader?
    /// The name as given, when it does not.
    let other: String

    /// Makes a name; `nil` when it is not a token.
    public init?(_ name: String) {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.count <= 255, bytes.allSatisfy({ CharacterClass.token.contains($0) }) else {
            return nil
        }
        self.init(name, known: KnownHeader(bytes.span, 0..<bytes.count))
    }

    /// Makes a name from a literal; whether that is a token is checked when a message is built.
    public init(stringLiteral name: String) {
        let bytes = Array(name.utf8)
        self.init(name, known: KnownHeader(bytes.span, 0..<bytes.count))
    }

    init(_ name: String, known: KnownHeader?) {
        self.known = known
        self.other = known == nil ? name : ""
    }

    init(_ known: KnownHeader) {
        self.known = known
        self.other = ""
    }

    /// The name in its canonical spelling; as it was given when the library does not know it.
    public var description: String {
        self.known?.spelling ?? self.other
    }

    /// Whether several values may stand in one line with commas between them.
    var isList: Bool {
        self.known?.isList ?? false
    }

    /// Whether both are the same header.
    public static func == (left: HeaderName, right: HeaderName) -> Bool {
        guard left.known == nil, right.known == nil else { return left.known == right.known }
        return equalIgnoringCase(left.other, right.other)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        if let known = self.known {
            hasher.combine(known)
        } else {
            hasher.combine(lowercased(self.other))
        }
    }
}
