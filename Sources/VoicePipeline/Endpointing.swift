public import AudioCore
internal import CoreTypes

/// Cuts incoming audio into utterances: where speech begins, and when a turn is over.
///
/// Its only clock is the audio itself. Lost packets pass as silence. Beginning and end have hysteresis, an utterance
/// brings a little audio from before its beginning, and while our own voice may be coming back, ``EchoGate`` decides
/// what counts.
public struct Endpointing: Sendable {
    /// What was noticed.
    public enum Event: Sendable {
        /// The caller began to speak.
        case speechStarted
        /// The turn is over.
        ///
        /// `speech` is how much of it was speech, `silence` the time since its last sample of speech.
        case speechEnded(Utterance, speech: Duration, silence: Duration)
        /// What had begun was too short to be speech.
        case speechDiscarded
    }

    /// What is known of our own voice on the line.
    public var echo: EchoGate
    /// Whether an utterance is going on.
    public private(set) var isInSpeech = false

    private let settings: EndpointingSettings
    private let bargeIn: BargeInSettings
    private var detector: VoiceActivityDetector
    private var sampleRate = 0
    /// Samples of an unfinished block.
    private var partial: [Int16] = []
    /// Before speech the latest audio, within it the whole utterance.
    private var audio: [Int16] = []
    /// One bit a block, the newest lowest: whether it was speech.
    private var history: UInt64 = 0
    private var voicedBlocks = 0
    private var silentBlocks = 0

    /// Makes a cutter for a line of which nothing is known yet.
    public init(
        settings: EndpointingSettings = EndpointingSettings(),
        bargeIn: BargeInSettings = BargeInSettings()
    ) {
        self.settings = settings
        self.bargeIn = bargeIn
        self.detector = VoiceActivityDetector(settings: settings)
        self.echo = EchoGate(settings: bargeIn)
    }

    /// The present noise floor in dBFS.
    public var noiseFloor: Double { self.detector.noiseFloor }

    /// Hears the next frame.
    ///
    /// - Parameter played: The playback position of the port by now.
    public mutating func process(_ frame: AudioFrame, played: Duration = .zero) -> [Event] {
        guard frame.sampleRate >= 1000 else { return [] }
        var events: [Event] = []
        if frame.sampleRate != self.sampleRate {
            // The codec changed: what was begun ends here, since one utterance has one rate.
            if self.isInSpeech { events.append(self.endUtterance()) }
            self.sampleRate = frame.sampleRate
            self.partial.removeAll()
            self.audio.removeAll()
        }
        if frame.missingBefore > .zero { events += self.passSilence(frame.missingBefore) }
        self.echo.advance(by: frame.duration, played: played)
        self.partial += frame.samples
        let length = self.blockSamples
        var start = 0
        while start + length <= self.partial.count {
            let block = self.partial[start..<(start + length)]
            let level = Level.rms(self.partial.span.extracting(start..<(start + length)))
            self.audio += block
            if let event = self.judge(level) { events.append(event) }
            start += length
        }
        self.partial.removeFirst(start)
        return events
    }

    /// Lets silence pass that nobody sent: packets were lost, or the other side sends none while it is silent.
    public mutating func passSilence(_ duration: Duration) -> [Event] {
        guard self.sampleRate > 0 else { return [] }
        let block = VoiceActivityDetector.blockLength.nanoseconds
        // A turn is over long before this; more would only fill the utterance with nothing.
        let limit = (self.settings.endOfTurnSilence + .seconds(1)).nanoseconds
        var events: [Event] = []
        for _ in 0..<Int(min(max(0, duration.nanoseconds), limit) / block) {
            self.audio += repeatElement(0, count: self.blockSamples)
            if let event = self.judge(nil) { events.append(event) }
        }
        return events
    }

    // MARK: - The decision

    private var blockSamples: Int { self.sampleRate / 100 }

    /// Judges a block, which is already part of the audio; a level of `nil` is a gap.
    private mutating func judge(_ level: Double?) -> Event? {
        var activity = VoiceActivityDetector.Activity.silence
        let gate = self.echo.threshold
        if let level {
            activity = self.detector.process(level: level, gate: gate)
            self.echo.observe(level: level)
        }
        if self.isInSpeech { return self.continueUtterance(voiced: activity != .silence) }
        self.history = self.history << 1 | (activity == .speech ? 1 : 0)
        let wanted = gate == nil ? self.settings.confirmation : self.bargeIn.confirmation
        let window = gate == nil ? self.settings.confirmationWindow : self.bargeIn.confirmationWindow
        let mask = UInt64.max >> UInt64(64 - min(max(1, Endpointing.blocks(window)), 64))
        let voiced = (self.history & mask).nonzeroBitCount
        if voiced >= max(1, Endpointing.blocks(wanted)) {
            self.isInSpeech = true
            self.voicedBlocks = voiced
            self.silentBlocks = 0
            self.keepLatest(self.settings.preRoll + window)
            return .speechStarted
        }
        // Trimmed in big steps, so that the cost of moving is spread.
        let kept = self.settings.preRoll + max(self.settings.confirmationWindow, self.bargeIn.confirmationWindow)
        if self.audio.count > 4 * self.samples(kept) { self.keepLatest(kept) }
        return nil
    }

    private mutating func continueUtterance(voiced: Bool) -> Event? {
        self.history = self.history << 1 | (voiced ? 1 : 0)
        if voiced { self.voicedBlocks += 1 }
        // One loud block in the silence is a click and does not make a pause shorter.
        if voiced, (self.history & 0b11111).nonzeroBitCount >= 3 {
            self.silentBlocks = 0
        } else {
            self.silentBlocks += 1
        }
        let isOver = self.silentBlocks >= max(1, Endpointing.blocks(self.settings.endOfTurnSilence))
        guard isOver || self.audio.count >= self.samples(self.settings.maximumUtterance) else { return nil }
        return self.endUtterance()
    }

    private mutating func endUtterance() -> Event {
        self.isInSpeech = false
        self.history = 0
        let speech = VoiceActivityDetector.blockLength * self.voicedBlocks
        let silence = VoiceActivityDetector.blockLength * self.silentBlocks
        let surplus = self.samples(silence - min(silence, self.settings.postRoll))
        var spoken = self.audio
        spoken.removeLast(min(surplus, spoken.count))
        self.keepLatest(self.settings.preRoll)
        guard speech >= self.settings.minimumSpeech else { return .speechDiscarded }
        let utterance = Utterance(audio: AudioFrame(samples: spoken, sampleRate: self.sampleRate))
        return .speechEnded(utterance, speech: speech, silence: silence)
    }

    private mutating func keepLatest(_ duration: Duration) {
        let surplus = self.audio.count - self.samples(duration)
        if surplus > 0 { self.audio.removeFirst(surplus) }
    }

    private func samples(_ duration: Duration) -> Int {
        Int(duration.nanoseconds / 1_000_000) * self.sampleRate / 1000
    }

    private static func blocks(_ duration: Duration) -> Int {
        Int(duration.nanoseconds / VoiceActivityDetector.blockLength.nanoseconds)
    }
}
