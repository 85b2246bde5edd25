import AudioCore
import CoreTypes
import Testing

@Suite struct WAVTests {
    @Test func monoComesBack() throws {
        let frame = AudioFrame(samples: [0, 1, -1, .max, .min, 1_234], sampleRate: 8_000)
        let bytes = WAVWriter.bytes(of: frame)
        #expect(bytes.count == WAVWriter.headerLength + 12)
        let reader = try WAVReader(bytes)
        #expect(reader.channels == 1)
        #expect(reader.mono() == frame)
        #expect(reader.channel(1).samples.isEmpty)
    }

    @Test func stereoKeepsItsSidesAndFillsTheShorter() throws {
        let left = AudioFrame(samples: [1, 2, 3], sampleRate: 16_000)
        let right = AudioFrame(samples: [10], sampleRate: 16_000)
        let reader = try WAVReader(WAVWriter.stereo(left: left, right: right))
        #expect(reader.channels == 2)
        #expect(reader.channel(0).samples == [1, 2, 3])
        #expect(reader.channel(1).samples == [10, 0, 0])
        #expect(reader.mono().samples == [5, 1, 1])
    }

    @Test func theHeaderIsTheOneOfTheFormat() {
        let header = WAVWriter.header(sampleRate: 8_000, channels: 1, dataBytes: 4)
        #expect(
            header == Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0]
                + [0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0] + Array("data".utf8) + [4, 0, 0, 0]
        )
    }

    @Test(
        arguments: [
            (1, 8, [0x80, 0xFF, 0x00], [0, 32_512, -32_768]),
            (1, 24, [0xFF, 0x34, 0x12, 0, 0, 0x80], [0x1234, -32_768]),
            (1, 32, [0, 0, 0x34, 0x12], [0x1234]),
            (
                3, 32, [0, 0, 0, 0x3F, 0, 0, 0x80, 0xBF, 0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0x7F],
                [16_384, -32_768, 0, 32_767]
            ),
        ] as [(Int, Int, [UInt8], [Int16])]
    )
    func otherFormatsAreRead(tag: Int, bits: Int, data: [UInt8], expected: [Int16]) throws {
        #expect(try WAVReader(file(tag: tag, bits: bits, data: data)).mono().samples == expected)
    }

    @Test func unknownChunksArePassedOverAndOddOnesPadded() throws {
        let data: [UInt8] = [1, 0, 2, 0]
        var bytes = file(tag: 1, bits: 16, data: data)
        bytes.insert(contentsOf: Array("LIST".utf8) + [3, 0, 0, 0, 9, 9, 9, 0], at: 12)
        #expect(try WAVReader(bytes).mono().samples == [1, 2])
    }

    @Test func aDataChunkThatClaimsTooMuchIsReadAsFarAsItGoes() throws {
        var bytes = file(tag: 1, bits: 16, data: [1, 0, 2, 0, 3])
        bytes.replaceSubrange(40..<44, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(try WAVReader(bytes).mono().samples == [1, 2])
    }

    @Test func whatIsNoWAVIsRefused() {
        #expect(throws: WAVError.notWAV) { try WAVReader([]) }
        #expect(throws: WAVError.notWAV) { try WAVReader(Array("<html>not a recording</html>".utf8)) }
        #expect(throws: WAVError.truncated) { try WAVReader(Array(file(tag: 1, bits: 16, data: []).prefix(30))) }
        #expect(throws: WAVError.unsupported(format: 7, bits: 8)) { try WAVReader(file(tag: 7, bits: 8, data: [1])) }
    }

    @Test func hostileBytesNeverTrap() {
        var random = SeededRandom(seed: 7)
        let good = file(tag: 1, bits: 16, data: [UInt8](repeating: 3, count: 40))
        var read = 0
        for _ in 0..<2_000 {
            var bytes = Array(good.prefix(Int.random(in: 0...good.count, using: &random)))
            for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let reader = try? WAVReader(bytes) else { continue }
            _ = reader.mono()
            read += 1
        }
        #expect(read > 50)
    }
}

private func file(tag: Int, bits: Int, data: [UInt8]) -> [UInt8] {
    var bytes = WAVWriter.header(sampleRate: 8_000, channels: 1, dataBytes: data.count)
    bytes[20] = UInt8(tag)
    bytes[34] = UInt8(bits)
    return bytes + data
}
