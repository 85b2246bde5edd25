import CoreTypes
import Testing

@testable import VoiceProviders

@Suite struct ServerSentEventsTests {
    private static let stream = """
        : welcome\r\ndata: {"a":1}\r\n\r\nevent: hermes.tool.progress\ndata: {"tool":"x","emoji":"🏠"}\nid: 7\n\n: keepalive

        data:one\rdata: two\rdata\r\rretry: 5\nnonsense\nevent: empty\n\ndata: [DONE]\n\n
        """
    private static let expected: [ServerSentEvent] = [
        .comment(" welcome"),
        ServerSentEvent(data: #"{"a":1}"#),
        ServerSentEvent(name: "hermes.tool.progress", data: #"{"tool":"x","emoji":"🏠"}"#),
        .comment(" keepalive"),
        ServerSentEvent(data: "one\ntwo\n"),
        ServerSentEvent(data: "[DONE]"),
    ]

    private func events(_ pieces: [[UInt8]], limit: Int = 4096) throws -> [ServerSentEvent] {
        var parser = ServerSentEvents(limit: limit)
        var events: [ServerSentEvent] = []
        for piece in pieces {
            try parser.receive(piece)
            while let event = parser.next() { events.append(event) }
        }
        return events
    }

    @Test func `gives the same events wherever the bytes are cut`() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            #expect(try self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.expected, "cut at \(cut)")
        }
        #expect(try self.events(bytes.map { [$0] }) == Self.expected)
    }

    @Test func `a byte order mark is skipped at the start only`() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(try self.events([mark + Array("data: x\n\n".utf8)]) == [ServerSentEvent(data: "x")])
        #expect(try self.events([Array("data: y\n\n".utf8) + mark + Array("data: x\n\n".utf8)]).count == 1)
    }

    @Test func `an event that the stream ends in is not given`() throws {
        #expect(try self.events([Array("data: whole\n\ndata: half\n".utf8)]) == [ServerSentEvent(data: "whole")])
    }

    @Test func `an event's name does not outlive it`() throws {
        let events = try self.events([Array("event: other\n\ndata: x\n\n".utf8)])
        #expect(events == [ServerSentEvent(data: "x")])
    }

    @Test func `a line or an event that is too long is refused and what came before it is kept`() throws {
        for text in ["data: ok\n\ndata: 0123456789", "data: ok\n\ndata: 01\ndata: 23\ndata: 4567\n"] {
            var parser = ServerSentEvents(limit: 12)
            #expect(throws: ServerSentEvents.Overflow(limit: 12)) { try parser.receive(Array(text.utf8)) }
            #expect(parser.next() == ServerSentEvent(data: "ok"))
        }
    }

    @Test func `any bytes are survived`() throws {
        var random = SeededRandom(seed: 5)
        let alphabet: [UInt8] = Array("data:event \r\n\n\n".utf8) + [0xFF, 0xC3, 0, 0x80]
        for _ in 0..<2_000 {
            let bytes = (0..<60).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let whole = try self.events([bytes])
            #expect(try self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
    }
}
