import CoreTypes

extension SIPEndpoint {
    /// Answers bytes that are a request beyond doubt with the status that the parser suggests, if its share allows.
    mutating func refuseMalformed(
        _ bytes: [UInt8],
        _ error: SIPParseError,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.counters.malformed &+= 1
        var answered = false
        if let outline = RequestOutline(bytes), self.refusals.allows(source.host, now: now) {
            let answer = outline.answer(
                status: error.status,
                tag: self.statelessTags.tag(bytes),
                server: self.configuration.userAgent
            )
            // A broken message's Via is not to be trusted: the answer goes to where the bytes came from.
            self.transmits.append(Transmit(bytes: answer, to: source, binding: binding))
            answered = true
        }
        self.events.append(.malformed(error, from: source, answered: answered))
    }
}

/// The header lines of a broken request that its answer repeats, unread (RFC 3261 section 8.2.6).
struct RequestOutline: Sendable {
    /// All Via lines, then From, To, Call-ID and CSeq, each with its name.
    private var lines: [(name: String, value: ArraySlice<UInt8>)] = []

    private static let names: [(long: String, short: String?)] = [
        ("via", "v"), ("from", "f"), ("to", "t"), ("call-id", "i"), ("cseq", nil),
    ]
    private static let written = ["Via", "From", "To", "Call-ID", "CSeq"]

    /// Finds the lines; `nil` unless the bytes start as a request does, which is no ACK, and all five headers are there.
    init?(_ bytes: [UInt8]) {
        // More than any refusal deserves would be repeated otherwise: what follows 8 KiB is not looked at.
        let head = bytes.prefix(8192)
        let all = head.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        guard let start = all.first, Self.isRequestLine(start) else { return nil }
        var found = [[ArraySlice<UInt8>]](repeating: [], count: Self.names.count)
        for line in all.dropFirst() {
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: 0x3A) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased().filter { $0 != " " && $0 != "\t" }
            guard let index = Self.names.firstIndex(where: { $0.long == name || $0.short == name }) else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            // Only what cannot end a line early is repeated.
            guard !value.isEmpty, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
            found[index].append(value)
        }
        for (index, values) in found.enumerated() {
            guard let first = values.first else { return nil }
            let kept = index == 0 ? values : [first]
            self.lines += kept.map { (Self.written[index], $0) }
        }
    }

    /// The bytes of the answer.
    func answer(status: Int, tag: String, server: String) -> [UInt8] {
        var bytes = Array("SIP/2.0 \(status) \(SIPStatus.phrase(status))\r\n".utf8)
        for (name, value) in self.lines {
            bytes += "\(name): ".utf8
            bytes += value
            if name == "To", !String(decoding: value, as: UTF8.self).lowercased().contains(";tag=") {
                bytes += ";tag=\(tag)".utf8
            }
            bytes += [0x0D, 0x0A]
        }
        if !server.isEmpty { bytes += "Server: \(server)\r\n".utf8 }
        bytes += "Content-Length: 0\r\n\r\n".utf8
        return bytes
    }

    private static func isRequestLine(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: 0x20)
        guard words.count >= 2, let method = words.first, let version = words.last else { return false }
        let name = String(decoding: method, as: UTF8.self)
        // An ACK is never answered, and a broken answer neither.
        guard name != "ACK", !name.uppercased().hasPrefix("SIP/") else { return false }
        return String(decoding: version.prefix(4), as: UTF8.self).uppercased() == "SIP/"
    }
}
