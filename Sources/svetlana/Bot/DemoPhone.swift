import AudioCore
import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Telephony
import VoicePipeline

/// The demo's phone: calls the bot, asks its questions when the bot has finished speaking, and says goodbye.
struct DemoPhone {
    let pbx: TransportAddress
    let stages: Stages
    let story: Story

    /// Places the call; returns what the phone understood of the bot, a line for each time it spoke.
    func ask(_ questions: [String]) async throws -> [String] {
        let identity = Identity(
            addressOfRecord: SIPURI(user: "100", host: self.pbx.host.hostText, port: self.pbx.port),
            displayName: "Maria",
            credentials: DigestCredentials(username: "phone100", password: "demo-100")
        )
        let agent = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: self.pbx.host, port: 0),
                identities: [identity],
                codecs: [.pcmu],
                rtpPorts: 41_000...41_199,
                productName: "Demo phone"
            )
        )
        try await agent.start()
        var voices: [AudioFrame] = []
        for question in questions + ["thank you and goodbye"] {
            voices.append(await self.stages.textToSpeech.whole(question))
        }
        self.story.tell("phone 100 dials 200")
        let utterances = try await agent.call("200", timeout: .seconds(20)) { call in
            try await self.converse(on: call, voices)
        }
        await agent.stop()
        var heard: [String] = []
        for utterance in utterances {
            heard.append((try? await self.stages.speechToText.transcribe(utterance))?.text ?? "")
        }
        return heard
    }

    /// Speaks when the line has been quiet; returns each stretch that the bot spoke.
    private func converse(on call: Call, _ voices: [AudioFrame]) async throws -> [Utterance] {
        var waiting = voices[...]
        var heard: [Utterance] = []
        var speech: [Int16] = []
        var sampleRate = 8_000
        var quiet: Duration = .zero
        var hasSpoken = false
        call.audio.hearEverything()
        for await frame in call.audio.inbound {
            sampleRate = frame.sampleRate
            // -45 dBFS: the line of the demo has no noise, so a fixed threshold tells speech from silence.
            let isLoud = Level.rms(frame) > -45
            quiet = isLoud ? .zero : quiet + frame.duration
            if isLoud { hasSpoken = true }
            if hasSpoken { speech += frame.samples }
            guard hasSpoken, quiet > .milliseconds(1_200), call.audio.outbound.isIdle else { continue }
            heard.append(Utterance(audio: AudioFrame(samples: speech, sampleRate: sampleRate)))
            speech = []
            hasSpoken = false
            quiet = .zero
            if let next = waiting.popFirst() { try await call.audio.outbound.write(next) }
        }
        if hasSpoken { heard.append(Utterance(audio: AudioFrame(samples: speech, sampleRate: sampleRate))) }
        return heard
    }
}

extension TextToSpeech {
    /// All of a text at once; what could be said of it when the stage fails.
    func whole(_ text: String) async -> AudioFrame {
        var whole = AudioFrame(samples: [], sampleRate: 16_000)
        do {
            for try await frame in self.speak(text) {
                whole.sampleRate = frame.sampleRate
                whole.samples += frame.samples
            }
        } catch {
            // A phone that says less is seen in the transcript.
        }
        return whole
    }
}
