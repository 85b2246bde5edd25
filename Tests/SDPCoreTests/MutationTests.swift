import CoreTypes
import SDPCore
import Testing

/// Hostile bytes: nothing traps, and whatever is read comes back from its own serialization.
struct MutationTests {
    static let seeds: [String] = [
        Descriptions.encryptedAndPlain,
        "v=0\no=- 1 1 IN IP6 2001:db8::1\ns=-\nc=IN IP6 2001:db8::1\nt=0 0\nr=1 2\nm=audio 4000/2 RTP/AVPF 96 0 101\n"
            + "a=rtpmap:96 opus/48000/2\na=fmtp:96 useinbandfec=1; stereo\na=rtpmap:101 telephone-event/48000\n"
            + "a=rtcp:4001 IN IP6 2001:db8::1\na=rtcp-mux\na=ptime:20\na=sendonly\n",
        Descriptions.agent().offerText,
    ]
    static let fragments: [String] = [
        "\n", "\r\n", "\r", "=", ":", " ", "/", "0", "-1", "4294967296", "18446744073709551616",
        "m=audio 1 RTP/AVP 0\n",
        "c=IN IP4 0.0.0.0\n", "a=rtpmap:", "a=fmtp:96 ;;=", "a=sendonly\n", "v=0\n", "\u{0}", "é", "999999999999999",
    ]

    @Test(arguments: 0..<8)
    func mutatedDescriptionsNeverTrapAndRoundTrip(worker: Int) throws {
        var random = SeededRandom(seed: UInt64(worker) &* 7_919 &+ 1)
        var limits = SDPLimits()
        limits.bytes = 1 << 20
        limits.lineBytes = 1 << 18
        var accepted = 0
        var agreed = 0
        for round in 0..<1_200 {
            var bytes = Array(Self.seeds[(worker + round) % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) { self.mutate(&bytes, &random) }
            guard let description = self.parse(bytes, SDPLimits()) else { continue }
            accepted += 1
            let text = description.serialized()
            let again = try #require(self.parse(text, limits))
            #expect(again.serialized() == text)
            #expect(again.media == description.media)
            agreed += self.negotiate(description)
        }
        // The test is worth nothing when nearly all is refused at the first byte.
        #expect(accepted > 200)
        #expect(agreed > 200)
    }

    private func parse(_ bytes: [UInt8], _ limits: SDPLimits) -> SessionDescription? {
        do throws(SDPParseError) {
            return try SessionDescription(bytes, limits: limits)
        } catch {
            #expect((0...bytes.count).contains(error.offset))
            return nil
        }
    }

    /// Offers and answers with a mutated peer; an answer always has the offer's lines.
    private func negotiate(_ description: SessionDescription) -> Int {
        var callee = Descriptions.agent()
        var agreed = 0
        if let result = try? callee.receiveOffer(description) {
            agreed += 1
            #expect(result.answer.media.map(\.kind) == description.media.map(\.kind))
            #expect(result.answer.media.filter { $0.port != 0 }.count == 1)
            #expect(result.audio.sendPayloadType < 128)
            let offer = callee.makeOffer()
            #expect(offer.media.count == description.media.count)
            let numbers = offer.media.filter { $0.port != 0 }.flatMap(\.formats)
            #expect(Set(numbers).count == numbers.count)
        }
        var caller = Descriptions.agent()
        _ = caller.makeOffer()
        if let result = try? caller.receiveAnswer(description) {
            agreed += 1
            #expect(!result.audio.receivePayloadTypes.isEmpty)
        }
        return agreed
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let position = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: position)
        case 2: bytes.removeSubrange(position..<min(position + 20, bytes.count))
        case 3: bytes.insert(contentsOf: bytes[position..<min(position + 60, bytes.count)], at: position)
        case 4: if random.next() % 8 == 0 { bytes.removeLast(bytes.count - position) }
        default:
            let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
            bytes.insert(contentsOf: fragment.utf8, at: position)
        }
    }
}

extension OfferAnswer {
    fileprivate var offerText: String {
        var copy = self
        return copy.makeOffer().description
    }
}
