import AudioCore
import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Testing

@testable import sipctl

/// Who answered, and whether there was audio.
@Suite struct JudgementTests {
    private let target = SIPURI(user: "200", host: "pbx.example")

    private func judge(
        contact: SIPURI?,
        product: String? = nil,
        forwarded: Bool = false,
        diversion: String? = nil,
        ringing: [Int] = [180],
        pickup: Duration = .seconds(3)
    ) -> AnswerJudgement {
        let answer = AnsweredBy(
            contact: contact,
            product: product,
            assertedIdentity: nil,
            wasForwarded: forwarded,
            diversion: diversion
        )
        return AnswerJudgement(answer, target: self.target, ringing: ringing, pickup: pickup)
    }

    @Test func theExtensionItself() {
        #expect(self.judge(contact: SIPURI(user: "200", host: "192.0.2.9")).kind == .target)
        #expect(self.judge(contact: SIPURI(user: "200-0x55ab", host: "192.0.2.9")).kind == .target)
        // A bot picks up at once and is still who was called.
        #expect(self.judge(contact: SIPURI(user: "200", host: "192.0.2.9"), pickup: .zero).kind == .target)
    }

    @Test func somebodyElse() {
        #expect(self.judge(contact: SIPURI(user: "2001", host: "192.0.2.9")).kind == .somebodyElse)
        #expect(self.judge(contact: SIPURI(user: "201", host: "192.0.2.9")).kind == .somebodyElse)
        #expect(self.judge(contact: SIPURI(user: "200", host: "192.0.2.9"), forwarded: true).kind == .somebodyElse)
        let diverted = self.judge(
            contact: SIPURI(user: "200", host: "192.0.2.9"),
            diversion: "<sip:200@pbx>;reason=busy"
        )
        #expect(diverted.kind == .somebodyElse)
        #expect(diverted.text.contains("reason=busy"))
    }

    @Test func voicemail() {
        #expect(self.judge(contact: SIPURI(user: "voicemail", host: "192.0.2.9")).kind == .voicemail)
        #expect(
            self.judge(contact: SIPURI(user: "vm200", host: "192.0.2.9"), product: "PBX Mailbox").kind == .voicemail
        )
        #expect(self.judge(contact: SIPURI(user: "200", host: "vm.example")).kind == .voicemail)
        #expect(self.judge(contact: SIPURI(host: "192.0.2.9"), pickup: .milliseconds(2)).kind == .voicemail)
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
