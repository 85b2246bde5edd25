/// Converts one stream between two rates of telephony with a polyphase filter of our own, in 16 bits.
///
/// The output lies where the input lies: its first sample is at the time of the first of the input, and the last 32
/// samples of the lower rate are held back until more comes or the stream ends. However the input is cut into blocks,
/// the output is the same.
struct PolyphaseFilter: Sendable {
    private let table: PolyphaseTable
    /// Samples of the input that the next output sample needs, the oldest first; and room for as many again, so that what
    /// needs both old and new samples finds them side by side. All else is read from the input, where it lies.
    private var past: [Int16]
    /// How many there are.
    private var filled = 0
    private var cursor = Cursor()

    /// Where the next output sample is.
    private struct Cursor {
        /// Where its window begins.
        var start = 0
        /// How many parts of `table.up` of an input sample it lies behind the middle of its window.
        var phase = 0

        @inline(__always)
        mutating func step(_ table: borrowing PolyphaseTable) {
            self.phase += table.down
            while self.phase >= table.up {
                self.phase -= table.up
                self.start += 1
            }
        }
    }

    /// Makes a filter at rest; `nil` for a ratio that has no table.
    init?(from inputRate: Int, to outputRate: Int) {
        guard let table = PolyphaseTable.between(inputRate, outputRate) else { return nil }
        self.table = table
        self.past = [Int16](repeating: 0, count: 2 * table.taps)
        self.reset()
    }

    /// Takes the next samples of the stream and appends what they give; allocates nothing when `output` has room.
    mutating func process(_ samples: Span<Int16>, appendingTo output: inout [Int16]) {
        // Windows that begin in the past end within the first of the new samples.
        let old = self.filled
        let bridged = min(samples.count, self.past.count - old)
        self.remember(samples.extracting(first: bridged))
        let isWhole = bridged == samples.count
        var cursor = self.cursor
        Self.convert(
            self.past.span.extracting(first: self.filled),
            isWhole ? self.filled : old,
            self.table,
            &cursor,
            appendingTo: &output
        )
        if !isWhole {
            // From here on the first of the new samples is number 0.
            cursor.start -= old
            Self.convert(samples, samples.count, self.table, &cursor, appendingTo: &output)
            let kept = min(samples.count, self.table.taps)
            cursor.start -= samples.count - kept
            self.filled = 0
            self.remember(samples.extracting(last: kept))
        }
        self.cursor = cursor
        self.dropUsed()
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
        for index in 0..<self.filled { self.past[index] = 0 }
        self.cursor = Cursor()
    }

    private mutating func remember(_ samples: Span<Int16>) {
        let filled = self.filled
        var past = self.past.mutableSpan
        for index in samples.indices { past[filled + index] = samples[index] }
        self.filled = filled + samples.count
    }

    /// Makes all output samples whose windows are all there and begin before `limit`.
    private static func convert(
        _ window: Span<Int16>,
        _ limit: Int,
        _ table: borrowing PolyphaseTable,
        _ cursor: inout Cursor,
        appendingTo output: inout [Int16]
    ) {
        let (up, down) = (table.up, table.down)
        let room = (min(window.count - table.taps + 1, limit) - cursor.start) * up - cursor.phase
        guard room > 0 else { return }
        let end = output.count + (room + down - 1) / down
        var index = output.count
        output.append(contentsOf: repeatElement(0, count: end - index))
        var target = output.mutableSpan
        while end - index >= 4 * up {
            self.makeFour(window, table, &cursor, into: &target, at: index)
            index += 4 * up
        }
        while index < end {
            target[index] = PolyphaseSum.sample(table, phase: cursor.phase, of: window, from: cursor.start)
            cursor.step(table)
            index += 1
        }
    }

    /// Makes four output samples of each phase.
    @inline(__always)
    private static func makeFour(
        _ window: Span<Int16>,
        _ table: borrowing PolyphaseTable,
        _ cursor: inout Cursor,
        into output: inout MutableSpan<Int16>,
        at index: Int
    ) {
        let up = table.up
        precondition(index >= 0 && index + 4 * up <= output.count)
        for offset in index..<(index &+ up) {
            let samples = PolyphaseSum.samples(table, phase: cursor.phase, of: window, from: cursor.start)
            // All four were checked above.
            unsafe output[unchecked: offset] = samples[0]
            unsafe output[unchecked: offset &+ up] = samples[1]
            unsafe output[unchecked: offset &+ 2 &* up] = samples[2]
            unsafe output[unchecked: offset &+ 3 &* up] = samples[3]
            cursor.step(table)
        }
        cursor.start += 3 * table.down
    }

    /// Moves what is still needed to the front.
    private mutating func dropUsed() {
        let (start, rest) = (self.cursor.start, self.filled - self.cursor.start)
        guard start > 0 else { return }
        var past = self.past.mutableSpan
        for index in 0..<rest { past[index] = past[start + index] }
        self.filled = rest
        self.cursor.start = 0
    }
}
