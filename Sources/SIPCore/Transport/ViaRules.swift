public import CoreTypes

/// What a server writes into the top Via of a request that it received (RFC 3261 section 18.2.1, RFC 3581 section 4).
public enum ViaRules: Sendable {
    /// The request with `received` and `rport` filled in from where it came.
    ///
    /// `received` is written when sent-by is a name or another address than the source, and always when the client asked
    /// for `rport`; a `received` or a value of `rport` that the client sent itself is never believed. A message that
    /// needs no change is given back as it is. Throws when the message would grow beyond the limit.
    public static func received(
        _ request: SIPMessage,
        from source: TransportAddress
    ) throws(SIPParseError) -> SIPMessage {
        guard request.isRequest else { return request }
        guard let bytes = self.received(request.storage.span, request.core, from: source) else { return request }
        return try SIPMessage(bytes)
    }

    /// The bytes of a request that was parsed, changed; `nil` when they need no change.
    static func received(_ bytes: Span<UInt8>, _ core: MessageCore, from source: TransportAddress) -> [UInt8]? {
        let via = core.topVia
        let asks = via.rport.isPresent
        guard asks || via.received.isPresent || IPAddress(self.host(bytes, via.host)) != source.host else { return nil }
        let writesReceived = asks || IPAddress(self.host(bytes, via.host)) != source.host
        var edits: [(place: Range<Int>, text: String)] = []
        if asks { edits.append((via.rport.range, "rport=\(source.port)")) }
        if via.received.isPresent {
            edits.append(
                writesReceived
                    ? (via.received.range, "received=\(source.host)")
                    : (self.semicolon(bytes, before: via.received.start)..<via.received.end, "")
            )
        } else if writesReceived {
            edits.append((via.whole.end..<via.whole.end, ";received=\(source.host)"))
        }
        edits.sort { $0.place.lowerBound < $1.place.lowerBound }
        var result: [UInt8] = []
        result.reserveCapacity(Int(core.length) + 64)
        var position = 0
        for edit in edits {
            result.append(contentsOf: bytes, position..<edit.place.lowerBound)
            result += edit.text.utf8
            position = edit.place.upperBound
        }
        result.append(contentsOf: bytes, position..<Int(core.length))
        return result
    }

    private static func host(_ bytes: Span<UInt8>, _ range: ByteRange) -> String {
        String(decoding: range.range.map { bytes[$0] }, as: UTF8.self)
    }

    /// Where the semicolon of a parameter stands.
    private static func semicolon(_ bytes: Span<UInt8>, before start: Int) -> Int {
        var position = start
        while position > 0, bytes[position - 1] != UInt8(ascii: ";") { position -= 1 }
        return max(position - 1, 0)
    }
}

extension [UInt8] {
    /// Adds a part of a message.
    fileprivate mutating func append(contentsOf bytes: Span<UInt8>, _ range: Range<Int>) {
        for index in range where index < bytes.count { self.append(bytes[index]) }
    }
}
