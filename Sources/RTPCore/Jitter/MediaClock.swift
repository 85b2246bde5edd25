import CoreTypes

/// One clock for a stream whose codecs count by different ones: 8 000 ticks a second for G.711 and 48 000 for Opus.
///
/// What is read from a stream is put in order and measured by timestamps, which jump where the codec changes to one of
/// another rate (RFC 7160 section 4). Where that happens a segment begins, a packet time behind what came before it as far
/// as the sequence numbers say, and its timestamps are counted from there at the rate of the codec that was agreed on.
struct MediaClock: Sendable {
    private struct Segment: Sendable {
        var rate: Int
        var epoch: UInt32
        var first: Int64
        /// A timestamp as it came, and what it is by the one clock.
        var raw: Wrapping<UInt32>
        var mapped: Wrapping<UInt32>
    }

    let rate: Int
    private var segment: Segment?
    private var before: Segment?
    private var last: (sequence: Int64, mapped: Wrapping<UInt32>) = (0, Wrapping(0))

    /// Makes a clock of `rate` ticks a second.
    init(rate: Int) {
        self.rate = max(rate, 1)
    }

    /// What the timestamp of a packet of audio is by this clock; `rate` is that of its codec.
    mutating func timestamp(
        _ raw: Wrapping<UInt32>,
        rate: Int,
        at position: StreamPosition
    ) -> Wrapping<UInt32> {
        let rate = max(rate, 1)
        // The usual stream never leaves its clock.
        if self.segment == nil, rate == self.rate {
            self.last = (position.sequence, raw)
            return raw
        }
        if let before, before.epoch == position.epoch, let segment, position.sequence < segment.first {
            return rate == before.rate ? self.map(raw, by: before) : segment.mapped
        }
        if self.segment.map({ $0.rate != rate || $0.epoch != position.epoch }) ?? true {
            self.begin(raw, rate: rate, at: position)
        }
        guard let segment else { return raw }
        let mapped = self.map(raw, by: segment)
        self.last = (position.sequence, mapped)
        if abs(segment.raw.distance(to: raw)) > MediaClock.furthest {
            self.segment?.raw = raw
            self.segment?.mapped = mapped
        }
        return mapped
    }

    /// What the timestamp of a packet that is no audio is: it counts by the clock of the audio around it.
    func timestamp(besideAudio raw: Wrapping<UInt32>) -> Wrapping<UInt32> {
        self.segment.map { self.map(raw, by: $0) } ?? raw
    }

    /// How far a segment is counted from one timestamp: well under what wraps.
    private static let furthest = 1 << 28

    private mutating func begin(_ raw: Wrapping<UInt32>, rate: Int, at position: StreamPosition) {
        let isFirst = self.segment == nil
        let isSameStream = isFirst || self.segment?.epoch == position.epoch
        let steps = isSameStream ? min(max(position.sequence &- self.last.sequence, 1), 50) : 1
        self.before =
            self.segment
            ?? Segment(
                rate: self.rate,
                epoch: position.epoch,
                first: self.last.sequence,
                raw: self.last.mapped,
                mapped: self.last.mapped
            )
        self.segment = Segment(
            rate: rate,
            epoch: position.epoch,
            first: position.sequence,
            raw: raw,
            // Packets of 20 ms, as nearly all are.
            mapped: self.last.mapped.advanced(by: Int(steps) * self.rate / 50)
        )
    }

    private func map(_ raw: Wrapping<UInt32>, by segment: Segment) -> Wrapping<UInt32> {
        let ticks = Int(segment.raw.distance(to: raw))
        guard segment.rate != self.rate else { return segment.mapped.advanced(by: ticks) }
        return segment.mapped.advanced(by: ticks * self.rate / segment.rate)
    }
}
