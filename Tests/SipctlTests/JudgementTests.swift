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
            exchange: TransportAddress(host: .v4(0xC000_0201), port: 5_060),
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
        #expect(AnswerSigns.tellsOfDiversion(diversion) == tells)
    }

    // Two phones of one extension ring, and one answers.
    @Test func anotherTagIsEvidenceWhereTheExtensionDoesNotAnswer() {
        #expect(self.judge(contact: self.contact("200"), forwarded: true).kind == .target)
        #expect(self.judge(contact: self.contact("201"), forwarded: true).kind == .somebodyElse)
        #expect(self.judge(contact: self.contact(nil), forwarded: true).kind == .somebodyElse)
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
        // A machine beyond a proxy: no phone of the extension, and faster than a person.
        #expect(self.judge(contact: self.contact(nil), pickup: .milliseconds(2)).kind == .voicemail)
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
        observation.heard = AudioFrame(samples: Array(repeating: 3_000, count: 800), sampleRate: 8_000)
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

    @Test func silenceAndLossAreRemarks() {
        let silent = AudioJudgement(
            self.observation { $0.heard = AudioFrame(samples: Array(repeating: 0, count: 800), sampleRate: 8_000) }
        )
        #expect(silent.diagnosis == nil)
        #expect(silent.remarks.contains { $0.contains("silence") })
        let lossy = self.observation { $0.statistics.packetsLost = 25 }
        #expect(AudioJudgement(lossy).remarks.contains { $0.contains("lost") })
        #expect(abs(lossy.figures.lossPercent - 9.09) < 0.01)
    }
}
