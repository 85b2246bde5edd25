import BenchmarkKit
import Foundation

/// What the generator saw.
struct LoadResult: Codable {
    /// Milliseconds.
    struct Lateness: Codable {
        var count: Int
        var p50: Double
        var p99: Double
        var p999: Double
        var longest: Double
    }
    var legs: Int
    /// Legs from which anything came, and from which something came to the end.
    var heard: Int
    var alive: Int
    var seconds: Double
    /// The part of its processor that the generator took.
    var processor: Double
    /// How long the slowest leg took to its first packet, in milliseconds.
    var slowestFirst: Double
    var sent: Int
    var refused: Int
    var received: Int
    var bytes: Int
    /// Numbers that were left out in what came back.
    var missing: Int
    var reordered: Int
    var markers: Int
    /// Packets whose payload was not that of the packet before.
    var changing: Int
    var other: Int
    /// How late it was itself.
    var ownLateness: Lateness
    /// How late packets came back, by their timestamps and the earliest of their leg.
    var lateness: Lateness
}

/// The generator and sink of RTP, run once.
struct Telephones {
    /// What to play.
    var speech: Speech
    var legs: Int
    var warmUp: Double
    var seconds: Double
    /// Whether what is no echo is an error; when a number of legs is searched it may be too high.
    var isStrict = true
    /// The port of SIP, when the tested side is to be called.
    var sip: Int?
    /// Where the programs and the packets are.
    let programs: String
    let packets: String

    /// Starts it; it says when it begins to measure and when it has.
    func start(seconds: Double) throws -> ChildProcess {
        var arguments = [
            "--legs", "\(self.legs)", "--payloads", self.packets, "--type", "\(self.speech.type)",
            "--ticks", "\(self.speech.ticks)", "--warm-up", "\(self.warmUp)", "--seconds", "\(seconds)",
            "--processor", "0",
        ]
        if let sip { arguments += ["--sip", "\(sip)", "--coding", self.speech.coding] }
        return try ChildProcess("\(self.programs)/MediaLoad", arguments)
    }

    /// Runs it; `begin` and `end` are called around the measured seconds.
    func run(begin: () throws -> Void, end: () throws -> Void) throws -> LoadResult {
        let child = try self.start(seconds: self.seconds)
        defer { child.stop() }

        // Calls are placed one after the other, ahead of the first packet.
        let setUp = self.sip == nil ? 10 : 10 + Double(self.legs) * 0.2
        guard try child.line(within: self.warmUp + setUp) == "begin" else { throw WrongResult("no begin of the load") }
        try begin()
        guard try child.line(within: self.seconds + 10) == "end" else { throw WrongResult("no end of the load") }
        try end()
        let line = try child.line(within: 10)
        let result = try JSONDecoder().decode(LoadResult.self, from: Data(line.utf8))
        guard self.isStrict else { return result }
        guard result.heard == self.legs, result.alive == self.legs else {
            throw WrongResult("of \(self.legs) legs \(result.heard) answered and \(result.alive) lived to the end")
        }
        guard Double(result.received) > 0.8 * Double(result.sent) else {
            throw WrongResult("\(result.received) packets came back for \(result.sent)")
        }
        // Silence, or one packet again and again, would not change.
        guard Double(result.changing) > 0.8 * Double(result.received) else {
            throw WrongResult("only \(result.changing) of \(result.received) packets changed: that is no echo")
        }
        return result
    }
}
