/// Option tags: the extensions that a peer supports or requires (RFC 3261 section 19.2). A set, in order of writing.
public struct OptionTags: SIPHeaderValue, Sequence, ExpressibleByArrayLiteral {
    /// The tags as written, each once.
    public private(set) var tags: [String] = []

    /// Makes a set of tags.
    public init(_ tags: some Sequence<String>) {
        for tag in tags { self.insert(tag) }
    }

    /// Makes a set of tags.
    public init(arrayLiteral tags: String...) {
        self.init(tags)
    }

    /// Reads "100rel, timer"; empty for an empty text, `nil` when it breaks the grammar.
    public init?(_ text: String) {
        let tags = HeaderScanner.read(text) { (scanner) throws(ScanFailure) -> [String] in
            var tags: [String] = []
            guard !scanner.isAtEnd else { return tags }
            repeat {
                tags.append(try scanner.token("an option tag is expected"))
            } while scanner.separator(UInt8(ascii: ","))
            return tags
        }
        guard let tags else { return nil }
        self.init(tags)
    }

    /// Whether the tag is among them, in any case.
    public func contains(_ tag: String) -> Bool {
        self.tags.contains { equalIgnoringCase($0, tag) }
    }

    /// Adds a tag, unless it is among them.
    public mutating func insert(_ tag: String) {
        if !self.contains(tag) { self.tags.append(tag) }
    }

    /// Whether there is none.
    public var isEmpty: Bool { self.tags.isEmpty }

    /// The tags in order.
    public func makeIterator() -> IndexingIterator<[String]> { self.tags.makeIterator() }

    /// The header's value.
    public var description: String { self.tags.joined(separator: ", ") }

    /// Whether both have the same tags, in any order and case.
    public static func == (left: OptionTags, right: OptionTags) -> Bool {
        left.tags.count == right.tags.count && left.tags.allSatisfy(right.contains)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(Set(self.tags.map { lowercased($0) }))
    }
}

extension SIPMessage {
    /// Allow: the methods that the peer takes; `nil` when it does not say.
    public var allow: [SIPMethod]? { self.listIfPresent(.allow, HeaderGrammar.method) }

    /// Supported (compact "k"): empty when it is absent.
    public var supported: OptionTags { OptionTags(self.list(.supported, HeaderGrammar.token)) }

    /// Require: what this message cannot be understood without.
    public var require: OptionTags { OptionTags(self.list(.require, HeaderGrammar.token)) }

    /// Proxy-Require: what a proxy must understand.
    public var proxyRequire: OptionTags { OptionTags(self.list(.proxyRequire, HeaderGrammar.token)) }

    /// Unsupported: what a 420 says was not understood.
    public var unsupported: OptionTags { OptionTags(self.list(.unsupported, HeaderGrammar.token)) }
}
