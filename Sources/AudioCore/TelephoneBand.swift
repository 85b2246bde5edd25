internal import Glibc

/// Brings telephone speech of 8 kHz to the 16 kHz that recognizers are trained with.
///
/// The line has nothing above 4 kHz. A clean resampler leaves that half of the band silent, as no speech is, and
/// recognizers for 16 kHz then misread everything. Here the upper half is the mirror image of the lower one, 24 dB
/// down: zeros are put between the samples, which makes the image, and a high shelf at 5 kHz softens it. This is
/// what `sox -v 0.5 in upsample 2 vol 2 treble -24 5000` makes, half as loud as its input so that nothing clips.
public struct TelephoneBand: Sendable {
    /// The rate that goes in.
    public static let inputRate = 8_000
    /// The rate that comes out.
    public static let outputRate = 16_000

    private let numerator: (Double, Double, Double)
    private let denominator: (Double, Double)
    private var past: (input1: Double, input2: Double, output1: Double, output2: Double) = (0, 0, 0, 0)

    /// Makes the filter: a high shelf after the audio equalizer cookbook of R. Bristow-Johnson, slope 0.5.
    public init(imageGain: Double = -24, corner: Double = 5_000) {
        let gain = pow(10, imageGain / 40)
        let angle = 2 * Double.pi * corner / Double(Self.outputRate)
        let slope = 0.5
        let alpha = sin(angle) / 2 * ((gain + 1 / gain) * (1 / slope - 1) + 2).squareRoot()
        let edge = 2 * gain.squareRoot() * alpha
        let scale = (gain + 1) - (gain - 1) * cos(angle) + edge
        self.numerator = (
            gain * ((gain + 1) + (gain - 1) * cos(angle) + edge) / scale,
            -2 * gain * ((gain - 1) + (gain + 1) * cos(angle)) / scale,
            gain * ((gain + 1) + (gain - 1) * cos(angle) - edge) / scale
        )
        self.denominator = (
            2 * ((gain - 1) - (gain + 1) * cos(angle)) / scale,
            ((gain + 1) - (gain - 1) * cos(angle) - edge) / scale
        )
    }

    /// The next samples of 16 kHz: two for each of 8 kHz.
    public mutating func process(_ samples: Span<Int16>) -> [Int16] {
        var result: [Int16] = []
        result.reserveCapacity(2 * samples.count)
        for index in samples.indices {
            result.append(self.filter(Double(samples[index])))
            result.append(self.filter(0))
        }
        return result
    }

    /// The whole of a recording at 16 kHz; one that is not of 8 kHz is resampled in the ordinary way.
    ///
    /// - Parameter corner: where the shelf lies, in hertz.
    public static func widen(_ frame: AudioFrame, corner: Double = 5_000) -> AudioFrame {
        guard frame.sampleRate == Self.inputRate else { return Resampler.convert(frame, to: Self.outputRate) }
        var band = TelephoneBand(corner: corner)
        return AudioFrame(
            samples: band.process(frame.samples.span),
            sampleRate: Self.outputRate,
            missingBefore: frame.missingBefore
        )
    }

    private mutating func filter(_ input: Double) -> Int16 {
        let output =
            self.numerator.0 * input + self.numerator.1 * self.past.input1 + self.numerator.2 * self.past.input2
            - self.denominator.0 * self.past.output1 - self.denominator.1 * self.past.output2
        self.past = (input, self.past.input1, output, self.past.output1)
        return Level.clamped(output)
    }
}
