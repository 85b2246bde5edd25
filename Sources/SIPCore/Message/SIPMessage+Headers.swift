extension SIPMessage {
    var entries: HeaderEntries {
        let start = Int(self.core.length)
        return HeaderEntries(
            storage: self.storage,
            offset: start,
            end: start + Int(self.core.headerCount) * HeaderEntry.size
        )
    }

    private func entries(of name: HeaderName) -> some Sequence<HeaderEntry> {
        self.entries.lazy.filter { entry in
            if let known = name.known { return entry.code == known.rawValue }
            return entry.code == 0 && equalIgnoringCase(entry.name.string(in: self.storage), name.other)
        }
    }

    /// Every header line in order: its name, and its value with folded lines joined. Compact names are resolved.
    public var headerLines: [(name: HeaderName, value: String)] {
        self.entries.map { entry in
            (entry.headerName(in: self.storage), entry.value.string(in: self.storage))
        }
    }

    /// Whether there is a header of that name.
    public func contains(_ name: HeaderName) -> Bool {
        self.entries(of: name).first { _ in true } != nil
    }

    /// The first value of a header: of a list its first item; `nil` when there is none.
    public func first(_ name: HeaderName) -> String? {
        name.isList ? self.values(name).first : self.lines(name).first
    }

    /// All values of a header in order; where the header is a list, commas split its lines.
    public func values(_ name: HeaderName) -> [String] {
        guard name.isList else { return self.lines(name) }
        return self.items(name).map { $0.string(in: self.storage) }
    }

    /// All lines of a header in order, each with its commas.
    public func lines(_ name: HeaderName) -> [String] {
        self.entries(of: name).map { $0.value.string(in: self.storage) }
    }

    /// The lines of a header as bytes, folded as they came: what is copied into a response.
    func rawLines(_ name: HeaderName) -> [[UInt8]] {
        self.entries(of: name).map { Array(self.storage[$0.value.range]) }
    }

    /// Where the items of a list header are.
    private func items(_ name: HeaderName) -> [ByteRange] {
        var result: [ByteRange] = []
        for entry in self.entries(of: name) { splitList(self.storage.span, entry.value.range, into: &result) }
        return result
    }

    private func addresses(_ name: HeaderName) -> [NameAddress] {
        self.items(name).compactMap { range in
            var position = range.range.lowerBound
            let end = range.range.upperBound
            guard let reference = try? NameAddressReference(self.storage.span, &position, end) else { return nil }
            return NameAddress(reference, in: self.storage)
        }
    }

    // MARK: Typed headers

    /// The addresses of a header that holds them (`.referTo`, `.pAssertedIdentity`, `.diversion` …); what breaks the
    /// grammar is left out.
    public func nameAddresses(_ name: HeaderName) -> [NameAddress] {
        if name.isList { return self.addresses(name) }
        return self.lines(name).compactMap { NameAddress($0) }
    }

    /// The Contacts; empty for `Contact: *`.
    public var contacts: [NameAddress] { self.addresses(.contact) }

    /// Whether the Contact is `*`, which removes every binding (RFC 3261 section 10.2.2).
    public var isWildcardContact: Bool { self.first(.contact) == "*" }

    /// The Routes, the next one first.
    public var routes: [NameAddress] { self.addresses(.route) }

    /// The Record-Routes in the order of the message.
    public var recordRoutes: [NameAddress] { self.addresses(.recordRoute) }

    /// Max-Forwards; `nil` when it is absent or not a number.
    public var maxForwards: Int? { self.number(.maxForwards, scanUInt32).map { Int($0) } }

    /// Expires in seconds, a larger number as 2^32 - 1 (RFC 3261 section 20.19); `nil` when it is absent or no number.
    public var expires: UInt32? { self.number(.expires, scanSeconds) }

    /// Min-Expires in seconds, a larger number as 2^32 - 1; `nil` when it is absent or no number.
    public var minExpires: UInt32? { self.number(.minExpires, scanSeconds) }

    /// Retry-After in seconds, without its comment and parameters, a larger number as 2^32 - 1.
    public var retryAfter: UInt32? { self.number(.retryAfter, scanSeconds) }

    /// The media type of the body in small letters, without parameters ("application/sdp").
    public var contentType: String? {
        self.first(.contentType).map { value in
            let type = value.prefix { $0 != ";" }
            return lowercased(type.filter { $0 != " " && $0 != "\t" })
        }
    }

    /// The product of the peer as it calls itself, with its comments: Server of a response, else User-Agent.
    public var product: String? { self.first(.server) ?? self.first(.userAgent) }

    /// The number that a header starts with.
    private func number(
        _ name: HeaderName,
        _ scan: (Span<UInt8>, inout Int, Int) -> UInt32?
    ) -> UInt32? {
        guard let entry = self.entries(of: name).first(where: { _ in true }) else { return nil }
        var position = entry.value.range.lowerBound
        return scan(self.storage.span, &position, entry.value.range.upperBound)
    }
}

/// Splits a value at its commas, but not inside quotes or angle brackets; empty items are left out.
func splitList(_ bytes: Span<UInt8>, _ range: Range<Int>, into items: inout [ByteRange]) {
    var position = range.lowerBound
    var start = position
    var bracketed = false
    func item(_ end: Int) -> ByteRange {
        var first = start
        var last = end
        skipSpace(bytes, &first, last)
        while last > first, CharacterClass.space.contains(bytes[last - 1]) { last -= 1 }
        return ByteRange(first..<last)
    }
    while position < range.upperBound {
        switch bytes[position] {
        case UInt8(ascii: "\"") where !bracketed:
            if (try? scanQuotedString(bytes, &position, range.upperBound)) == nil { position = range.upperBound }
            continue
        case UInt8(ascii: "<"): bracketed = true
        case UInt8(ascii: ">"): bracketed = false
        case UInt8(ascii: ",") where !bracketed:
            let found = item(position)
            if !found.isEmpty { items.append(found) }
            start = position + 1
        default: break
        }
        position += 1
    }
    let found = item(range.upperBound)
    if !found.isEmpty { items.append(found) }
}
