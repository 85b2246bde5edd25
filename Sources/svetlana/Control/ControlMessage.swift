import CallCore
import CoreTypes
import Foundation

/// What `call`, `check`, `status` and `hangup` ask of a running bot: one line of JSON.
enum ControlRequest: Codable, Equatable, Sendable {
    /// Place a call.
    case call(CallRequest)
    /// How are you?
    case status
    /// What are you doing?
    case activity
    /// End the calls of these numbers, or all.
    case hangUp([UInt64]?)
}

/// A call to be placed.
struct CallRequest: Codable, Equatable, Sendable {
    /// A SIP URI or an extension.
    var target: String
    /// What to say; `nil` for a report.
    var say: String?
    /// Whether to hang up after speaking.
    var oneWay: Bool
    /// Seconds to wait for an answer.
    var timeout: Int
    /// Whether to hang up at once when voicemail answers; `nil` means no, as bots before this one said nothing of it.
    var hangsUpOnVoicemail: Bool?

    /// How long an answer may be waited for, in seconds.
    static let timeouts = 1...600
    /// How much may be said, in characters.
    static let longestText = 10_000

    /// What is wrong with a request, whoever made it; nil when it can be carried out.
    var problem: String? {
        guard Self.timeouts.contains(self.timeout) else {
            return "the timeout is \(Self.timeouts.lowerBound) to \(Self.timeouts.upperBound) seconds"
        }
        guard (self.say?.unicodeScalars.count ?? 0) <= Self.longestText else {
            return "the text to say is too long; \(Self.longestText) characters are possible"
        }
        guard self.say.map({ !PlainText.line($0, limit: 10).isEmpty }) ?? true else {
            return "the text to say is empty"
        }
        return nil
    }
}

/// What a running bot replies: lines of JSON, of which the last is a result, a status or a failure.
enum ControlReply: Codable, Equatable, Sendable {
    /// A line for the person who watches.
    case progress(String)
    /// The call that was asked for has this number, which ``ControlRequest/hangUp(_:)`` takes.
    case placed(UInt64)
    /// How a call went.
    case call(CallOutcome)
    /// How the bot is.
    case status(BotStatus)
    /// What the bot is doing.
    case activity(BotActivity)
    /// The calls that are being ended.
    case hungUp([UInt64])
    /// The request was refused.
    case failure(String)

    /// Whether nothing more follows.
    var isFinal: Bool {
        switch self {
        case .progress, .placed: false
        case .call, .status, .activity, .hungUp, .failure: true
        }
    }
}

/// How a running bot is.
struct BotStatus: Codable, Equatable, Sendable {
    /// For a person: "registered", "not registered: wrong password" …
    var registration: String
    var isRegistered: Bool
    var registersAtAll: Bool
    var gauges: AgentGauges
    /// Seconds since it started.
    var uptime: Double
    var callsServed: Int
    /// The exit code for what the registrar said last; `nil` when nothing is wrong.
    var refusal: Int32?
    /// What to do about the registration, the likeliest first.
    var advice: [String]?
    /// Seconds since the PBX said yes last; `nil` when it never did.
    var confirmedSecondsAgo: Double?
    /// The other devices that the PBX holds for the extension, each with its address.
    var otherDevices: [String]?
    /// What it was started with; holds no secret.
    var setup: BotSetup?
}

/// Lines of JSON as they travel.
enum ControlCodec {
    static let longestLine = 65_536

    static func line(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(value)) + [0x0A]
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ line: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(line))
    }
}
