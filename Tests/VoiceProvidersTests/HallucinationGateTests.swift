import AudioCore
import Testing

@testable import VoiceProviders

@Suite struct HallucinationGateTests {
    private let gate = HallucinationGate()

    private func frame(_ pieces: [(milliseconds: Int, amplitude: Int16)]) -> AudioFrame {
        let samples = pieces.flatMap { piece in
            (0..<(piece.milliseconds * 8)).map { $0.isMultiple(of: 2) ? piece.amplitude : -piece.amplitude }
        }
        return AudioFrame(samples: samples, sampleRate: 8_000)
    }

    @Test func `only what is near the loudest counts as speech`() {
        let audio = self.frame([(300, 20), (400, 8_000), (200, 2_000), (500, 20)])
        #expect(self.gate.speech(in: audio) == .milliseconds(600))
        #expect(self.gate.isWorthSending(.milliseconds(600)))
    }

    @Test func `a quiet line holds no speech however even it is`() {
        #expect(self.gate.speech(in: self.frame([(1_000, 20)])) == .zero)
        #expect(self.gate.speech(in: AudioFrame(samples: [1, 2, 3], sampleRate: 0)) == .zero)
        #expect(!self.gate.isWorthSending(.milliseconds(40)))
    }

    @Test func `a segment is dropped only when both signs say so`() {
        func segment(_ noSpeech: Double?, _ logProbability: Double?) -> HallucinationGate.Segment {
            .init(text: "x", averageLogProbability: logProbability, noSpeechProbability: noSpeech)
        }
        #expect(self.gate.heard([segment(0.9, -1.5)]).isEmpty)
        #expect(
            self.gate.heard([segment(0.9, -0.5), segment(0.5, -1.5), segment(nil, -2), segment(0.9, nil)]).count == 4
        )
    }

    @Test func `a phrase is made up only if it is all there is`() {
        #expect(self.gate.isMadeUp("Thanks for watching!", speech: .milliseconds(300), noSpeechProbability: nil))
        #expect(!self.gate.isMadeUp("Thank you, good night.", speech: .milliseconds(300), noSpeechProbability: nil))
        #expect(!self.gate.isMadeUp("Bye.", speech: .milliseconds(300), noSpeechProbability: nil))
        #expect(self.gate.isMadeUp("...", speech: .seconds(5), noSpeechProbability: 0))
    }
}
