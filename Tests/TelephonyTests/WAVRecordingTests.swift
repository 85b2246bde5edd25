import AudioCore
import Foundation
import Synchronization
import Testing

@testable import Telephony

/// A recording in a file.
@Suite struct WAVRecordingTests {
    private static func path() -> String {
        FileManager.default.temporaryDirectory.path + "/recording-\(UUID().uuidString).wav"
    }

    private static func bytes(_ path: String) -> [UInt8] {
        Array(FileManager.default.contents(atPath: path) ?? Data())
    }

    private static func write(_ recording: WAVRecording, _ left: Int16, _ right: Int16, count: Int) throws {
        let inbound = [Int16](repeating: left, count: count)
        let outbound = [Int16](repeating: right, count: count)
        try recording.write(inbound: inbound.span, outbound: outbound.span, sampleRate: 8_000)
    }

    @Test func `The caller is left, we are right, and nobody else may read it`() throws {
        let path = Self.path()
        defer { unlink(path) }
        let recording = WAVRecording(path: path)
        try Self.write(recording, 1_000, -2_000, count: 800)
        try Self.write(recording, 3_000, -4_000, count: 800)
        try recording.finish()
        let reader = try WAVReader(Self.bytes(path))
        #expect(reader.sampleRate == 8_000)
        #expect(reader.channels == 2)
        let sides = [[1_000, 3_000], [-2_000, -4_000]] as [[Int16]]
        for (channel, values) in sides.enumerated() {
            #expect(reader.channel(channel).samples == values.flatMap { [Int16](repeating: $0, count: 800) })
        }
        let mode = try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        #expect(mode == 0o600)
    }

    @Test func `The file is whole after each stretch, should the program be killed`() throws {
        let path = Self.path()
        defer { unlink(path) }
        let recording = WAVRecording(path: path)
        for stretch in 1...5 {
            try Self.write(recording, 1, 2, count: 1_600)
            let bytes = Self.bytes(path)
            #expect(bytes.count == 44 + stretch * 6_400)
            // Both lengths of the header are true.
            let lengths = [4, 40].map { place in (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
            #expect(lengths == [bytes.count - 8, bytes.count - 44])
            #expect(try WAVReader(bytes).count == stretch * 1_600)
        }
    }

    @Test func `A file or a link that is there is not touched`() throws {
        let path = Self.path()
        defer { unlink(path) }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        let recording = WAVRecording(path: path)
        #expect(throws: RecordingError.system(operation: path, code: EEXIST)) {
            try Self.write(recording, 1, 2, count: 160)
        }
        recording.discard()
        #expect(Self.bytes(path) == Array("mine".utf8))
        let link = Self.path()
        defer { unlink(link) }
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path + "-other")
        #expect(throws: RecordingError.self) { try Self.write(WAVRecording(path: link), 1, 2, count: 160) }
        #expect(!FileManager.default.fileExists(atPath: path + "-other"))
    }

    @Test func `What is discarded is gone, before and behind its end`() throws {
        for isFinished in [false, true] {
            let path = Self.path()
            let recording = WAVRecording(path: path)
            try Self.write(recording, 1, 2, count: 160)
            if isFinished { try recording.finish() }
            #expect(FileManager.default.fileExists(atPath: path))
            recording.discard()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `A full disk ends the recording, and is reported`() async throws {
        let reported = Mutex<[RecordingError]>([])
        let recording = WAVRecording(path: "/dev/full") { path in open(path, O_WRONLY | O_CLOEXEC) }
        let recorder = CallRecorder(to: recording, writer: nil) { failure in reported.withLock { $0.append(failure) } }
        let frame = [Int16](repeating: 1, count: 160)
        #expect(recorder.append(inbound: frame, outbound: frame, sampleRate: 8_000))
        #expect(recorder.drain())
        #expect(!recorder.append(inbound: frame, outbound: frame, sampleRate: 8_000))
        let full = RecordingError.system(operation: "/dev/full", code: ENOSPC)
        #expect(await recorder.finish() == RecordingOutcome(failure: full))
        #expect(reported.withLock { $0 } == [full])
    }

    @Test func `A file that cannot be made ends the recording`() async {
        let recorder = CallRecorder(to: WAVRecording(path: "/nowhere/at/all.wav"))
        let frame = [Int16](repeating: 1, count: 160)
        #expect(recorder.append(inbound: frame, outbound: frame, sampleRate: 8_000))
        let outcome = await recorder.finish()
        #expect(outcome.failure == .system(operation: "/nowhere/at/all.wav", code: ENOENT))
        #expect(outcome.duration == .zero)
    }

    @Test func `A recording that the program's own function refuses says why`() {
        struct Refusal: Error, CustomStringConvertible {
            var description: String { "not today" }
        }
        let recording = WAVRecording(path: Self.path()) { _ in throw Refusal() }
        #expect(throws: RecordingError.sink("not today")) { try Self.write(recording, 1, 2, count: 160) }
    }
}
