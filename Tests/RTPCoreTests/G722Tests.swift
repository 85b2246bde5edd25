import Foundation
import Testing

@testable import RTPCore

/// The digital test sequences of ITU-T G.722 appendix II: words of 16 bits, the high byte first, whose lowest bit
/// says that the codec is held at rest. They bypass the mirror filters.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"] != nil))
struct G722VectorTests {
    /// The words of a sequence between its two stretches of rest.
    private func words(_ name: String) throws -> [UInt16] {
        let folder = try #require(ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"])
        let data = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent("g722/\(name)"))
        let words = stride(from: 0, to: data.count - 1, by: 2).map { UInt16(data[$0]) << 8 | UInt16(data[$0 + 1]) }
        return Array(words.drop { $0 & 1 == 1 }.prefix { $0 & 1 == 0 })
    }

    @Test(arguments: [("bt1c1.xmt", "bt2r1.cod"), ("bt1c2.xmt", "bt2r2.cod")])
    func encoder(input: String, expected: String) throws {
        let codes = try self.words(expected).map { UInt8($0 >> 8) }
        let samples = try self.words(input)
        #expect(samples.count == codes.count && samples.count > 700)
        var encoder = G722Encoder()
        let got = samples.map { word in
            let sample = Int32(Int16(bitPattern: word)) >> 1
            return encoder.encode(low: sample, high: sample)
        }
        #expect(got == codes)
    }

    @Test(
        arguments: [
            ("bt2r1.cod", "bt3l1", "bt3h1"), ("bt2r2.cod", "bt3l2", "bt3h2"), ("bt1d3.cod", "bt3l3", "bt3h3"),
        ],
        G722Mode.allCases
    )
    func decoder(files: (input: String, lower: String, higher: String), mode: G722Mode) throws {
        let lower = try self.words("\(files.lower).rc\(mode.rawValue + 1)").map { Int32(Int16(bitPattern: $0)) >> 1 }
        let higher = try self.words("\(files.higher).rc0").map { Int32(Int16(bitPattern: $0)) >> 1 }
        let codes = try self.words(files.input).map { UInt8($0 >> 8) }
        #expect(codes.count == lower.count && codes.count == higher.count && codes.count > 700)
        var decoder = G722Decoder(mode: mode)
        let got = codes.map { decoder.decode($0) }
        #expect(got.map(\.low) == lower)
        #expect(got.map(\.high) == higher)
    }
}

struct G722Tests {
    /// The power of one sine in a signal, by correlation.
    private func power(_ samples: [Int16], frequency: Double) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let angle = 2 * Double.pi * frequency * Double(index) / 16_000
            real += Double(sample) * cos(angle)
            imaginary += Double(sample) * sin(angle)
        }
        return 2 * (real * real + imaginary * imaginary) / Double(samples.count * samples.count)
    }

    /// A sine through encoder and decoder, without the first 20 ms.
    private func carried(frequency: Double, amplitude: Double) -> [Int16] {
        let tone = (0..<4_800).map { Int16(amplitude * sin(2 * .pi * frequency * Double($0) / 16_000)) }
        var encoder = G722Encoder()
        var decoder = G722Decoder()
        var payload: [UInt8] = []
        var heard: [Int16] = []
        for start in stride(from: 0, to: tone.count, by: 320) {
            payload.removeAll()
            let isEncoded = encoder.encode(tone[start..<(start + 320)].span, appendingTo: &payload)
            var samples: [Int16] = []
            let isDecoded = decoder.decode(payload.span, into: &samples)
            #expect(isEncoded && isDecoded && payload.count == 160 && samples.count == 320)
            heard += samples
        }
        return Array(heard.dropFirst(320))
    }

    @Test(arguments: [300.0, 1_000, 2_500, 3_400, 5_000, 6_500])
    func aToneComesThrough(frequency: Double) {
        let heard = self.carried(frequency: frequency, amplitude: 8_000)
        let carried = self.power(heard, frequency: frequency)
        let total = heard.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(heard.count)
        // Within 1 dB, and what is not the tone at least 15 dB below it.
        #expect(abs(10 * log10(carried / (8_000.0 * 8_000 / 2))) < 1)
        #expect(10 * log10(carried / max(total - carried, 1)) > 15)
    }

    @Test func everyDifferenceGetsTheCodeOfItsInterval() {
        // Table 14/G.722: the decision levels, times eight, which the step scales.
        let levels = [
            0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
            1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
        ]
        // The steps that a scale factor can have, from the smallest to the largest, and those between them sparsely.
        for step in [4, 8, 32, 33, 1_000, 4_095, 8_191, 20_000, 32_064] + Array(stride(from: 5, to: 32_064, by: 1_231))
        {
            for difference in stride(from: -32_768, through: 32_767, by: 67) {
                let magnitude = difference < 0 ? ~difference : difference
                let interval = levels.dropFirst().prefix { magnitude >= ($0 * step) >> 12 }.count + 1
                // Codes count down from the largest magnitude; the two smallest below zero have long words.
                let wanted =
                    difference < 0
                    ? (interval < 3 ? 64 - interval : 34 - interval) : (interval < 31 ? 62 - interval : 0)
                let code = G722Encoder.quantize(Int32(difference), step: Int32(step))
                guard code != UInt8(wanted) else { continue }
                Issue.record("\(difference) with step \(step) is \(code), not \(wanted)")
                return
            }
        }
    }

    @Test func hostilePayloadsOfAnyBytes() {
        var decoder = G722Decoder()
        var encoder = G722Encoder()
        var samples: [Int16] = []
        for byte in UInt8.min...UInt8.max {
            let payload = [UInt8](repeating: byte, count: 80)
            let isDecoded = decoder.decode(payload.span, into: &samples)
            #expect(isDecoded && samples.count == 160)
        }
        for extreme: Int16 in [.min, .max, 0, -1] {
            var payload: [UInt8] = []
            let loud = [Int16](repeating: extreme, count: 640)
            let isEncoded = encoder.encode(loud.span, appendingTo: &payload)
            #expect(isEncoded && payload.count == 320)
        }
        var payload: [UInt8] = [1]
        let odd: [Int16] = [1, 1, 1]
        let isEncoded = encoder.encode(odd.span, appendingTo: &payload)
        #expect(!isEncoded && payload == [1])
        let isDecoded = decoder.decode(Span(), into: &samples)
        #expect(!isDecoded && samples.isEmpty)
    }

    @Test func resetIsAFreshDecoder() {
        let payload = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var used = G722Decoder()
        var fresh = G722Decoder()
        var first: [Int16] = []
        var second: [Int16] = []
        let other = [UInt8](repeating: 0x3C, count: 160)
        _ = used.decode(other.span, into: &first)
        used.reset()
        _ = used.decode(payload.span, into: &first)
        _ = fresh.decode(payload.span, into: &second)
        #expect(first == second)
    }
}

struct L16Tests {
    @Test func roundTrip() {
        let samples: [Int16] = [0, 1, -1, .max, .min, 258]
        var codec = L16()
        var payload: [UInt8] = [9]
        let isEncoded = codec.encode(samples.span, appendingTo: &payload)
        #expect(isEncoded)
        #expect(payload == [9, 0, 0, 0, 1, 0xFF, 0xFF, 0x7F, 0xFF, 0x80, 0, 1, 2])
        var heard: [Int16] = []
        let octets = Array(payload.dropFirst())
        let isDecoded = codec.decode(octets.span, into: &heard)
        #expect(isDecoded && heard == samples)
        let odd: [UInt8] = [1, 2, 3]
        let isOddDecoded = codec.decode(odd.span, into: &heard)
        #expect(!isOddDecoded && heard.isEmpty)
    }

    @Test func clocksOfTheCodecs() {
        for codec in AudioCodec.allCases {
            let samples = codec.samples(in: .milliseconds(20))
            #expect(samples == codec.audioRate / 50)
            #expect(codec.ticks(samples: samples) == codec.clockRate / 50)
            #expect(codec.samples(ticks: codec.clockRate / 50) == samples)
            #expect(AudioCodec(encodingName: codec.encodingName.uppercased(), clockRate: codec.clockRate) == codec)
        }
        #expect(AudioCodec.g722.clockRate == 8_000 && AudioCodec.g722.audioRate == 16_000)
        #expect(AudioCodec(encodingName: "L16", clockRate: 44_100) == nil)
    }
}
