internal import CoreTypes
internal import Glibc

/// A generator of sines: one, or the two of a DTMF digit, or the pattern of a ringing tone.
///
/// The phase goes on from call to call, so that pieces fit together without a click.
public struct Tone: Sendable {
    /// One sine of a tone.
    public struct Component: Sendable, Hashable {
        /// Its frequency in hertz.
        public var frequency: Double
        /// Its level in dBFS by ``Level``'s measure; a sine of full scale is -3.01.
        public var level: Double

        /// Makes a component.
        public init(frequency: Double, level: Double) {
            self.frequency = frequency
            self.level = level
        }
    }

    /// How long a tone sounds and how long it then pauses, over and over.
    public struct Cadence: Sendable, Hashable {
        /// How long it sounds.
        public var on: Duration
        /// How long it pauses.
        public var off: Duration

        /// Makes a cadence.
        public init(on: Duration, off: Duration) {
            self.on = on
            self.off = off
        }
    }

    /// The sines that are added up.
    public let components: [Component]
    /// Samples a second.
    public let sampleRate: Int
    /// The pattern; nil for a tone that never pauses.
    public let cadence: Cadence?

    private var position = 0

    /// Makes a tone of any sines.
    public init(_ components: [Component], sampleRate: Int, cadence: Cadence? = nil) {
        self.components = components
        self.sampleRate = max(1, sampleRate)
        self.cadence = cadence
    }

    /// A sine, by default 1 kHz at -12 dBFS.
    public static func sine(_ frequency: Double = 1_000, level: Double = -12, sampleRate: Int) -> Tone {
        Tone([Component(frequency: frequency, level: level)], sampleRate: sampleRate)
    }

    /// The two sines of a DTMF digit, by ITU-T Q.23; nil for what is not one of 0-9 * # A-D.
    public static func dtmf(_ digit: Character, level: Double = -12, sampleRate: Int) -> Tone? {
        // An upper case can have two letters, as that of ß has: compare as strings.
        let upper = digit.uppercased()
        guard let index = "123A456B789C*0#D".map(String.init).firstIndex(of: upper) else { return nil }
        let rows: [Double] = [697, 770, 852, 941]
        let columns: [Double] = [1_209, 1_336, 1_477, 1_633]
        return Tone(
            [
                Component(frequency: rows[index / 4], level: level - 2),
                Component(frequency: columns[index % 4], level: level),
            ],
            sampleRate: sampleRate
        )
    }

    /// What a caller hears while a phone rings in most of Europe: 425 Hz, one second of five.
    public static func ringback(sampleRate: Int) -> Tone {
        Tone(
            [Component(frequency: 425, level: -18)],
            sampleRate: sampleRate,
            cadence: Cadence(on: .seconds(1), off: .seconds(4))
        )
    }

    /// The next stretch of the tone.
    public mutating func next(_ duration: Duration) -> AudioFrame {
        var samples: [Int16] = []
        self.next(Int((duration.inSeconds * Double(self.sampleRate)).rounded()), appendingTo: &samples)
        return AudioFrame(samples: samples, sampleRate: self.sampleRate)
    }

    /// Appends the next `count` samples of the tone.
    public mutating func next(_ count: Int, appendingTo samples: inout [Int16]) {
        guard count > 0 else { return }
        let rate = Double(self.sampleRate)
        let sines = self.components.map { component in
            (
                step: 2 * Double.pi * component.frequency / rate,
                amplitude: 2.0.squareRoot() * 32_768 * Level.amplitude(component.level)
            )
        }
        let on = self.cadence.map { Int($0.on.inSeconds * rate) } ?? 1
        let period = self.cadence.map { max(1, Int(($0.on + $0.off).inSeconds * rate)) } ?? 1
        samples.reserveCapacity(samples.count + count)
        for _ in 0..<count {
            var sum = 0.0
            if self.position % period < on {
                for sine in sines { sum += sine.amplitude * sin(sine.step * Double(self.position)) }
            }
            samples.append(Level.clamped(sum))
            self.position &+= 1
        }
    }
}
