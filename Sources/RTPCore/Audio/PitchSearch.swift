/// Where a stretch of audio is most like another part of itself: the pitch period when it is voiced.
///
/// A coarse search over a thinned signal finds the neighborhood, a fine one the sample. Total: what lies outside the
/// samples is not looked at.
enum PitchSearch {
    /// A shift, and how alike the two places are: 1 is the same up to loudness, 0 has nothing in common.
    struct Match: Sendable, Equatable {
        var shift: Int
        var likeness: Float
    }

    /// Compares `length` samples at `start` with those `shift` further on (or back, when negative).
    ///
    /// - Returns: The best of all `shifts` that lie within the samples, or `nil` when none does.
    static func best(
        in samples: Span<Int16>,
        start: Int,
        length: Int,
        shifts: ClosedRange<Int>,
        thinning: Int
    ) -> Match? {
        guard start >= 0, length > 0, start <= samples.count - length else { return nil }
        let low = max(shifts.lowerBound, -start)
        let high = min(shifts.upperBound, samples.count - length - start)
        guard low <= high else { return nil }
        let step = max(thinning, 1)
        var best = Match(shift: low, likeness: -2)
        var shift = low
        while shift <= high {
            let likeness = self.likeness(samples, start, start + shift, length, step: step)
            if likeness > best.likeness { best = Match(shift: shift, likeness: likeness) }
            shift += step
        }
        let nearby = max(low, best.shift - step + 1)...min(high, best.shift + step - 1)
        best.likeness = -2
        for shift in nearby {
            let likeness = self.likeness(samples, start, start + shift, length, step: 1)
            if likeness > best.likeness { best = Match(shift: shift, likeness: likeness) }
        }
        return best
    }

    /// The normalized correlation of two places, over every `step`th sample.
    private static func likeness(_ samples: Span<Int16>, _ a: Int, _ b: Int, _ length: Int, step: Int) -> Float {
        var product: Int64 = 0
        var energyA: Int64 = 0
        var energyB: Int64 = 0
        var index = 0
        while index < length {
            let x = Int64(samples[a + index])
            let y = Int64(samples[b + index])
            product += x * y
            energyA += x * x
            energyB += y * y
            index += step
        }
        guard energyA > 0, energyB > 0 else { return energyA == energyB ? 1 : 0 }
        return Float(product) / (Float(energyA).squareRoot() * Float(energyB).squareRoot())
    }
}
