import AudioCore
import ConversationTestKit
import CoreTypes
import Testing
import VoicePipeline

struct EndpointingTests {
    private struct Noticed {
        var what: String
        var at: Duration
        var utterance: Duration = .zero
        var silence: Duration = .zero
    }

    /// Runs audio through in frames of 20 ms and says what was noticed when.
    private func run(
        _ samples: [Int16],
        endpointing: inout Endpointing,
        played: (Duration) -> Duration = { _ in .zero }
    ) -> [Noticed] {
        var result: [Noticed] = []
        var time = Duration.zero
        for start in stride(from: 0, to: samples.count - 159, by: 160) {
            time += .milliseconds(20)
            let frame = AudioFrame(samples: Array(samples[start..<(start + 160)]), sampleRate: 8000)
            for event in endpointing.process(frame, played: played(time)) {
                switch event {
                case .speechStarted: result.append(Noticed(what: "start", at: time))
                case .speechDiscarded: result.append(Noticed(what: "discard", at: time))
                case .speechEnded(let utterance, _, let silence):
                    result.append(Noticed(what: "end", at: time, utterance: utterance.audio.duration, silence: silence))
                }
            }
        }
        return result
    }

    private func silence(_ duration: Duration) -> [Int16] {
        AudioFrame.silence(duration, sampleRate: 8000).samples
    }

    @Test func findsAnUtteranceWithPreRollAndEndsItAfterTheSilence() throws {
        var endpointing = Endpointing()
        let audio = self.silence(.seconds(1)) + VoiceSignals.speech(.seconds(2)) + self.silence(.seconds(2))
        let events = self.run(audio, endpointing: &endpointing)
        #expect(events.map(\.what) == ["start", "end"])
        let start = try #require(events.first).at
        #expect(start > .seconds(1) && start <= .milliseconds(1160))
        let end = try #require(events.last)
        // The last syllable fades out before two seconds are over.
        #expect(end.at >= .milliseconds(3700) && end.at <= .milliseconds(3820))
        #expect(end.silence == .milliseconds(800))
        #expect(end.utterance > .milliseconds(2200) && end.utterance < .milliseconds(2600))
    }

    @Test(arguments: [300, 500, 1200])
    func theSilenceIsConfigurable(milliseconds: Int) throws {
        var settings = EndpointingSettings()
        settings.endOfTurnSilence = .milliseconds(milliseconds)
        var endpointing = Endpointing(settings: settings)
        let audio = self.silence(.seconds(1)) + VoiceSignals.speech(.seconds(1)) + self.silence(.seconds(2))
        let end = try #require(self.run(audio, endpointing: &endpointing).last)
        #expect(end.what == "end")
        #expect(end.silence == .milliseconds(milliseconds))
    }

    @Test func aClickIsNoSpeech() {
        var endpointing = Endpointing()
        let click = VoiceSignals.speech(.milliseconds(40), level: -10)
        let events = self.run(
            self.silence(.seconds(1)) + click + self.silence(.seconds(2)),
            endpointing: &endpointing
        )
        #expect(events.isEmpty)
    }

    @Test func aShortNoiseIsDiscarded() {
        var endpointing = Endpointing()
        var random = SeededRandom(seed: 1)
        let knock = VoiceSignals.noise(.milliseconds(120), level: -15, random: &random)
        let events = self.run(
            self.silence(.seconds(1)) + knock + self.silence(.seconds(2)),
            endpointing: &endpointing
        )
        #expect(events.map(\.what) == ["start", "discard"])
    }

    @Test func theFloorFollowsTheRoom() {
        var endpointing = Endpointing()
        var random = SeededRandom(seed: 2)
        // A fan of -38 dBFS is far above the threshold of a silent room.
        let fan = VoiceSignals.noise(.seconds(20), level: -38, random: &random)
        _ = self.run(self.silence(.seconds(1)) + fan, endpointing: &endpointing)
        #expect(endpointing.noiseFloor > -42)
        #expect(!endpointing.isInSpeech)
        let speech = VoiceSignals.speech(.seconds(2), level: -16)
        let room = VoiceSignals.noise(.seconds(4), level: -38, random: &random)
        let mixed = room.indices.map { $0 < speech.count ? room[$0] &+ speech[$0] : room[$0] }
        let events = self.run(mixed, endpointing: &endpointing)
        #expect(events.map(\.what) == ["start", "end"])
        #expect(events.last.map { $0.at < .milliseconds(3000) } == true)
    }

    @Test func lostPacketsPassAsSilence() {
        var endpointing = Endpointing()
        _ = self.run(self.silence(.seconds(1)) + VoiceSignals.speech(.seconds(1)), endpointing: &endpointing)
        #expect(endpointing.isInSpeech)
        var frame = AudioFrame.silence(.milliseconds(20), sampleRate: 8000)
        frame.missingBefore = .seconds(900)
        let events = endpointing.process(frame)
        #expect(events.count == 1)
        #expect(!endpointing.isInSpeech)
    }

    @Test func aLongSpeechIsCutOff() {
        var settings = EndpointingSettings()
        settings.maximumUtterance = .seconds(5)
        var endpointing = Endpointing(settings: settings)
        let events = self.run(VoiceSignals.speech(.seconds(12)), endpointing: &endpointing)
        #expect(events.map(\.what) == ["start", "end", "start", "end", "start"])
        #expect(events[1].utterance <= .milliseconds(5020))
    }

    @Test func aChangeOfRateEndsTheUtterance() {
        var endpointing = Endpointing()
        _ = self.run(self.silence(.seconds(1)) + VoiceSignals.speech(.seconds(1)), endpointing: &endpointing)
        let events = endpointing.process(AudioFrame.silence(.milliseconds(20), sampleRate: 16_000))
        #expect(events.count == 1)
        #expect(endpointing.process(AudioFrame(samples: [1, 2, 3], sampleRate: 0)).isEmpty)
    }

    // MARK: - Our own voice

    /// Plays a voice for ten seconds and lets its echo and a caller come in.
    private func duplex(
        echoLoss: Double,
        delay: Duration,
        voice: Double,
        caller: (level: Double, at: Duration)? = nil,
        seconds: Int = 10
    ) -> [Noticed] {
        var endpointing = Endpointing()
        let sent = VoiceSignals.speech(.seconds(seconds), level: voice, pitch: 210)
        endpointing.echo.wrote(AudioFrame(samples: sent, sampleRate: 8000), at: .zero)
        var heard = [Int16](repeating: 0, count: sent.count + 16_000)
        let shift = Int(delay.inSeconds * 8000)
        let factor = Level.amplitude(-echoLoss)
        for index in sent.indices { heard[index + shift] += Int16(Double(sent[index]) * factor) }
        if let caller {
            let speech = VoiceSignals.speech(.seconds(2), level: caller.level)
            let offset = Int(caller.at.inSeconds * 8000)
            for index in speech.indices { heard[offset + index] += speech[index] }
        }
        return self.run(heard, endpointing: &endpointing) { min($0, .seconds(seconds)) }
    }

    @Test(arguments: [0, 20, 60, 150, 260], [-26.0, -18.0, -12.0])
    func ourOwnVoiceNeverCounts(delay: Int, voice: Double) {
        let events = self.duplex(echoLoss: 20, delay: .milliseconds(delay), voice: voice)
        #expect(events.isEmpty)
    }

    @Test func withoutTheGateItWouldCount() {
        var endpointing = Endpointing()
        let echo = VoiceSignals.speech(.seconds(3), level: -38, pitch: 210)
        #expect(!self.run(echo, endpointing: &endpointing).isEmpty)
    }

    @Test(arguments: [-12.0, -18.0, -24.0, -28.0])
    func aCallerLouderThanTheEchoCounts(level: Double) throws {
        let events = self.duplex(
            echoLoss: 20,
            delay: .milliseconds(60),
            voice: -18,
            caller: (level, .seconds(4))
        )
        let start = try #require(events.first)
        #expect(start.what == "start")
        #expect(start.at > .seconds(4))
        #expect(start.at < (level > -20 ? .milliseconds(4200) : .milliseconds(4900)))
    }

    @Test func aSoftCallerIsHeardOnACleanLine() {
        let events = self.duplex(echoLoss: 90, delay: .milliseconds(60), voice: -14, caller: (-30, .seconds(8)))
        #expect(events.contains { $0.what == "start" && $0.at > .seconds(8) })
    }
}
