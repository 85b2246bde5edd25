import Foundation
import RTPCore
import Testing

struct OpusTests {
    /// Something like a voice: harmonics of 150 Hz that swell and fade.
    static func voice(frames: Int, frame: Int = 320, rate: Double = 16_000) -> [[Int16]] {
        (0..<frames).map { index in
            (0..<frame).map { sample in
                let time = Double(index * frame + sample) / rate
                let level = 0.6 + 0.4 * sin(2 * .pi * 3 * time)
                let tone = (1...6).reduce(0.0) { $0 + sin(2 * .pi * 150 * Double($1) * time) / Double($1) }
                return Int16(4_000 * level * tone)
            }
        }
    }

    static func energy(_ samples: [Int16]) -> Double {
        samples.isEmpty ? 0 : samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    }

    @Test func speechSurvives() throws {
        let opus = try OpusPair()
        var heard: [Int16] = []
        let frames = OpusTests.voice(frames: 100)
        for frame in frames {
            let packet = try #require(opus.encode(frame))
            let samples = try #require(opus.decode(packet))
            #expect(packet.count < 200)
            #expect(samples.count == 320)
            heard += samples
        }
        let ratio = OpusTests.energy(Array(heard.dropFirst(1_600))) / OpusTests.energy(frames.flatMap(\.self))
        #expect(ratio > 0.5 && ratio < 2)
    }

    @Test func aLostPacketIsRecoveredFromTheNextOne() throws {
        let opus = try OpusPair(OpusSettings(expectedLossPercent: 20))
        let frames = OpusTests.voice(frames: 60)
        let packets = try frames.map { try #require(opus.encode($0)) }
        for packet in packets[0..<40] { _ = try #require(opus.decode(packet)) }
        // Packet 40 is lost; 41 knows it.
        let samples = try #require(opus.recover(from: packets[41], count: 320))
        #expect(samples.count == 320)
        let ratio = OpusTests.energy(samples) / OpusTests.energy(frames[40])
        #expect(ratio > 0.2 && ratio < 3, "ratio \(ratio)")
    }

    @Test func concealmentGoesOnAndFades() throws {
        let opus = try OpusPair()
        for frame in OpusTests.voice(frames: 50) {
            let packet = try #require(opus.encode(frame))
            _ = try #require(opus.decode(packet))
        }
        let early = OpusTests.energy(try #require(opus.conceal(320)))
        var late: [Int16] = []
        for _ in 0..<100 { late = try #require(opus.conceal(320)) }
        #expect(early > 0)
        #expect(OpusTests.energy(late) < early)
    }

    @Test func whatIsNoOpusIsRefused() throws {
        let opus = try OpusPair()
        #expect(opus.decode([]) == nil)
        // Code 3 with no frame count.
        #expect(opus.decode([0x03]) == nil)
        #expect(opus.encode([Int16](repeating: 0, count: 100)) == nil)
        guard var encoder = OpusEncoder() else { return }
        var packet: [UInt8] = [9]
        let isEncoded = encoder.encode([Int16](repeating: 0, count: 100).span, appendingTo: &packet)
        #expect(!isEncoded)
        #expect(packet == [9])
    }
}
