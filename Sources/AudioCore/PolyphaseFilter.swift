/// Converts one stream between two rates of telephony with a polyphase filter of our own, in 16 bits.
///
/// The output lies where the input lies: its first sample is at the time of the first of the input, and the last 32
/// samples of the lower rate are held back until more comes or the stream ends. However the input is cut into blocks,
/// the output is the same.
struct PolyphaseFilter: Sendable {
    private let table: PolyphaseTable
    /// Samples of the input, the oldest first: those that the next output sample needs, and what came since.
    private var window: [Int16]
    /// How many there are.
    private var filled = 0
    /// Where the window of the next output sample begins.
    private var start = 0
    /// How many parts of `table.up` of an input sample the next output sample lies behind the middle of its window.
    private var phase = 0

    /// Input samples that are taken at once.
    private static let block = 480

    /// Makes a filter at rest; `nil` for a ratio that has no table.
    init?(from inputRate: Int, to outputRate: Int) {
        guard let table = PolyphaseTable.between(inputRate, outputRate) else { return nil }
        self.table = table
        self.window = [Int16](repeating: 0, count: table.taps + Self.block)
        self.reset()
    }

    /// Takes the next samples of the stream and appends what they give; allocates nothing when `output` has room.
    mutating func process(_ samples: Span<Int16>, appendingTo output: inout [Int16]) {
        var rest = samples
        while !rest.isEmpty {
            let count = min(rest.count, self.window.count - self.filled)
            self.take(rest.extracting(first: count))
            rest = rest.extracting(droppingFirst: count)
            self.convert(appendingTo: &output)
        }
    }

    /// Ends the stream: appends what is still inside, and goes back to rest.
    ///
    /// Of `n` samples in all come `n` times the ratio, rounded up.
    mutating func flush(appendingTo output: inout [Int16]) {
        let silence = [Int16](repeating: 0, count: self.table.taps / 2)
        self.process(silence.span, appendingTo: &output)
        self.reset()
    }

    /// Forgets the stream.
    mutating func reset() {
        // As if there had been silence before, so that the first sample of the input is in the middle of a window.
        self.filled = self.table.taps / 2 - 1
        for index in 0..<self.filled { self.window[index] = 0 }
        self.start = 0
        self.phase = 0
    }

    private mutating func take(_ samples: Span<Int16>) {
        let filled = self.filled
        var window = self.window.mutableSpan
        for index in samples.indices { window[filled + index] = samples[index] }
        self.filled = filled + samples.count
    }

    private mutating func convert(appendingTo output: inout [Int16]) {
        let (up, down) = (self.table.up, self.table.down)
        let room = (self.filled - self.table.taps + 1 - self.start) * up - self.phase
        if room > 0 {
            let end = output.count + (room + down - 1) / down
            var index = output.count
            output.append(contentsOf: repeatElement(0, count: end - index))
            while end - index >= 4 * up {
                self.makeFour(into: &output, at: index)
                index += 4 * up
            }
            while index < end {
                output[index] = PolyphaseSum.sample(
                    self.table,
                    phase: self.phase,
                    of: self.window.span,
                    from: self.start
                )
                self.step()
                index += 1
            }
        }
        self.dropUsed()
    }

    /// Makes four output samples of each phase.
    @inline(__always)
    private mutating func makeFour(into output: inout [Int16], at index: Int) {
        let up = self.table.up
        for offset in index..<(index + up) {
            let samples = PolyphaseSum.samples(
                self.table,
                phase: self.phase,
                of: self.window.span,
                from: self.start
            )
            for turn in 0..<4 { output[offset + turn * up] = samples[turn] }
            self.step()
        }
        self.start += 3 * self.table.down
    }

    /// Goes to the next output sample.
    @inline(__always)
    private mutating func step() {
        self.phase += self.table.down
        while self.phase >= self.table.up {
            self.phase -= self.table.up
            self.start += 1
        }
    }

    /// Moves what is still needed to the front.
    private mutating func dropUsed() {
        let (start, rest) = (self.start, self.filled - self.start)
        var window = self.window.mutableSpan
        for index in 0..<rest { window[index] = window[start + index] }
        self.filled = rest
        self.start = 0
    }
}
