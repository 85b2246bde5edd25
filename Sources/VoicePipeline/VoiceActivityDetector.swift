/// Tells speech from background by level, with a noise floor that follows the line.
///
/// The floor is the softest level of the last two seconds: it falls at once and rises slowly, so that a word does not
/// lift it but a fan does. Levels are given in blocks of ``blockLength``; nothing here reads a clock.
public struct VoiceActivityDetector: Sendable {
    /// What a block of audio is.
    public enum Activity: Sendable, Equatable {
        /// Background, or echo.
        case silence
        /// Loud enough to go on as speech, not to begin as such.
        case continuation
        /// Loud enough for speech to begin.
        case speech
    }

    /// How much audio one level stands for.
    public static let blockLength: Duration = .milliseconds(10)

    /// The present noise floor in dBFS.
    public private(set) var noiseFloor = -60.0

    private let settings: EndpointingSettings
    private var minima = [Double](repeating: VoiceActivityDetector.highest, count: 16)
    private var slot = 0
    private var blocksInSlot = 0
    private var smoothed = VoiceActivityDetector.lowest

    /// Makes a detector for a line of which nothing is known yet.
    public init(settings: EndpointingSettings = EndpointingSettings()) {
        self.settings = settings
    }

    /// The level from which a block counts as a beginning of speech, in dBFS.
    public var speechThreshold: Double {
        max(self.settings.quietestSpeech, self.noiseFloor + self.settings.speechAboveFloor)
    }

    /// The level from which a block continues speech, in dBFS.
    public var continuationThreshold: Double {
        max(self.settings.quietestSpeech - 6, self.noiseFloor + self.settings.continuationAboveFloor)
    }

    /// Judges the next block.
    ///
    /// - Parameters:
    ///   - level: The level of the block in dBFS.
    ///   - gate: What the block has to exceed besides, because our own voice may come back that loud.
    public mutating func process(level: Double, gate: Double? = nil) -> Activity {
        self.followFloor(level)
        if let gate, level <= gate { return .silence }
        if level >= self.speechThreshold { return .speech }
        return level >= self.continuationThreshold ? .continuation : .silence
    }

    private mutating func followFloor(_ level: Double) {
        let bounded = min(max(level, VoiceActivityDetector.lowest), VoiceActivityDetector.highest)
        // A single soft block inside a word (the closure of a "t") must not count as background.
        self.smoothed += (bounded - self.smoothed) * 0.3
        self.minima[self.slot] = min(self.minima[self.slot], self.smoothed)
        self.blocksInSlot += 1
        if self.blocksInSlot == VoiceActivityDetector.blocksPerSlot {
            self.blocksInSlot = 0
            self.slot = (self.slot + 1) % self.minima.count
            self.minima[self.slot] = VoiceActivityDetector.highest
        }
        let softest = min(self.minima.min() ?? bounded, VoiceActivityDetector.highest)
        if softest < self.noiseFloor {
            self.noiseFloor = softest
        } else {
            self.noiseFloor = min(softest, self.noiseFloor + VoiceActivityDetector.rise)
        }
    }

    private static let lowest = -75.0
    private static let highest = -30.0
    /// 16 slots of 125 ms are two seconds.
    private static let blocksPerSlot = 12
    /// 10 dB a second, in blocks of 10 ms.
    private static let rise = 0.1
}
