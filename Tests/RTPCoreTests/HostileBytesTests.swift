import CoreTypes
import RTPCore
import Testing

/// Whatever arrives, nothing traps: mutated packets of every kind into the parsers and into a whole session.
struct HostileBytesTests {
    static let seeds: [[UInt8]] = {
        var rtp: [UInt8] = [
            0xB2, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 9, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4,
        ]
        rtp += [UInt8](repeating: 0x7F, count: 160) + [0, 0, 3]
        let event: [UInt8] = [0x80, 101, 0, 2, 0, 0, 0, 160, 0, 0, 0, 9, 5, 0x80, 0, 160]
        let noise: [UInt8] = [0x80, 13, 0, 3, 0, 0, 0, 160, 0, 0, 0, 9, 60]
        var compound: [UInt8] = []
        for packet in RTCPPacketTests.compound { packet.append(to: &compound) }
        let opus: [UInt8] = [0x80, 111, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9, 0x4B, 0x41, 0x10, 0x20, 0x30, 0x40, 0x50]
        return [rtp, event, noise, compound, opus, [0x80, 0], [0, 1], [22, 254]]
    }()

    static func mutate(_ seed: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where !bytes.isEmpty:
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 1:
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            case 2:
                bytes += (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            case 3 where bytes.count >= 12:
                // Numbers and timestamps at their extremes.
                let value: UInt8 = Bool.random(using: &random) ? 0xFF : 0
                for index in 2..<Int.random(in: 3...12, using: &random) { bytes[index] = value }
            case 4 where !bytes.isEmpty:
                bytes[0] = 0x80 | UInt8.random(in: 0...63, using: &random)
            default:
                break
            }
        }
        return bytes
    }

    @Test(arguments: 0..<8)
    func theParsersAreTotal(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<1_500 {
            for original in HostileBytesTests.seeds {
                let bytes = HostileBytesTests.mutate(original, &random)
                if let packet = RTPPacket(bytes) {
                    let isInside =
                        packet.payload.lowerBound >= 12 && packet.payload.upperBound <= bytes.count
                        && packet.extensionBytes.upperBound <= bytes.count
                    if !isInside { Issue.record("\(bytes)") }
                }
                for packet in RTCPPacket.parse(bytes) ?? [] {
                    // What was read can be written, and reads the same again.
                    var again: [UInt8] = []
                    packet.append(to: &again)
                    switch packet {
                    case .senderReport, .receiverReport, .goodbye(_, reason: nil):
                        if RTCPPacket.parse(again) != [packet] { Issue.record("\(bytes)") }
                    case .goodbye, .sourceDescription, .extendedReport, .other:
                        break
                    }
                }
            }
        }
    }

    @Test(arguments: AudioCodec.allCases, 0..<4)
    func aSessionSurvivesAnything(codec: AudioCodec, seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) + 100)
        let addresses = ["10.0.0.7:4000", "10.0.0.8:4000", "198.51.100.1:9", "[2001:db8::1]:1"]
            .map(SourceLatchTests.address)
        var parameters = VirtualLine.parameters(codec, to: addresses[0])
        parameters.latch = [.standard, .open, .signaledOnly][seed % 3]
        parameters.receivePayloadTypes = [0, 8, 111]
        var session = MediaSession(parameters, random: &random)
        var now = Instant.zero
        var samples: [Int16] = []
        var datagram: [UInt8] = []
        let silence = [Int16](repeating: 0, count: parameters.samplesPerPacket)
        for step in 0..<6_000 {
            let original = HostileBytesTests.seeds.randomElement(using: &random) ?? []
            var bytes = HostileBytesTests.mutate(original, &random)
            // Half of the packets look like a stream, so that what lies behind the checks is reached too.
            if bytes.count >= 12, Bool.random(using: &random) {
                bytes[2] = UInt8(truncatingIfNeeded: step >> 8)
                bytes[3] = UInt8(truncatingIfNeeded: step)
            }
            let address = addresses[step % 10 == 0 ? Int.random(in: 0..<4, using: &random) : 0]
            var received = bytes.mutableSpan
            session.receive(&received, on: step % 11 == 0 ? .rtcp : .rtp, from: address, now: now)
            now += .milliseconds(Int.random(in: 0...30, using: &random))
            if step % 7 != 0 {
                while let audio = session.popAudio(into: &samples, now: now) {
                    let isSound =
                        audio.sampleRate == codec.audioRate && samples.count <= 1_920
                        && audio.missingBefore >= audio.suppressedBefore && audio.suppressedBefore >= .zero
                    if !isSound { Issue.record("\(audio)") }
                }
            }
            if step % 3 == 0 { _ = session.popDigit() }
            if step % 50 == 0 {
                _ = session.send(silence.span, now: now, into: &datagram)
                _ = session.pollTransmit(now: now, into: &datagram)
            }
        }
        let statistics = session.statistics
        #expect(statistics.malformed > 0)
        #expect(statistics.packetsReceived > 0)
    }
}
