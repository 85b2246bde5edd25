import CallCore
import CoreTypes
import RTPCore
import Telephony
import VoicePipeline

/// What became of one call, in the one line that the log has of it when it is over.
struct CallAccount: Sendable, Equatable {
    /// Who called whom.
    enum Direction: String, Codable, Sendable {
        /// It came in.
        case incoming
        /// The bot placed it.
        case outgoing
    }
    /// How the other side was heard.
    struct Sound: Sendable, Equatable {
        /// The codec as it is written in a description.
        var codec: String
        /// How it sounded; `nil` when nothing was heard at all.
        var heard: Heard?
        /// Whether the other side reports that nothing of ours arrives.
        var isUnheard = false
    }
    /// What was heard of the other side.
    struct Heard: Sendable, Equatable {
        /// The part of the packets that was not heard, 0 to 1.
        var loss: Double
        /// The E-model's estimate of how that sounded, 1 to 4.5.
        var meanOpinionScore: Double
    }

    /// The number that stands in every line of the call; `nil` for one that was never placed.
    var number: UInt64?
    var direction: Direction
    /// The other side, as it may be shown.
    var party: String
    /// From the answer to the end; `nil` when nobody answered.
    var duration: Duration?
    var sound: Sound?
    /// How often the caller said something that was understood.
    var turns = 0
    /// Why it ended, or was not answered.
    var ending: String

    /// "call 7 in from …0 (Ann), 39 s, opus, loss 0.0 %, MOS 4.3, 3 turns, goodbye".
    var line: String {
        let name = self.number.map { "call \($0)" } ?? "a call"
        let way =
            switch self.direction {
            case .incoming: "in from"
            case .outgoing: "out to"
            }
        let ending = PlainText.line(self.ending, limit: 500)
        guard let duration else { return "\(name) \(way) \(self.party), not answered: \(ending)" }
        var parts = ["\(name) \(way) \(self.party)", "\(Int(duration.inSeconds.rounded())) s"]
        if let sound {
            parts.append(sound.codec)
            if let heard = sound.heard {
                parts.append("loss \(Self.tenths(heard.loss * 100)) %")
                parts.append("MOS \(Self.tenths(heard.meanOpinionScore))")
            } else {
                parts.append("no audio received")
            }
            if sound.isUnheard { parts.append("the other side hears nothing of ours") }
        } else {
            parts.append("no media")
        }
        parts.append(self.turns == 1 ? "1 turn" : "\(self.turns) turns")
        parts.append(ending)
        return parts.joined(separator: ", ")
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((max(value, 0) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension CallAccount.Sound {
    /// What the figures of a call say; `nil` where no media was agreed on.
    init?(_ media: MediaParameters?, _ statistics: MediaStatistics?) {
        guard let media else { return nil }
        self.init(codec: media.codec.encodingName)
        guard let statistics else { return }
        self.heard = statistics.inboundQuality(codec: media.codec).map {
            CallAccount.Heard(loss: $0.lossRate, meanOpinionScore: $0.meanOpinionScore)
        }
        self.isUnheard = statistics.remoteFractionLost.map { $0 > 0.99 } ?? false
    }
}

extension CallAccount {
    /// Who wanted a call to end that the bot hung up.
    enum EndRequest: Sendable {
        /// The bot is told to stop.
        case stopping
        /// `svetlana hangup`.
        case command
        /// Who asked for the call was interrupted.
        case interrupted
    }

    /// Why a call that was answered is over. A conversation calls everything "hung up" that it did not end itself: who
    /// hung up, the call knows.
    static func ending(
        _ reason: ConversationEnding.Reason,
        _ cause: CallEndReason?,
        direction: Direction,
        endRequest: EndRequest?
    ) -> String {
        switch reason {
        case .goodbye: return "goodbye"
        case .noInput: return "nobody spoke"
        case .maximumLength: return "conversation.maximum_length reached"
        case .heldTooLong: return "on hold for too long"
        case .said: return "said"
        case .failed: return "given up after failures"
        case .callerHungUp: break
        }
        switch cause {
        case .remoteHangup?: return direction == .incoming ? "the caller hung up" : "the called party hung up"
        case .localHangup?, nil:
            switch endRequest {
            case .stopping?: return "ended because the bot stops"
            case .command?: return "ended by svetlana hangup"
            case .interrupted?: return "interrupted"
            case nil: return cause == nil ? "the audio ended" : "hung up by the bot"
            }
        case .released?, .cancelled?, .declined?, .rejected?, .noAnswer?, .timeout?, .unreachable?, .transport?,
            .unauthorized?, .incompatibleMedia?, .notAcknowledged?, .mediaTimeout?:
            return cause?.explanation ?? ""
        }
    }

    /// Why a call was not answered, shortly: "busy (486)".
    static func refusal(_ reason: CallEndReason, direction: Direction = .incoming, endRequest: EndRequest?) -> String {
        switch reason {
        case .rejected(status: 486, reason: _), .rejected(status: 600, reason: _):
            "busy (\(Self.status(of: reason)))"
        case .rejected(status: 603, reason: _): "declined (603)"
        case .declined(status: 486): "refused with 486: too many calls"
        case .declined(status: 400): "refused with 400: its description of the media cannot be read"
        case .incompatibleMedia(let why): direction == .incoming ? "refused with 488: \(why)" : "hung up: \(why)"
        case .localHangup:
            switch endRequest {
            case .stopping?: "cancelled because the bot stops"
            case .command?: "cancelled by svetlana hangup"
            case .interrupted?, nil: "cancelled"
            }
        case .released, .remoteHangup, .cancelled, .declined, .rejected, .noAnswer, .timeout, .unreachable, .transport,
            .unauthorized, .notAcknowledged, .mediaTimeout:
            reason.explanation
        }
    }

    private static func status(of reason: CallEndReason) -> String {
        if case .rejected(let status, _) = reason { "\(status)" } else { "" }
    }
}
