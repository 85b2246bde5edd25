/// A SIP request or response: the bytes as they came or as they will leave, with an index of their headers.
///
/// Immutable. What every layer needs (start line, top Via, From, To, Call-ID, CSeq) was checked when the message was
/// made; everything else is read from the bytes when it is asked for. Headers that the library does not know are kept
/// byte by byte. One allocation: the bytes, and behind them eight bytes for each header line.
public struct SIPMessage: Sendable {
    /// The message and the index behind it.
    let storage: [UInt8]
    /// Where the parts that every layer needs are.
    let core: MessageCore

    /// Reads a whole message, as it came in one datagram or out of a `StreamFramer`.
    ///
    /// Bytes behind Content-Length are cut (RFC 3261 section 18.3). Throws `SIPParseError` with the layer that
    /// objected, the byte at fault and the status to respond with; no bytes whatever make it trap.
    public init(_ bytes: Span<UInt8>, limits: SIPLimits = .standard) throws(SIPParseError) {
        var parser = SIPParser(limits: limits)
        try parser.parse(bytes)
        self = parser.makeMessage(bytes)
    }

    /// Reads a whole message from an array; otherwise as with a span.
    public init(_ bytes: [UInt8], limits: SIPLimits = .standard) throws(SIPParseError) {
        try self.init(bytes.span, limits: limits)
    }

    init(core: MessageCore, bytes: Span<UInt8>, index: borrowing HeaderIndex) {
        self.storage = Array(bytes, Int(core.length), index: index)
        self.core = core
    }

    /// Calls `body` with the exact bytes of the message, which are not copied.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(self.storage.span.extracting(first: Int(self.core.length)))
    }

    /// A copy of the exact bytes of the message.
    public var bytes: [UInt8] {
        Array(self.storage[..<Int(self.core.length)])
    }

    /// The number of bytes of the message.
    public var length: Int {
        Int(self.core.length)
    }

    // MARK: Start line

    /// Whether this is a request.
    public var isRequest: Bool {
        self.core.status == 0
    }

    /// The method of a request; of a response, the method in its CSeq.
    public var method: SIPMethod {
        SIPMethod(rawValue: self.core.method.string(in: self.storage))
    }

    /// The Request-URI; `nil` in a response.
    public var requestURI: SIPURI? {
        self.isRequest ? SIPURI(self.core.uri, in: self.storage) : nil
    }

    /// The Request-URI as it is written, or "" in a response.
    public var requestURIText: String {
        self.isRequest ? self.core.uri.whole.string(in: self.storage) : ""
    }

    /// The status of a response from 100 to 699; 0 in a request.
    public var statusCode: Int {
        Int(self.core.status)
    }

    /// The reason phrase of a response, which may be empty.
    public var reasonPhrase: String {
        self.core.reason.string(in: self.storage)
    }

    // MARK: Headers that every message has

    /// The Via of the hop that sent the message; of a request its client, of a response ourselves.
    public var topVia: Via {
        Via(self.core.topVia, in: self.storage)
    }

    /// All Vias, the top one first. One below the top that breaks the grammar of a response is left out.
    public var vias: [Via] {
        var result: [Via] = []
        for entry in self.entries where entry.known == .via {
            var position = entry.value.range.lowerBound
            let end = entry.value.range.upperBound
            while position < end, let reference = try? ViaReference(self.storage.span, &position, end) {
                result.append(Via(reference, in: self.storage))
                position += 1
            }
        }
        return result
    }

    /// The From header.
    public var from: NameAddress {
        NameAddress(self.core.from, in: self.storage)
    }

    /// The To header.
    public var to: NameAddress {
        NameAddress(self.core.to, in: self.storage)
    }

    /// The tag of From, without reading the rest of it.
    public var fromTag: String? {
        self.tag(self.core.from.tag)
    }

    /// The tag of To, without reading the rest of it.
    public var toTag: String? {
        self.tag(self.core.to.tag)
    }

    /// The text of a tag; one in quotes, which the grammar forbids, is what `NameAddress` takes it for.
    private func tag(_ range: ByteRange) -> String? {
        guard let text = range.present?.string(in: self.storage) else { return nil }
        return text.utf8.first == UInt8(ascii: "\"") ? Parameters.Item(name: "tag", rawValue: text).value : text
    }

    /// The Call-ID.
    public var callID: String {
        self.core.callID.string(in: self.storage)
    }

    /// The CSeq.
    public var cSeq: CSeq {
        CSeq(
            number: self.core.cSeq.number,
            method: SIPMethod(rawValue: self.core.cSeq.method.string(in: self.storage))
        )
    }

    // MARK: Body

    /// The body, as long as Content-Length says.
    public var body: ArraySlice<UInt8> {
        self.storage[Int(self.core.bodyOffset)..<Int(self.core.length)]
    }
}

/// Messages are equal when their bytes are.
extension SIPMessage: Hashable {
    /// Whether both have the same bytes.
    public static func == (left: SIPMessage, right: SIPMessage) -> Bool {
        left.core.length == right.core.length
            && left.storage[..<Int(left.core.length)] == right.storage[..<Int(right.core.length)]
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.storage[..<Int(self.core.length)])
    }
}

/// The start line of a message: all that a log should show of one without being asked.
extension SIPMessage: CustomStringConvertible {
    /// "INVITE sip:100@pbx.example", or "200 OK (INVITE)".
    public var description: String {
        self.isRequest
            ? "\(self.method) \(self.requestURIText)" : "\(self.statusCode) \(self.reasonPhrase) (\(self.method))"
    }
}
