/// Makes audio shorter or longer without changing its pitch: whole pitch periods are taken out or put in.
///
/// The seam is a cross-fade between two places that are alike. In pauses any length may go, in speech only what the
/// ear does not miss. Works in place and allocates nothing.
struct TimeStretch: Sendable {
    /// What may be done to the audio at hand.
    struct Permission: Sendable, Equatable {
        /// How alike the two sides of a seam have to be, 0 to 1.
        var likeness: Float
        /// Whether the audio is a pause, in which any seam will do.
        var isPause: Bool
    }

    private let shortest: Int
    private let longest: Int
    private let window: Int
    private let thinning: Int

    init(sampleRate: Int) {
        self.shortest = max(sampleRate * 25 / 10_000, 1)
        self.longest = max(sampleRate * 15 / 1_000, 2)
        self.window = max(sampleRate * 8 / 1_000, 1)
        self.thinning = max(sampleRate / 4_000, 1)
    }

    /// Samples that `shorten` has to see to be of any use.
    var lookahead: Int { self.longest + self.window }

    /// The least that a seam can remove from speech.
    var shortestPeriod: Int { self.shortest }

    /// Takes up to `most` samples out of `line[start..<end]`, moves what is behind them up and gives their number.
    func shorten(_ line: inout [Int16], from start: Int, to end: Int, most: Int, _ permission: Permission) -> Int {
        guard start >= 0, end <= line.count, most > 0 else { return 0 }
        var removed = 0
        var seam = 0
        if permission.isPause {
            // The seam lies where it is short enough to leave something to fade into.
            let fade = min(self.window, (end - start) / 2)
            removed = min(most, end - start - fade)
            guard fade > 0, removed > 0 else { return 0 }
            seam = min(fade, removed)
        } else {
            guard most >= self.shortest,
                let match = PitchSearch.best(
                    in: line.span.extracting(0..<end),
                    start: start,
                    length: self.window,
                    shifts: self.shortest...min(self.longest, most),
                    thinning: self.thinning
                ), match.likeness >= permission.likeness
            else { return 0 }
            removed = match.shift
            seam = min(self.window, removed)
        }
        TimeStretch.fade(&line, at: start, into: start + removed, count: seam)
        TimeStretch.move(&line, from: start + removed + seam, to: start + seam, count: end - start - removed - seam)
        return removed
    }

    /// Puts up to `most` samples in behind `start`, repeating what was heard last, and gives their number.
    ///
    /// Needs room for them behind `end` and the past before `start`.
    func lengthen(_ line: inout [Int16], from start: Int, to end: Int, most: Int, _ permission: Permission) -> Int {
        let most = min(most, line.count - end)
        guard start >= 0, end <= line.count, most > 0 else { return 0 }
        let fade = min(self.window, end - start)
        guard fade > 0 else { return 0 }
        var added = 0
        if permission.isPause {
            added = min(most, start, self.longest)
        } else {
            guard most >= self.shortest, fade >= self.shortest,
                let match = PitchSearch.best(
                    in: line.span.extracting(0..<end),
                    start: start,
                    length: fade,
                    shifts: (-min(self.longest, most))...(-self.shortest),
                    thinning: self.thinning
                ), match.likeness >= permission.likeness
            else { return 0 }
            added = -match.shift
        }
        guard added > 0 else { return 0 }
        // The past comes again behind the fade; then everything goes on where it was.
        TimeStretch.move(&line, from: start, to: start + added, count: end - start)
        let overlap = min(fade, added)
        // The first samples of the future, which now stand `added` further on, fade into the past.
        for index in 0..<added {
            let past = Int(line[start - added + index])
            guard index < overlap else {
                line[start + index] = Int16(truncatingIfNeeded: past)
                continue
            }
            let future = Int(line[start + added + index])
            line[start + index] = TimeStretch.mix(future, past, index + 1, overlap + 1)
        }
        return added
    }

    /// Fades `count` samples at `first` into those at `second`.
    private static func fade(_ line: inout [Int16], at first: Int, into second: Int, count: Int) {
        guard count > 0, second + count <= line.count else { return }
        for index in 0..<count {
            line[first + index] = self.mix(Int(line[first + index]), Int(line[second + index]), index + 1, count + 1)
        }
    }

    /// `from` at weight 0, `to` at full weight.
    static func mix(_ from: Int, _ to: Int, _ weight: Int, _ whole: Int) -> Int16 {
        Int16(clamping: (from * (whole - weight) + to * weight) / max(whole, 1))
    }

    /// Moves samples within the line, in whichever order keeps them whole.
    static func move(_ line: inout [Int16], from: Int, to: Int, count: Int) {
        guard count > 0, from != to, from >= 0, to >= 0, max(from, to) + count <= line.count else { return }
        unsafe line.withUnsafeMutableBufferPointer { samples in
            guard let start = samples.baseAddress else { return }
            unsafe (start + to).update(from: start + from, count: count)
        }
    }

    /// Copies samples from one array into another.
    static func copy(_ source: borrowing [Int16], from: Int, into target: inout [Int16], at to: Int, count: Int) {
        precondition(count >= 0 && from >= 0 && to >= 0 && from + count <= source.count && to + count <= target.count)
        unsafe source.withUnsafeBufferPointer { samples in
            unsafe target.withUnsafeMutableBufferPointer { places in
                guard let start = samples.baseAddress, let place = places.baseAddress else { return }
                unsafe (place + to).update(from: start + from, count: count)
            }
        }
    }
}
