import AudioCore
import CoreTypes
import RTPCore

/// Speech that crossed a line which loses packets in bursts, as the two readers of a leg give it, and without their help.
///
/// A whole leg sends 20 ms packets, a whole leg receives them; nothing but the loss lies between. What the ears got is
/// there twice, sample for sample at the same time: as made up, and with silence in place of what was made up.
struct LossySpeech {
    /// What `popAudio` gives to the ears.
    private(set) var concealed: AudioFrame
    /// The same with silence in place of what was made up.
    private(set) var silenced: AudioFrame
    /// What `popJitterBuffer` gives to mixing, bridging and recording.
    private(set) var played: AudioFrame
    private(set) var packets = 0
    private(set) var lost = 0
    private(set) var bursts = 0

    /// Sends `speech`, in the codec's own rate, and loses about the share `loss`, two packets at a time on average.
    static func through(_ speech: AudioFrame, codec: AudioCodec, loss: Double, seed: UInt64) -> LossySpeech {
        let empty = AudioFrame(samples: [], sampleRate: codec.audioRate)
        var outcome = LossySpeech(concealed: empty, silenced: empty, played: empty)
        let caller = TransportAddress(host: .v4(0xC000_0201), port: 4_000)
        let listener = TransportAddress(host: .v4(0xC000_0202), port: 5_000)
        // The losses of a seed are the same for every codec.
        var keys = SeededRandom(seed: 1)
        var sender = MediaSession(LossySpeech.parameters(codec, to: listener), random: &keys)
        var speechToText = MediaSession(LossySpeech.parameters(codec, to: caller), random: &keys)
        var player = MediaSession(LossySpeech.parameters(codec, to: caller), reader: .jitterBuffer, random: &keys)
        var line = BurstLine(loss: loss, seed: seed)
        var datagram: [UInt8] = []
        var samples: [Int16] = []
        let frame = codec.samples(in: .milliseconds(20))
        let count = speech.samples.count / frame
        // What waits at the end for packets that never come is waited for.
        for index in 0..<(count + 25) {
            let now = Instant.zero + .milliseconds(index * 20)
            if index < count {
                let spoken = speech.samples[(index * frame)..<((index + 1) * frame)]
                sender.send(spoken.span, now: now)
                guard sender.pollTransmit(now: now, into: &datagram)?.component == .rtp else { continue }
                outcome.packets += 1
                let fate = line.next()
                if fate == .lost || fate == .lostFirst { outcome.lost += 1 }
                if fate == .lostFirst { outcome.bursts += 1 }
                if fate == .carried {
                    var copy = datagram
                    var received = copy.mutableSpan
                    speechToText.receive(&received, from: caller, now: now)
                    player.receive(&received, from: caller, now: now)
                }
            }
            while let audio = speechToText.popAudio(into: &samples, now: now) { outcome.hear(audio, samples) }
            _ = player.popJitterBuffer(frame, into: &samples, now: now)
            outcome.played.samples += samples
        }
        return outcome
    }

    private mutating func hear(_ audio: InboundAudio, _ samples: [Int16]) {
        let missing = AudioFrame.silence(audio.missingBefore, sampleRate: audio.sampleRate).samples
        self.concealed.samples += missing + samples
        self.silenced.samples += missing
        self.silenced.samples += audio.isConcealed ? [Int16](repeating: 0, count: samples.count) : samples
    }

    private static func parameters(_ codec: AudioCodec, to remote: TransportAddress) -> MediaParameters {
        let payloadType = codec.staticPayloadType ?? 96
        return MediaParameters(
            codec: codec,
            sendPayloadType: payloadType,
            receivePayloadTypes: [payloadType],
            remote: remote,
            // As reports of such a line would have it.
            opus: OpusSettings(expectedLossPercent: 10)
        )
    }
}

/// A line of two states, in one of which every packet is lost (Gilbert); a burst is of two packets on average.
struct BurstLine {
    enum Fate {
        case carried
        case lostFirst
        case lost
    }

    private var random: Xoshiro
    private var isLosing = false
    private let begins: Double

    init(loss: Double, seed: UInt64) {
        self.random = Xoshiro(seed: seed)
        let share = min(max(loss, 0), 0.6)
        // As many bursts end as begin: half of all lost packets end one.
        self.begins = 0.5 * share / (1 - share)
    }

    mutating func next() -> Fate {
        let draw = Double(self.random.next() >> 11) / Double(1 << 53)
        let wasLosing = self.isLosing
        self.isLosing = wasLosing ? draw >= 0.5 : draw < self.begins
        guard self.isLosing else { return .carried }
        return wasLosing ? .lost : .lostFirst
    }
}
