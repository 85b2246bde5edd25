import CoreTypes

/// What a running bot is doing: its calls, and what failed lately.
struct BotActivity: Codable, Equatable, Sendable {
    /// A call in progress.
    struct CallInProgress: Codable, Equatable, Sendable {
        /// The number that the log shows, and that `svetlana hangup` takes.
        var call: UInt64
        var direction: CallAccount.Direction
        /// The other side, by the rule of log.redact.
        var party: String
        /// Whether it was answered; before that it rings.
        var isAnswered: Bool
        /// Since the answer, or since it began where nobody answered yet.
        var durationMilliseconds: Int64
        /// The codec; `nil` before the answer.
        var codec: String?

        /// One line for a person.
        var line: String {
            let way =
                switch self.direction {
                case .incoming: "in from"
                case .outgoing: "out to"
                }
            let time = "\(self.durationMilliseconds / 1_000) s"
            let state =
                self.isAnswered ? time : self.direction == .incoming ? "not answered yet" : "ringing for \(time)"
            return "call \(self.call) \(way) \(PlainText.line(self.party, limit: 100)), \(state)"
                + (self.codec.map { ", \(PlainText.line($0, limit: 20))" } ?? "")
        }
    }
    /// Something that failed within the last hour.
    struct Problem: Codable, Equatable, Sendable {
        /// What and what to do.
        var text: String
        /// How often since the bot started.
        var count: Int
        /// When it was the last time.
        var lastAgoMilliseconds: Int64

        /// One line for a person.
        var line: String {
            let times = self.count == 1 ? "once" : "\(self.count) times"
            let text = PlainText.line(self.text, limit: 500)
            return "\(text) (\(times), last \(Self.words(seconds: self.lastAgoMilliseconds / 1_000)) ago)"
        }

        private static func words(seconds: Int64) -> String { UptimeWords.of(seconds: seconds) }
    }

    var calls: [CallInProgress] = []
    var problems: [Problem] = []
}

/// A time in the words that people use: "40 s", "12 min", "3 h", "5 days".
enum UptimeWords {
    static func of(seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(max(seconds, 0)) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
