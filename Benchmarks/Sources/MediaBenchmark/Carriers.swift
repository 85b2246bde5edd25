import BenchmarkKit
import Foundation

/// What carries the legs, and is measured.
enum Carrier: Equatable {
    /// Our legs with everything: receive, latch, buffer, decode, to 16 kHz, from 16 kHz, encode, send.
    case whole(Speech)
    /// Our legs in pairs, packets passed on.
    case relay
    /// Our PCMU legs with a fault in their processor.
    case planted(String)
    /// A loop in C that gives datagrams back.
    case bare
    /// baresip, answering calls, with its bridge device that gives back what it hears.
    case baresip(Speech, Baresip.Setup)

    /// How its legs speak.
    var speech: Speech {
        switch self {
        case .whole(let speech), .baresip(let speech, _): speech
        case .relay, .bare, .planted: .pcmu
        }
    }

    /// What the table calls it.
    var title: String {
        switch self {
        case .whole(.opus): "Svetlana, Opus at complexity 5"
        case .whole(let speech): "Svetlana, \(speech.title)"
        case .relay: "Svetlana, PCMU relayed"
        case .planted(let fault): "with a planted \(fault)"
        case .bare: "bare echo in C, PCMU"
        case .baresip(let speech, .likeOurs): "baresip, \(speech.title)"
        case .baresip(let speech, .asShipped): "baresip as shipped, \(speech.title)"
        }
    }

    /// Whether it is ours.
    var isOurs: Bool {
        switch self {
        case .whole, .relay, .planted: true
        case .bare, .baresip: false
        }
    }

    /// Whether the program tells snapshots.
    var tells: Bool { self.isOurs }

    /// The threads that count; `nil` for all.
    var thread: String? {
        self.isOurs ? "svetlana-media" : nil
    }

    /// The port where it is called.
    var sip: Int? {
        switch self {
        case .baresip: Baresip.port
        case .whole, .relay, .bare, .planted: nil
        }
    }

    /// With how many legs a search begins.
    var firstGuess: Int {
        switch self {
        case .whole(.pcmu): 200
        case .whole(.g722): 200
        case .whole(.opus): 50
        case .relay: 600
        case .planted: 2
        case .bare: 800
        case .baresip: 50
        }
    }

    /// Starts it with so many legs on that processor, and returns when it is ready.
    func start(legs: Int, processor: Int, programs: String, counter: String? = nil) throws -> ChildProcess {
        let child: ChildProcess
        switch self {
        case .whole(let speech):
            child = try Self.legs(speech.rawValue, legs, processor, programs, counter)
        case .relay:
            child = try Self.legs("relay", legs, processor, programs, counter)
        case .planted(let fault):
            child = try Self.legs("pcmu", legs, processor, programs, counter, ["--plant", fault])
        case .bare:
            child = try ChildProcess("\(programs)/MediaEcho", ["\(legs)", "10000", "\(processor)"])
        case .baresip(let speech, let setup):
            return try Baresip.start(speech, setup, legs: legs, processor: processor)
        }
        guard try child.line(within: 30) == "ready" else { throw WrongResult("\(self.title) is not ready") }
        return child
    }

    private static func legs(
        _ kind: String,
        _ legs: Int,
        _ processor: Int,
        _ programs: String,
        _ counter: String?,
        _ more: [String] = []
    ) throws -> ChildProcess {
        let arguments = ["--kind", kind, "--legs", "\(legs)", "--core", "\(processor)"] + more
        return try ChildProcess("\(programs)/MediaLegs", arguments, counter: counter)
    }
}

/// What our legs tell about themselves.
struct Snapshot: Decodable {
    var ticks: [UInt64]
    var skipped: UInt64
    var longestMilliseconds: Double
    var allocations: UInt64?
    var liveBytes: UInt64?
    var residentBytes: UInt64
    var codecBytes: Double?
    var packetsReceived: UInt64
    var packetsSent: UInt64
    var packetsLost: UInt64
    var late: UInt64

    /// Of a child that was asked.
    static func read(from child: ChildProcess) throws -> Snapshot {
        try JSONDecoder().decode(Snapshot.self, from: Data(try child.line(within: 20).utf8))
    }
}
