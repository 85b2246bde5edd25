/// Cuts a byte stream into messages by their Content-Length (RFC 3261 section 18.3).
///
/// Give it bytes as they come, then call `next()` until it is `nil`. It holds at most one message of the limit's length
/// and what came with the last bytes. After it has thrown, the connection is to be closed.
public struct StreamFramer: Sendable {
    /// What the stream held next.
    public enum Frame: Hashable, Sendable {
        /// The bytes of one message.
        case message([UInt8])
        /// A keep-alive of two line ends (RFC 5626 section 3.5.1), to be answered with one.
        case ping
    }

    private let limits: SIPLimits
    private var buffer: [UInt8] = []
    private var start = 0
    /// How far the end of the headers was looked for, so that a slow stream is not read again and again.
    private var searched = 0
    /// Where the message ends whose headers have come; its body may still be on its way.
    private var messageEnd: Int?

    /// Makes a framer with limits.
    public init(limits: SIPLimits = .standard) {
        self.limits = limits
    }

    /// The number of bytes that wait for more.
    public var pending: Int { self.buffer.count - self.start }

    /// Takes bytes from the stream.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if self.start > 0 {
            self.buffer.removeFirst(self.start)
            self.searched -= self.start
            self.messageEnd = self.messageEnd.map { $0 - self.start }
            self.start = 0
        }
        self.buffer.append(contentsOf: bytes)
    }

    /// The next whole frame; `nil` when more bytes are needed. Throws when the stream cannot be followed any more.
    public mutating func next() throws(SIPParseError) -> Frame? {
        if self.messageEnd == nil {
            if let ping = self.skipLineEnds() { return ping }
            guard let body = self.headersEnd() else {
                guard self.pending <= self.limits.messageLength else { throw self.failure("the headers have no end") }
                return nil
            }
            let length = try self.contentLength(body)
            guard length <= self.limits.contentLength, body - self.start + length <= self.limits.messageLength else {
                throw self.failure("the message is too long")
            }
            self.messageEnd = body + length
        }
        guard let end = self.messageEnd, self.buffer.count >= end else { return nil }
        let message = Array(self.buffer[self.start..<end])
        self.start = end
        self.searched = end
        self.messageEnd = nil
        return .message(message)
    }

    /// Passes line ends before a message; two together are a keep-alive.
    private mutating func skipLineEnds() -> Frame? {
        while self.start < self.buffer.count, self.buffer[self.start] == 0x0D || self.buffer[self.start] == 0x0A {
            if self.buffer[self.start...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A]) {
                self.start += 4
                self.searched = self.start
                return .ping
            }
            // Part of a keep-alive whose rest is still to come.
            if [0x0D, 0x0A, 0x0D].starts(with: self.buffer[self.start...]) { return nil }
            self.start += 1
        }
        self.searched = max(self.searched, self.start)
        return nil
    }

    /// The byte behind the empty line.
    private mutating func headersEnd() -> Int? {
        var index = max(self.searched, self.start)
        while index < self.buffer.count {
            if self.buffer[index] == 0x0A {
                let next = index + 1
                if next < self.buffer.count, self.buffer[next] == 0x0A { return next + 1 }
                if next + 1 < self.buffer.count, self.buffer[next] == 0x0D, self.buffer[next + 1] == 0x0A {
                    return next + 2
                }
                if next >= self.buffer.count || (self.buffer[next] == 0x0D && next + 1 >= self.buffer.count) { break }
            }
            index += 1
        }
        self.searched = index
        return nil
    }

    /// The Content-Length among the header lines; 0 when there is none, though a stream must have one.
    private func contentLength(_ end: Int) throws(SIPParseError) -> Int {
        var found: UInt32?
        for line in self.buffer[self.start..<end].split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var nameEnd = colon
            while nameEnd > line.startIndex, CharacterClass.space.contains(self.buffer[nameEnd - 1]) { nameEnd -= 1 }
            guard KnownHeader(self.buffer.span, line.startIndex..<nameEnd) == .contentLength else { continue }
            var position = colon + 1
            skipSpace(self.buffer.span, &position, end)
            // A value may stand on the next line only behind white space, which folds it.
            let isFolded = self.buffer[position - 1] == 0x20 || self.buffer[position - 1] == 0x09
            guard position < line.endIndex || isFolded,
                let value = scanUInt32(self.buffer.span, &position, end), found == nil || found == value
            else { throw self.failure("Content-Length is no number, or stands twice") }
            found = value
        }
        return Int(found ?? 0)
    }

    private func failure(_ message: String) -> SIPParseError {
        SIPParseError(layer: .framing, offset: 0, status: 400, message: message)
    }
}
