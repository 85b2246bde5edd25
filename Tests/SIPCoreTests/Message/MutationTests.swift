import CoreTypes
import Testing

@testable import SIPCore

/// Mutated messages: nothing traps, what is accepted can be read in full and built again.
@Suite struct MutationTests {
    private static let pieces: [[UInt8]] = [
        "\r\n", "\n", "\r", " ", "\t", ":", ";", ",", "\"", "<", ">", "=", "@", "%", "%00", "\\", "[", "]", "?", "*",
        "\0", "sip:",
        "SIP/2.0", "65536", "4294967296", "-1", ";tag=", "\r\n ", "Via: ", "l: 99", "Contact: *", "\u{FF}",
    ].map { Array($0.utf8) }

    private func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
            guard place < bytes.count else { return bytes }
            switch random.next() % 6 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 3:
                let piece = Self.pieces.randomElement(using: &random) ?? []
                bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
            case 4: bytes.removeSubrange(place..<min(place + Int(random.next() % 20), bytes.count))
            default:
                let end = min(place + Int(random.next() % 60), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    @Test func nothingTraps() throws {
        var random = SeededRandom(seed: 4475)
        let long = Sample.all.map { Sample.wire($0) }
        let short = Sample.short.map { Sample.wire($0) }
        for seed in long + short { #expect(throws: Never.self) { try SIPMessage(seed) } }
        var accepted = 0
        for index in 0..<100_000 {
            // A debug build is slow: most are small, and every tenth is not.
            let seeds = index % 10 == 0 ? long : short
            let bytes = self.mutate(seeds[index / 10 % seeds.count], &random)
            guard let message = try? SIPMessage(bytes) else { continue }
            accepted += 1
            // A share of the messages stands for all.
            guard index % 50 < 2 else { continue }
            self.readEverything(message)
            #expect(try SIPMessage(message.bytes) == message)
            let copy = try SIPMessageBuilder(copying: message).buildIgnoringMaxForwards()
            #expect(copy.map { $0.values(.via) == message.values(.via) } ?? true)
        }
        // Were all refused, the mutations would test nothing but the first lines of the parser.
        #expect(accepted > 5_000)
    }

    private func readEverything(_ message: SIPMessage) {
        _ = (message.vias, message.topVia.sentBy, message.from.description, message.to.tag, message.contacts)
        _ = (message.isWildcardContact, message.routes, message.recordRoutes, message.maxForwards, message.expires)
        _ = (message.contentType, message.headerLines.count, message.callID, message.cSeq, message.body.count)
        _ = (message.requestURI?.isEquivalent(to: message.from.uri), DigestChallenge.all(in: message).count)
        _ = message.description
    }

    @Test func nothingTrapsInTextOfAnyKind() {
        var random = SeededRandom(seed: 5118)
        let seeds = [
            "\"A\" <sip:a:b@[::1]:5060;x=y?z=1>;tag=1", "SIP/2.0/UDP [::1]:1;branch=z;received=1.2.3.4", "1 INVITE",
            "Digest realm=\"a\",nonce=\"b\", Digest qop=\"auth,auth-int\", stale=true",
        ].map { Array($0.utf8) }
        for index in 0..<20_000 {
            let text = String(decoding: self.mutate(seeds[index % seeds.count], &random), as: UTF8.self)
            if let address = NameAddress(text) { #expect(NameAddress(address.description) != nil, "\(text)") }
            _ = (SIPURI(text), CSeq(text), DigestChallenge.all(in: text).count, HeaderName(text))
            if let via = Via(text) { #expect(Via(via.description) != nil, "\(text)") }
        }
    }

    @Test func nothingTrapsInAStream() {
        var random = SeededRandom(seed: 3261)
        let seed = Sample.wire(Sample.invite) + Sample.wire(Sample.ok)
        var (framed, read) = (0, 0)
        for _ in 0..<2_000 {
            var framer = StreamFramer()
            framer.append(self.mutate(seed, &random))
            while let frame = try? framer.next() {
                guard case .message(let bytes) = frame else { continue }
                framed += 1
                if (try? SIPMessage(bytes)) != nil { read += 1 }
            }
        }
        // Most streams still hold a message, and not every one can be read.
        #expect(framed > 1_000)
        #expect(read > 100 && read < framed)
    }
}

extension SIPMessageBuilder {
    /// A copy of an old client's request has no Max-Forwards to copy.
    fileprivate func buildIgnoringMaxForwards() throws -> SIPMessage? {
        guard self.statusCode == nil, !self.hasHeader(.maxForwards) else { return try self.build() }
        return nil
    }
}
