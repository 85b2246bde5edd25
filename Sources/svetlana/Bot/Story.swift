import CoreTypes
import EmbeddedPBX
import Foundation
import SIPCore
import Synchronization
import Telephony
import VoicePipeline

/// Tells the demo as it happens: a line with seconds for everything.
final class Story: Sendable {
    private let begin = ContinuousClock.now
    private let isQuiet: Bool
    private let lines = Mutex<[String]>([])

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
    }

    /// What both sides said so far.
    var transcript: [String] { self.lines.withLock { $0 } }

    func tell(_ line: String) {
        guard !self.isQuiet else { return }
        let seconds = (ContinuousClock.now - self.begin).inSeconds
        print(String(format: "%7.2f  ", seconds) + PlainText.line(line, limit: 4_000))
        fflush(nil)
    }

    /// The bot's conversation.
    func journal(_ latencies: LatencyTable) -> CallJournal {
        CallJournal(
            write: { line in
                if line.hasPrefix("caller: ") || line.hasPrefix("svetlana: ") {
                    self.lines.withLock { $0.append(line) }
                }
                self.tell(line)
            },
            measure: { latencies.add($0) }
        )
    }

    /// The signaling of one party: an arrow and the first line of each message.
    func trace(of party: String) -> SIPTrace {
        SIPTrace { entry in
            guard let message = try? SIPMessage(entry.bytes) else { return }
            let what =
                message.isRequest
                ? message.method.rawValue : "\(message.statusCode) \(message.reasonPhrase) (\(message.method.rawValue))"
            self.tell("\(party) \(entry.direction == .sent ? "--->" : "<---") \(what)")
        }
    }
}

/// The turns' latencies.
final class LatencyTable: Sendable {
    private let turns = Mutex<[TurnLatency]>([])

    var rows: [TurnLatency] { self.turns.withLock { $0 } }

    func add(_ turn: TurnLatency) {
        self.turns.withLock { $0.append(turn) }
    }
}

extension PBXEvent {
    /// For a person.
    var line: String {
        switch self {
        case .registered(extension: let user, from: let source): "extension \(user) is registered from \(source)"
        case .unregistered(extension: let user): "extension \(user) is gone"
        case .refused(extension: let user): "wrong credentials for extension \(user)"
        case .calling(caller: let caller, called: let called): "\(caller) calls \(called)"
        case .answered(caller: let caller, called: let called): "\(called) answers \(caller)"
        case .voicemail(called: let called, status: let status): "voicemail answers for \(called) (\(status))"
        case .ended(caller: let caller, called: let called): "the call of \(caller) with \(called) is over"
        }
    }
}
