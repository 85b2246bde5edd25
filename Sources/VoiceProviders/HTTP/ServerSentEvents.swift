/// One event of a stream of server-sent events.
struct ServerSentEvent: Sendable, Equatable {
    /// The name that an `event:` line gave; empty for the default, "message".
    var name: String
    /// The data lines, joined by newlines.
    var data: String
    /// Whether this was but a comment, which servers send to show that they live.
    var isComment: Bool

    /// Makes an event.
    init(name: String = "", data: String, isComment: Bool = false) {
        self.name = name
        self.data = data
        self.isComment = isComment
    }

    /// A comment.
    static func comment(_ text: String) -> ServerSentEvent { ServerSentEvent(data: text, isComment: true) }
}

/// Parses a stream of server-sent events (HTML standard, section 9.2.6), whatever pieces its bytes come in.
///
/// Total: any bytes give events or ``Overflow``. After `receive`, call `next` until it gives nil. An event that the
/// stream ends in the midst of is never given.
struct ServerSentEvents: Sendable {
    /// A line or an event is longer than allowed; the stream cannot be followed any further.
    struct Overflow: Error, Sendable, Equatable {
        /// How many bytes are allowed.
        var limit: Int
    }

    private let limit: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var afterCarriageReturn = false
    private var isAtStart = true
    private var events: [ServerSentEvent] = []
    private var given = 0

    /// Makes a parser.
    /// - Parameter limit: The most bytes that one event may have.
    init(limit: Int = 256 * 1024) {
        self.limit = limit
    }

    /// Takes the next bytes of the stream.
    ///
    /// - Throws: ``Overflow``; the events before it can still be taken.
    mutating func receive(_ bytes: some Sequence<UInt8>) throws(Overflow) {
        for byte in bytes {
            let followsCarriageReturn = self.afterCarriageReturn
            self.afterCarriageReturn = byte == 0x0D
            switch byte {
            case 0x0A where followsCarriageReturn:
                break
            case 0x0A, 0x0D:
                self.endLine()
            default:
                guard self.line.count + self.data.count < self.limit else { throw Overflow(limit: self.limit) }
                self.line.append(byte)
            }
        }
    }

    /// The next event that is complete.
    mutating func next() -> ServerSentEvent? {
        guard self.given < self.events.count else {
            self.events.removeAll(keepingCapacity: true)
            self.given = 0
            return nil
        }
        defer { self.given += 1 }
        return self.events[self.given]
    }

    private mutating func endLine() {
        var line = self.line[...]
        if self.isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        self.isAtStart = false
        if line.isEmpty {
            self.dispatch()
        } else if line.first == 0x3A {
            self.events.append(.comment(Self.text(line.dropFirst())))
        } else {
            self.take(line)
        }
        self.line.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: 0x3A)
        var value = colon.map { line[line.index(after: $0)...] } ?? []
        if value.first == 0x20 { value = value.dropFirst() }
        switch Self.text(line[..<(colon ?? line.endIndex)]) {
        case "data":
            if self.hasData { self.data.append(0x0A) }
            self.data += value
            self.hasData = true
        case "event":
            self.name = Self.text(value)
        default:
            // "id" and "retry" are for clients that reconnect; a reply cannot be resumed. Others are to be ignored.
            break
        }
    }

    private mutating func dispatch() {
        if self.hasData { self.events.append(ServerSentEvent(name: self.name, data: Self.text(self.data[...]))) }
        self.name = ""
        self.data.removeAll(keepingCapacity: true)
        self.hasData = false
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
