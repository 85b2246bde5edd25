import CoreTypes

extension SIPEndpoint {
    /// Answers bytes that are a request beyond doubt with the status that the parser suggests, if its share allows.
    ///
    /// The share is asked for first: to look for what the response repeats costs more than all that was done before.
    mutating func refuseMalformed(
        _ bytes: Span<UInt8>,
        _ error: SIPParseError,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.counters.malformed &+= 1
        var answered = false
        if RequestOutline.isPossible(bytes), self.allowsRefusal(of: source.host, now: now),
            let answer = self.answer(bytes.indices.map { bytes[$0] }, to: error)
        {
            // A broken message's Via is not to be trusted: the response goes to where the bytes came from.
            self.transmits.append(Transmit(bytes: answer, to: source, binding: binding))
            answered = true
        }
        let report = RefusalReport(
            source: source,
            method: nil,
            status: error.status,
            reason: .malformed,
            isAnswered: answered
        )
        if self.note(report, now: now) != nil {
            self.events.append(.malformed(error, from: source, answered: answered))
        }
    }

    /// The response to a broken request, as long as may be; `nil` when there is none.
    private func answer(_ bytes: [UInt8], to error: SIPParseError) -> [UInt8]? {
        guard let outline = RequestOutline(bytes) else { return nil }
        let tag = self.statelessTag(of: outline, bytes)
        let answer = outline.answer(to: error, tag: tag, server: self.configuration.userAgent)
        if Self.isFair(answer.count, to: bytes.count) { return answer }
        let short = outline.answer(to: error, phrase: SIPStatus.phrase(error.status), tag: tag, server: "")
        return Self.isFair(short.count, to: bytes.count) ? short : nil
    }

    /// The tag by which the ACK to the refusal of an INVITE is known again, where what it is made of can be read.
    private func statelessTag(of outline: RequestOutline, _ bytes: [UInt8]) -> String {
        guard let callID = outline.text("Call-ID"), let number = outline.text("CSeq").flatMap({ CSeq($0) })?.number
        else { return self.statelessTags.tag(bytes) }
        let from = outline.text("From").flatMap { NameAddress($0) }
        return self.statelessTag(callID: callID, fromTag: from?.tag, number: number)
    }
}

extension SIPParseError {
    /// The reason phrase of a refusal: what is wrong, as RFC 3261 section 21.4.1 asks, without any byte of the message.
    var reasonPhrase: String {
        let phrase = SIPStatus.phrase(self.status)
        guard self.status == 400 else { return phrase }
        // A header that the library knows is written as the library writes it.
        let place = self.header.flatMap { $0.known == nil ? nil : "\($0): " } ?? ""
        return "\(phrase) (\(place)\(self.message))"
    }
}

/// The header lines of a broken request that its response repeats, unread (RFC 3261 section 8.2.6).
struct RequestOutline: Sendable {
    /// All Via lines, then From, To, Call-ID and CSeq as far as they are there, each with its name.
    private var lines: [(name: String, value: [UInt8])] = []

    private static let names: [(long: String, short: String?, written: String)] = [
        ("via", "v", "Via"), ("from", "f", "From"), ("to", "t", "To"), ("call-id", "i", "Call-ID"),
        ("cseq", nil, "CSeq"),
    ]

    /// More than any refusal deserves would be repeated otherwise: what follows is not looked at.
    private static let limit = 8192

    /// Whether the bytes may start as a request does: what is no text, and a broken response, is known from one at once.
    static func isPossible(_ bytes: Span<UInt8>) -> Bool {
        var start = 0
        while start < bytes.count, bytes[start] == 0x0D || bytes[start] == 0x0A { start += 1 }
        guard start < bytes.count, CharacterClass.token.contains(bytes[start]) else { return false }
        return !bytes.matches("sip/", start..<min(start + 4, bytes.count))
    }

    /// Finds the lines; `nil` unless the bytes start as a request does, which is no ACK, and Via and CSeq are there, by
    /// which the client knows the response. One without From, To or Call-ID is answered without them (RFC 4475
    /// section 3.3.1).
    init?(_ bytes: [UInt8]) {
        let head = bytes.prefix(Self.limit).drop { $0 == 0x0D || $0 == 0x0A }
        var all = head.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        // A line that the limit cut is no line.
        if bytes.count > Self.limit { all.removeLast() }
        guard let start = all.first, Self.isRequestLine(start) else { return nil }
        var found = [[[UInt8]]](repeating: [], count: Self.names.count)
        /// Where the line went that may go on.
        var open: Int?
        for line in all.dropFirst() {
            guard let first = line.first else { break }
            if first == 0x20 || first == 0x09 {
                if let index = open, let last = found[index].indices.last {
                    found[index][last] += [0x20] + line.drop { $0 == 0x20 || $0 == 0x09 }
                }
                continue
            }
            open = nil
            guard let colon = line.firstIndex(of: 0x3A) else { continue }
            let name = lowercased(String(decoding: line[..<colon], as: UTF8.self).filter { $0 != " " && $0 != "\t" })
            guard let index = Self.names.firstIndex(where: { $0.long == name || $0.short == name }) else { continue }
            found[index].append(Array(line[line.index(after: colon)...]))
            open = index
        }
        for (index, values) in found.enumerated() {
            // Of what may stand only once the first is repeated.
            for value in index == 0 ? values[...] : values.prefix(1) {
                let trimmed = Array(value.drop { $0 == 0x20 || $0 == 0x09 })
                // Only what cannot end a line early is repeated.
                guard !trimmed.isEmpty, trimmed.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                    return nil
                }
                self.lines.append((Self.names[index].written, trimmed))
            }
        }
        guard self.text("Via") != nil, self.text("CSeq") != nil else { return nil }
    }

    /// The value of the first line of that name.
    func text(_ name: String) -> String? {
        self.lines.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// The bytes of the response.
    func answer(to error: SIPParseError, phrase: String? = nil, tag: String, server: String) -> [UInt8] {
        var bytes = Array("SIP/2.0 \(error.status) \(phrase ?? error.reasonPhrase)\r\n".utf8)
        for (name, value) in self.lines {
            bytes += "\(name): ".utf8
            bytes += value
            if name == "To", !Self.hasTag(value) { bytes += ";tag=\(tag)".utf8 }
            bytes += [0x0D, 0x0A]
        }
        if !server.isEmpty { bytes += "Server: \(server)\r\n".utf8 }
        bytes += "Content-Length: 0\r\n\r\n".utf8
        return bytes
    }

    /// Whether a To has a tag, however much else of it is wrong.
    private static func hasTag(_ value: [UInt8]) -> Bool {
        let behind = value.lastIndex(of: UInt8(ascii: ">")).map { value[$0...] } ?? value[...]
        let text = lowercased(String(decoding: behind, as: UTF8.self).filter { $0 != " " && $0 != "\t" })
        return text.contains(";tag=")
    }

    private static func isRequestLine(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: 0x20)
        guard words.count >= 2, let method = words.first, let version = words.last else { return false }
        let name = String(decoding: method, as: UTF8.self)
        // An ACK is never answered, and a broken response neither.
        guard name != "ACK", !name.uppercased().hasPrefix("SIP/") else { return false }
        return String(decoding: version.prefix(4), as: UTF8.self).uppercased() == "SIP/"
    }
}
