import BenchmarkKit
import Foundation

/// What a resampler does to frequencies, measured by tones of -6 dBFS in 16 bits.
struct Response: Codable {
    var pair: RatePair
    var name: String
    var isOurs: Bool
    /// The largest difference from 0 dB up to 3.4 kHz of 8 kHz (7 kHz of 16 kHz).
    var ripple: Double
    /// The highest frequency that passes with at most 1 dB less, in hertz.
    var edge: Double
    /// The loudest of what comes out that did not go in, in dB below the tone: aliases of tones beyond half of the lower
    /// rate, images and distortion of those below.
    var worst: Double
    /// The same, but only of what lands in the pass band, or comes from it.
    var worstInBand: Double
    /// In milliseconds.
    var delay: Double

    static func measure(_ pair: RatePair) throws -> [Response] {
        try ResamplingWorkloads.candidates.map { candidate in
            try self.measure(pair, candidate)
        }
    }

    private static func measure(_ pair: RatePair, _ candidate: ResamplingWorkloads.Candidate) throws -> Response {
        let (half, limit) = (Double(pair.lower) / 2, Double(pair.from) / 2)
        let band = pair.lower == 8_000 ? 3_400.0 : 7_000
        var response = Response(
            pair: pair,
            name: candidate.name,
            isOurs: candidate.isOurs,
            ripple: 0,
            edge: 0,
            worst: -200,
            worstInBand: -200,
            delay: candidate.make(pair, []).delay
        )
        for step in 1..<100 {
            let frequency = half * Double(step) / 100
            let (gain, residue) = self.tone(frequency, candidate.make(pair, []), pair)
            if frequency <= band { response.ripple = max(response.ripple, abs(gain)) }
            if gain >= -1, response.edge == half * Double(step - 1) / 100 { response.edge = frequency }
            // Above, a tone and its image lie in the transition of every filter.
            if frequency <= band {
                response.worst = max(response.worst, residue)
                response.worstInBand = max(response.worstInBand, residue)
            } else if pair.from < pair.to {
                response.worst = max(response.worst, residue)
            }
        }
        guard response.edge > 0 else { throw WrongResult("\(candidate.name) passes nothing") }
        guard limit > half else { return response }
        for step in 0..<100 {
            let frequency = half + (limit - half) * (Double(step) + 0.1) / 100
            let (_, residue) = self.tone(frequency, candidate.make(pair, []), pair, isGone: true)
            response.worst = max(response.worst, residue)
            // Where it lands after it was folded at multiples of half of the rate.
            let folded = frequency.truncatingRemainder(dividingBy: 2 * half)
            if min(folded, 2 * half - folded) <= band { response.worstInBand = max(response.worstInBand, residue) }
        }
        return response
    }

    /// The gain of a tone and what comes out beside it, in dB; with `isGone` all that comes out is beside it.
    private static func tone(
        _ frequency: Double,
        _ converter: any Converter,
        _ pair: RatePair,
        isGone: Bool = false
    ) -> (gain: Double, residue: Double) {
        let amplitude = 32_768 / 2.0
        let input = (0..<(pair.from / 5)).map { index in
            Int16((amplitude * sin(2 * .pi * frequency * Double(index) / Double(pair.from))).rounded())
        }
        let output = converter.convert(input)
        let samples = Array(output[(pair.to / 20)..<min(pair.to * 3 / 20, output.count)])
        let power = samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)
        let reference = amplitude * amplitude / 2
        guard !isGone else { return (-200, 10 * log10(max(power, 1e-9) / reference)) }
        // The tone that fits best, by least squares: the frequency is known, but not the delay.
        var (ss, cc, sc, xs, xc) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let angle = 2 * Double.pi * frequency * Double(index) / Double(pair.to)
            let (sine, cosine) = (sin(angle), cos(angle))
            ss += sine * sine
            cc += cosine * cosine
            sc += sine * cosine
            xs += sample * sine
            xc += sample * cosine
        }
        let determinant = ss * cc - sc * sc
        let (a, b) = ((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant)
        var rest = 0.0
        for (index, sample) in samples.enumerated() {
            let angle = 2 * Double.pi * frequency * Double(index) / Double(pair.to)
            let difference = sample - a * sin(angle) - b * cos(angle)
            rest += difference * difference / Double(samples.count)
        }
        return (
            20 * log10(max((a * a + b * b).squareRoot(), 1e-9) / amplitude), 10 * log10(max(rest, 1e-9) / reference)
        )
    }
}
