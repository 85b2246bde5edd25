import CallCore
import CoreTypes
import RTPCore
import Telephony
import Testing
import VoicePipeline

@testable import svetlana

/// The one line that the log has of each call.
@Suite struct CallAccountTests {
    private static func account(_ change: (inout CallAccount) -> Void = { _ in }) -> CallAccount {
        var account = CallAccount(
            number: 7,
            direction: .incoming,
            party: "100 (Ann)",
            duration: .milliseconds(38_600),
            sound: CallAccount.Sound(codec: "opus", heard: .init(loss: 0, meanOpinionScore: 4.31)),
            turns: 3,
            ending: "goodbye"
        )
        change(&account)
        return account
    }

    @Test func `A call that was answered`() {
        #expect(
            Self.account().line == "call 7 in from 100 (Ann), 39 s, opus, loss 0.0 %, MOS 4.3, 3 turns, goodbye"
        )
        let out = Self.account {
            $0.direction = .outgoing
            $0.turns = 1
            $0.sound?.heard = .init(loss: 0.0246, meanOpinionScore: 3.06)
        }
        #expect(out.line == "call 7 out to 100 (Ann), 39 s, opus, loss 2.5 %, MOS 3.1, 1 turn, goodbye")
    }

    @Test func `What is not known is not told as a figure`() {
        let deaf = Self.account { $0.sound?.heard = nil }
        #expect(deaf.line.contains(", opus, no audio received, "))
        let bare = Self.account { $0.sound = nil }
        #expect(bare.line.contains(", no media, "))
        let mute = Self.account { $0.sound?.isUnheard = true }
        #expect(mute.line.contains("the other side hears nothing of ours"))
        var statistics = MediaStatistics()
        var media = MediaParameters(codec: .g722, sendPayloadType: 9, receivePayloadTypes: [9], remote: nil)
        let silent = CallAccount.Sound(media, statistics)
        #expect(silent?.codec == "G722" && silent?.heard == nil)
        statistics.bursts.hear(98)
        statistics.bursts.lose(2)
        let heard = CallAccount.Sound(media, statistics)?.heard
        #expect(heard?.loss == 0.02)
        #expect(heard.map { $0.meanOpinionScore > 3 } == true)
        media.codec = .pcmu
        #expect(CallAccount.Sound(nil, statistics) == nil)
    }

    @Test func `A call that nobody answered`() {
        let account = Self.account {
            $0.number = 8
            $0.direction = .outgoing
            $0.party = "…4"
            $0.duration = nil
            $0.ending = CallAccount.refusal(.rejected(status: 486, reason: "Busy Here"), endRequest: nil)
        }
        #expect(account.line == "call 8 out to …4, not answered: busy (486)")
    }

    @Test(arguments: [
        (CallEndReason.cancelled, "the caller gave up"), (.noAnswer, "nobody answered"),
        (.declined(status: 503), "too many calls"), (.rejected(status: 603, reason: "x"), "declined (603)"),
        (.declined(status: 400), "refused with 400"),
        (.incompatibleMedia("they offered G729; we have opus"), "488: they offered G729; we have opus"),
        (.rejected(status: 488, reason: "Not Acceptable Here: we offered opus"), "we offered opus"),
        (.localHangup, "cancelled"), (.released(ReleaseCause(.q850, code: 17), status: 503), "busy"),
    ])
    func `Each reason has its words`(reason: CallEndReason, words: String) {
        #expect(CallAccount.refusal(reason, endRequest: nil).contains(words))
    }

    /// The conversation knows only that it was cut off; who did that, the call knows.
    @Test(arguments: [
        (CallEndReason.remoteHangup, nil as CallAccount.EndRequest?, "the caller hung up"),
        (.localHangup, .stopping, "ended because the bot stops"), (.localHangup, .command, "ended by svetlana hangup"),
        (.localHangup, .interrupted, "interrupted"), (.remoteHangup, .stopping, "the caller hung up"),
        (.mediaTimeout, .stopping, "no audio arrived for a long time"), (.localHangup, nil, "hung up by the bot"),
        (.released(ReleaseCause(.q850, code: 41), status: nil), nil, "the network has no room"),
    ])
    func `A call that was cut off names who did it`(
        cause: CallEndReason,
        endRequest: CallAccount.EndRequest?,
        words: String
    ) {
        let ending = CallAccount.ending(.callerHungUp, cause, direction: .incoming, endRequest: endRequest)
        #expect(ending.contains(words))
        // What the conversation ended itself, it did, whoever hung up in that moment.
        #expect(CallAccount.ending(.goodbye, cause, direction: .incoming, endRequest: endRequest) == "goodbye")
    }

    @Test func `What a PBX said begins no line and moves no cursor`() {
        let account = Self.account {
            $0.duration = nil
            $0.ending = CallAccount.refusal(.rejected(status: 500, reason: "\u{1B}[2J\r\nforged"), endRequest: nil)
        }
        #expect(account.line == "call 7 in from 100 (Ann), not answered: refused with 500 [2J forged")
    }

    // MARK: Numbers and names

    private static func configuration(redact: Bool) -> BotConfiguration {
        var configuration = BotConfiguration()
        configuration.owner = .init(name: "Ann", extension: "100")
        configuration.callers = ["101"]
        configuration.log.redact = redact
        return configuration
    }

    private static func party(_ number: String?, _ name: String? = nil, vouched: Bool = true) -> PartyIdentity {
        PartyIdentity(number: number, displayName: name, source: .asserted, isVouched: vouched)
    }

    @Test func `Numbers and names by the rule of log redact`() {
        let closed = Self.configuration(redact: true)
        let open = Self.configuration(redact: false)
        func words(_ configuration: BotConfiguration, _ party: PartyIdentity) -> String {
            configuration.describe(party, Household(configuration))
        }
        #expect(words(closed, Self.party("100", "Whoever")) == "…0 (Ann)")
        #expect(words(open, Self.party("100", "Whoever")) == "100 (Ann)")
        #expect(words(closed, Self.party("101", "Ben")) == "…1")
        #expect(words(open, Self.party("101", "Ben")) == "101 (Ben)")
        #expect(words(open, Self.party("103", "Mallory")) == "103")
        // Who only says that it is the owner has no name here.
        #expect(words(open, Self.party("100", "Ann", vouched: false)) == "100")
        #expect(words(closed, Self.party(nil)) == "unknown")
        var hidden = Self.party("101", "Ben")
        hidden.isPrivate = true
        #expect(!words(open, hidden).contains("101") || !words(open, hidden).contains("Ben"))
    }
}

/// Failures of the stages in the log.
@Suite struct StageTroubleTests {
    private static var configuration: BotConfiguration {
        var configuration = BotConfiguration()
        configuration.textToSpeech.provider = .openai
        configuration.textToSpeech.url = "http://10.0.0.5:8880"
        configuration.model.provider = .hermes
        return configuration
    }

    @Test func `The stage, its server and what to do`() {
        let late = StageError(.timeout, stage: "text to speech", message: "no audio in time")
        let line = StageTrouble(late, Self.configuration, voiceIsReplaced: true).line
        #expect(line.hasPrefix("text to speech failed: no audio in time; the server is http://10.0.0.5:8880"))
        #expect(line.contains("text_to_speech.timeout") && line.hasSuffix("speaks for the rest of this call"))
        let key = StageError(.unauthorized, stage: "model", message: "http://127.0.0.1:11434 refused the API key (401)")
        let model = StageTrouble(key, Self.configuration).line
        #expect(model.contains("model.api_key_file"))
        // The address stands there once.
        #expect(model.matches(of: /127\.0\.0\.1/).count == 1)
        let local = StageError(.failed, stage: "speech to text", message: "the decoder failed")
        #expect(StageTrouble(local, Self.configuration).line == "speech to text failed: the decoder failed")
    }

    @Test func `Nothing of what was said, though a server repeats it`() {
        let echo = StageError(
            .failed,
            stage: "text to speech",
            message: "Kokoro at x refused the request (400: cannot speak 'My PIN is one two three.')"
        )
        let line = StageTrouble(echo, Self.configuration, spoken: ["My PIN is one two three."]).line
        #expect(!line.contains("PIN") && line.contains("400"))
    }
}
