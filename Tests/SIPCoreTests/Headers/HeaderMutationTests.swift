import CoreTypes
import Testing

@testable import SIPCore

/// 10 000 mutations of each kind of value: nothing traps, and what is read is written and read again as the same.
@Suite struct HeaderMutationTests {
    private static let pieces: [[UInt8]] = [
        "\r\n ", "\n", "\r", " ", "\t", ":", ";", ",", "\"", "<", ">", "=", "@", "%", "%00", "\\", "[", "]", "?", "*",
        "(",
        ")", "/", ".", "-", "!", "#", "#>=", "\0", "4294967295", "4294967296", "99999999999999999999", ";q=0.5",
        "\u{FF}", "é", ";a=\"b\"", ";;",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 3: bytes.removeSubrange(place..<min(place + Int(random.next() % 8), bytes.count))
            default:
                let end = min(place + Int(random.next() % 20), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    private func mutateValues<Value: SIPHeaderValue>(_ type: Value.Type, _ seeds: String...) {
        var random = SeededRandom(seed: 3261)
        var accepted = 0
        for seed in seeds { #expect(Value(seed) != nil, "\(seed)") }
        for index in 0..<10_000 {
            let bytes = Self.mutate(Array(seeds[index % seeds.count].utf8), &random)
            let text = String(decoding: bytes, as: UTF8.self)
            guard let value = Value(text) else { continue }
            accepted += 1
            let written = value.description
            if Value(written) != value || written.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
                Issue.record("\(type): \(text.debugDescription) is written as \(written.debugDescription)")
                return
            }
        }
        // Were all refused, the mutations would test nothing but the first bytes.
        #expect(accepted > 100, "\(type)")
    }

    @Test func valuesOfRFC3261() {
        self.mutateValues(MediaType.self, "multipart/mixed;boundary=\"a, b\"", "text/*;q=0.3")
        self.mutateValues(ContentDisposition.self, "session;handling=optional")
        self.mutateValues(Quality.self, "0.75")
        self.mutateValues(Warning.self, "307 isi.edu:5060 \"Session parameter \\\"foo\\\"\"")
    }

    @Test func valuesOfExtensions() {
        self.mutateValues(Privacy.self, "id;user;critical")
        self.mutateValues(Reason.self, "SIP;cause=200;text=\"a, \\\"b\"", "Q.850;text=Call completed;cause=1")
        self.mutateValues(Diversion.self, "\"B, C\" <sip:b@c.example>;reason=no-answer;counter=1;privacy=\"full\"")
        self.mutateValues(RemotePartyID.self, "\"100\"<sip:100@192.0.2.195>;party=calling;screen=yes")
        self.mutateValues(HistoryInfo.self, "<sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1.2;rc=1.1")
    }

    @Test func messagesTakeAnyHeaders() {
        var random = SeededRandom(seed: 4475)
        let seeds = HeaderVerdictTests.faults.map { Array($0.replacing("§", with: "").utf8) }
        var read = 0
        for _ in 0..<10_000 {
            let lines = (0..<3).map { _ -> String in
                let seed = seeds.randomElement(using: &random) ?? []
                return String(decoding: Self.mutate(seed, &random), as: UTF8.self)
            }
            guard let message = try? SIPMessage(HeaderSample.wire(lines)) else { continue }
            read += 1
            for verdict in message.verdicts { #expect((0..<message.length).contains(verdict.offset)) }
            readEveryTypedHeader(message)
        }
        #expect(read > 1_000)
    }
}

/// Reads every typed property, for the tests that feed any bytes.
func readEveryTypedHeader(_ message: SIPMessage) {
    _ = (message.accept, message.contentDisposition, message.mediaType, message.product, message.warnings)
    _ = (message.privacy, message.assertedIdentities, message.reasons, message.remotePartyIDs)
    _ = (message.diversions.map { ($0.counter, $0.limit) })
    _ = (message.historyInfo.map { ($0.index, $0.origin?.index, $0.causes, $0.privacy) })
}
