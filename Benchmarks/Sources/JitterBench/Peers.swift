import Foundation
import JitterTraces

/// The peers' buffers: small C programs on Debian's libraries, built by `Benchmarks/Peers/Jitter/build.sh`.
enum Peers {
    /// speexdsp's jitter buffer, asked for 20 ms every 20 ms.
    static func speex(_ trace: JitterTrace, in folder: String) throws -> JitterScore {
        var score = JitterScore(trace)
        let length = JitterTrace.packetTime
        for line in try self.run(folder + "/jitter-speex", [], trace) where line.count == 3 {
            // An insertion holds the stream: it makes time, and nothing of the stream is missing by it.
            let isPlayed = line[2] == 0
            score.take(
                now: line[0],
                length: length,
                position: line[1],
                concealed: isPlayed ? 0 : length,
                stretched: 0
            )
        }
        return score
    }

    /// GStreamer's rtpjitterbuffer with the latency given: what is not given in time is concealed by its sink.
    static func gstreamer(_ trace: JitterTrace, latency: Int, in folder: String) throws -> JitterScore {
        var score = JitterScore(trace)
        let length = JitterTrace.packetTime
        var played: [Int64: Int64] = [:]
        for line in try self.run(folder + "/jitter-gstreamer", [String(latency)], trace) where line.count == 2 {
            played[line[0]] = line[1]
        }
        for index in trace.arrivals.indices {
            let at = played[Int64(index)]
            score.take(
                now: at ?? 0,
                length: length,
                position: Int64(index) * length,
                concealed: at == nil ? length : 0,
                stretched: 0
            )
        }
        return score
    }

    private static func run(_ program: String, _ arguments: [String], _ trace: JitterTrace) throws -> [[Int64]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // Files and not pipes, so that neither side waits for the other.
        let folder = FileManager.default.temporaryDirectory
        let name = "jitter-\(ProcessInfo.processInfo.processIdentifier)"
        let input = folder.appendingPathComponent(name + ".in")
        let output = folder.appendingPathComponent(name + ".out")
        defer {
            try? FileManager.default.removeItem(at: input)
            try? FileManager.default.removeItem(at: output)
        }
        let lines = trace.inOrderOfArrival.map { "\($0.arrival) \($0.index)\n" }.joined()
        try Data(lines.utf8).write(to: input)
        try Data().write(to: output)
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return text.split(separator: "\n").map { line in line.split(separator: " ").compactMap { Int64($0) } }
    }
}
