import AudioCore
import CallCore
import CoreTypes
import RTPCore
import SIPCore
import SIPDiagnostics
import Testing

@testable import sipctl

/// Who answered, and whether there was audio.
@Suite struct JudgementTests {
    private func judge(
        contact: SIPURI?,
        target: String = "200",
        product: String? = nil,
        identity: String? = nil,
        forwarded: Bool = false,
        diversion: String? = nil,
        ringing: [Int] = [180],
        pickup: Duration = .seconds(3)
    ) -> AnswerJudgement {
        let answer = AnsweredBy(
            contact: contact,
            product: product,
            assertedIdentity: identity,
            wasForwarded: forwarded,
            diversion: diversion
        )
        return AnswerJudgement(
            answer,
            target: SIPURI(user: target, host: "pbx.example"),
            pbx: TransportAddress(host: .v4(0xC000_0201), port: 5_060),
            ringing: ringing,
            pickup: pickup
        )
    }

    private func contact(_ user: String?) -> SIPURI { SIPURI(user: user, host: "192.0.2.9") }

    @Test func theExtensionItself() {
        #expect(self.judge(contact: self.contact("200")).kind == .target)
        #expect(self.judge(contact: self.contact("200-0x55ab")).kind == .target)
        // A bot picks up at once and is still who was called.
        #expect(self.judge(contact: self.contact("200"), pickup: .zero).kind == .target)
    }

    // RFC 3261 section 8.1.1.8: the Contact says where, not who. PBXs write all sorts of things there.
    @Test(arguments: [
        ("200", "asterisk"), ("200", "mod_sofia"), ("200", "DA3969CE6BA0D35B305A0CB2F611960"),
        ("200", "gw+f6d6b954-1a32"),
        ("030123456", "+4930123456"), ("15551234", "+15551234"), ("200", "201"), ("200", "2001"), ("200", "voicemail"),
        ("200", "vm"), ("200", "s"), ("anna", "bert"),
    ])
    func theContactAloneIsNoVerdict(target: String, user: String) {
        let judgement = self.judge(contact: self.contact(user), target: target)
        #expect([.unknown, .target].contains(judgement.kind), "\(judgement)")
        if judgement.kind == .unknown { #expect(judgement.text.contains("hint")) }
    }

    @Test func whatThePBXSaysIsEvidence() {
        #expect(self.judge(contact: self.contact("200"), ringing: [180, 181]).kind == .somebodyElse)
        let diverted = self.judge(contact: self.contact("200"), diversion: "<sip:200@pbx>;reason=busy")
        #expect(diverted.kind == .somebodyElse)
        #expect(diverted.text.contains("reason=busy"))
        let named = self.judge(contact: self.contact("asterisk"), identity: "\"Bert\" <sip:201@pbx.example>")
        #expect(named.kind == .somebodyElse)
        #expect(self.judge(contact: self.contact("asterisk"), identity: "<sip:200@pbx.example>").kind == .target)
        #expect(self.judge(contact: self.contact("x"), identity: "<tel:+4930555200>").kind == .target)
        #expect(self.judge(contact: self.contact("x"), identity: "<sip:anonymous@anonymous.invalid>").kind == .unknown)
    }

    @Test(arguments: [
        ("<sip:200@pbx>;index=1", false), ("<sip:200@pbx>;index=1,<sip:201@pbx>;index=1.1", false),
        ("<sip:200@pbx>;index=1,<sip:9@pbx;cause=486>;index=1.1", true),
        ("<sip:200@pbx?Reason=SIP%3Bcause%3D480>;index=1,<sip:9@pbx>;index=2", true),
        ("SIP;cause=200;text=\"Call completed elsewhere\"", false), ("SIP ;cause=486", true), ("Q.850;cause=16", false),
        ("Q.850;cause=17", true), ("<sip:200@pbx>", true), ("sip:200@pbx", true),
    ])
    func wordsAboutTheWayOfTheCallAreWeighed(diversion: String, tells: Bool) {
        let answer = AnsweredBy(
            contact: nil,
            product: nil,
            assertedIdentity: nil,
            wasForwarded: false,
            diversion: diversion
        )
        #expect(CallDetour(answer, target: SIPURI(user: "200", host: "pbx")).isReported == tells)
    }

    // Two phones of one extension ring, and one answers: only together with another extension's number it says something.
    @Test func anotherTagIsAHint() {
        #expect(self.judge(contact: self.contact("200"), forwarded: true).kind == .target)
        #expect(self.judge(contact: self.contact("201"), forwarded: true).kind == .somebodyElse)
        #expect(self.judge(contact: self.contact(nil), forwarded: true).kind == .unknown)
    }

    @Test func voicemail() {
        #expect(self.judge(contact: self.contact("voicemail"), pickup: .milliseconds(2)).kind == .voicemail)
        #expect(self.judge(contact: self.contact("voicemail"), ringing: []).kind == .voicemail)
        #expect(self.judge(contact: self.contact("vm"), forwarded: true).kind == .voicemail)
        #expect(self.judge(contact: self.contact("vm200"), product: "PBX Mailbox").kind == .voicemail)
        #expect(self.judge(contact: self.contact("x"), identity: "\"Voicemail\" <sip:*97@pbx>").kind == .voicemail)
        #expect(
            self.judge(contact: self.contact("x"), diversion: "<sip:voicemail@pbx>;reason=no-answer").kind == .voicemail
        )
        // A machine beyond a proxy, or an intercom, or a bot: that is a hint.
        #expect(self.judge(contact: self.contact(nil), pickup: .milliseconds(2)).kind == .unknown)
        // The PBX itself stands in every answer of a back-to-back PBX: a bot behind it is quick as well.
        #expect(self.judge(contact: SIPURI(host: "192.0.2.1"), pickup: .milliseconds(2)).kind == .unknown)
    }

    @Test func whatTheSignalingDoesNotTellIsUnknown() {
        let judgement = self.judge(contact: SIPURI(host: "192.0.2.9"), ringing: [180])
        #expect(judgement.kind == .unknown)
        #expect(self.judge(contact: nil).kind == .unknown)
        #expect(self.judge(contact: nil, ringing: []).text.contains("without ringing"))
    }

    private func observation(_ change: (inout CallObservation) -> Void = { _ in }) -> CallObservation {
        var observation = CallObservation(answeredAfter: .seconds(1))
        observation.media = MediaParameters(
            codec: .pcmu,
            sendPayloadType: 0,
            receivePayloadTypes: [0],
            remote: TransportAddress(host: .v4(0xC0A8_0102), port: 9_000)
        )
        observation.statistics.packetsSent = 250
        observation.statistics.packetsReceived = 250
        observation.heard.add([Int16](repeating: 3_000, count: 800).span)
        change(&observation)
        return observation
    }

    @Test func goodAudioIsNoDiagnosis() {
        let judgement = AudioJudgement(self.observation())
        #expect(judgement.diagnosis == nil && judgement.remarks.isEmpty)
    }

    @Test func nothingHeardIsOneWayAudio() {
        let judgement = AudioJudgement(self.observation { $0.statistics.packetsReceived = 0 })
        #expect(judgement.diagnosis?.verdict == .oneWayAudio)
        #expect(judgement.diagnosis?.summary.contains("not one RTP packet") == true)
        #expect(judgement.diagnosis?.advice.contains { $0.contains("private address (192.168.1.2)") } == true)
    }

    @Test func aReportOfTotalLossIsOneWayAudio() {
        let deaf = AudioJudgement(
            self.observation {
                $0.statistics.reportsReceived = 1
                $0.statistics.remoteFractionLost = 1
            }
        )
        #expect(deaf.diagnosis?.summary.contains("nothing of ours arrives") == true)
    }

    // What was agreed on is no fault.
    @Test func anAnswerThatWantsOneDirectionGetsOne() {
        let listens = AudioJudgement(
            self.observation {
                $0.media?.receives = false
                $0.statistics.packetsReceived = 0
            }
        )
        #expect(listens.diagnosis == nil && listens.summary.contains("from us only"))
        #expect(listens.remarks.contains { $0.contains("on hold") })
        let speaks = AudioJudgement(self.observation { $0.media?.sends = false })
        #expect(speaks.diagnosis == nil && speaks.summary.contains("to us only"))
        // It said that it sends, and did not.
        let lost = AudioJudgement(
            self.observation {
                $0.media?.sends = false
                $0.statistics.packetsReceived = 0
            }
        )
        #expect(lost.diagnosis?.verdict == .oneWayAudio)
        let held = AudioJudgement(
            self.observation {
                $0.media?.sends = false
                $0.media?.receives = false
                $0.statistics.packetsReceived = 0
            }
        )
        #expect(
            held.diagnosis?.verdict == .oneWayAudio && held.diagnosis?.summary.contains("no audio either way") == true
        )
        #expect(held.diagnosis?.summary.contains("one-way") == false)
    }

    @Test func comfortNoiseIsNoOneWayAudio() {
        let noise = AudioJudgement(
            self.observation {
                $0.statistics.packetsReceived = 0
                $0.statistics.comfortNoisePackets = 12
            }
        )
        #expect(noise.diagnosis == nil && noise.summary.contains("comfort noise"))
    }

    @Test func aCallThatWasOverAtOnceProvesNothing() {
        let short = AudioJudgement(
            self.observation {
                $0.statistics.packetsReceived = 0
                $0.lasted = .milliseconds(300)
            }
        )
        #expect(short.diagnosis == nil && short.summary.contains("too soon"))
    }

    @Test func whyNothingCameIsNotCertain() {
        let silent = AudioJudgement(self.observation { $0.statistics.packetsReceived = 0 })
        #expect(silent.diagnosis?.advice.contains { $0.contains("muted") } == true)
        let other = AudioJudgement(
            self.observation {
                $0.statistics.packetsReceived = 0
                $0.statistics.unknownPayloadTypes = 40
            }
        )
        #expect(other.diagnosis?.summary.contains("payload types") == true)
        let hears = AudioJudgement(
            self.observation {
                $0.statistics.packetsReceived = 0
                $0.statistics.reportsReceived = 1
            }
        )
        #expect(hears.diagnosis?.advice.first?.contains("RTCP comes through") == true)
    }

    @Test func aFewPacketsAreNoStatistics() {
        let few = self.observation {
            $0.statistics.packetsReceived = 9
            $0.statistics.packetsLost = 1
        }
        #expect(!AudioJudgement(few).remarks.contains { $0.contains("lost") })
    }

    @Test func silenceAndLossAreRemarks() {
        let silent = AudioJudgement(
            self.observation {
                $0.heard = LevelMeter()
                $0.heard.add([Int16](repeating: 0, count: 800).span)
            }
        )
        #expect(silent.diagnosis == nil)
        #expect(silent.remarks.contains { $0.contains("silence") })
        let lossy = self.observation { $0.statistics.packetsLost = 25 }
        #expect(AudioJudgement(lossy).remarks.contains { $0.contains("lost") })
        #expect(abs(lossy.figures.lossPercent - 9.09) < 0.01)
    }
}
