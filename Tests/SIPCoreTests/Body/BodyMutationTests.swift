import CoreTypes
import Testing

@testable import SIPCore

/// 10 000 mutations of each body: nothing traps, and what is read is written and read again as the same.
@Suite struct BodyMutationTests {
    private static let pieces: [[UInt8]] = [
        "\r\n", "\n", "\r", " ", ":", "=", "--b", "--b--", "\r\n--b\r\n", "--", "\0", "SIP/2.0", "4294967296", "/", "(",
        "Content-Type: multipart/mixed;boundary=b\r\n\r\n", "\r\n\r\n", ": x\r\n",
    ].map { Array($0.utf8) }

    private static func mutate(_ text: String, _ random: inout SeededRandom) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 3: bytes.removeSubrange(place..<min(place + Int(random.next() % 20), bytes.count))
            default:
                let end = min(place + Int(random.next() % 40), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    /// The bytes as part of more, as they are in a message: an index that starts at 0 would be a fault.
    private static func slice(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        ([0x0D, 0x0A] + bytes + [0x2D, 0x2D]).dropFirst(2).dropLast(2)
    }

    @Test func multiparts() throws {
        var random = SeededRandom(seed: 2046)
        let type = try #require(MediaType("multipart/mixed;boundary=b"))
        let seed = "p\r\n--b\r\nContent-Type: a/b\r\n c\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b\r\nm: n\r\n\r\n\r\n--b--\r\ne"
        var accepted = 0
        for _ in 0..<10_000 {
            guard let body = MultipartBody(Self.slice(Self.mutate(seed, &random)), type: type) else { continue }
            accepted += 1
            for part in body.parts { _ = (part.mediaType, part.disposition, part.contentID, part.multipart()?.parts) }
            guard let (type, bytes) = try? body.encoded(using: &random) else { continue }
            #expect(MultipartBody(bytes[...], type: type)?.parts == body.parts)
        }
        #expect(accepted > 1_000)
    }

    @Test func fragments() {
        var random = SeededRandom(seed: 3420)
        let seeds = [
            "SIP/2.0 200 OK\r\nServer: x\r\n y\r\n\r\nbody", "INVITE sip:a@b SIP/2.0\r\n", "From: <sip:a@b>\r\nTo: c",
        ]
        var accepted = 0
        for index in 0..<10_000 {
            guard let fragment = MessageFragment(Self.slice(Self.mutate(seeds[index % 3], &random))) else { continue }
            accepted += 1
            _ = fragment.description
            #expect(MessageFragment(fragment.bytes[...]) != nil, "\(fragment.bytes)")
        }
        #expect(accepted > 1_000)
    }

    @Test func summariesAndKeys() {
        var random = SeededRandom(seed: 3842)
        let summary =
            "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nVoice-Message: 2/8 (0/2)\r\nfax-message: 1/2\r\n"
        var accepted = 0
        for _ in 0..<10_000 {
            if let read = MessageSummary(Self.slice(Self.mutate(summary, &random))) {
                accepted += 1
                #expect(MessageSummary(read.bytes[...]) == read)
            }
            if let key = DTMFRelay(relay: Self.slice(Self.mutate("Signal=5\r\nDuration=160\r\n", &random))) {
                accepted += 1
                #expect(DTMFRelay(relay: key.bytes[...]) == key)
            }
            _ = DTMFRelay(digit: Self.slice(Self.mutate("5\r\n", &random)))
        }
        #expect(accepted > 1_000)
    }

    @Test func messagesTakeAnyBody() throws {
        var random = SeededRandom(seed: 5621)
        let seeds = [
            (
                "multipart/mixed;boundary=b",
                "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--"
            ),
            ("message/sipfrag", "SIP/2.0 200 OK\r\nServer: x\r\n"), ("application/dtmf-relay", "Signal=5\r\n"),
            ("application/simple-message-summary", "Messages-Waiting: yes\r\nVoice-Message: 1/2\r\n"),
        ]
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        for index in 0..<4_000 {
            let (type, body) = seeds[index % 4]
            builder.setBody(Self.mutate(body, &random), contentType: type)
            let message = try builder.build()
            _ = (message.parts, message.fragment, message.messageSummary, message.dtmfRelay, message.multipart)
            if let verdict = message.bodyVerdict {
                #expect((message.length - message.body.count...message.length).contains(verdict.offset))
            }
        }
    }
}
