internal import CoreTypes

/// NetEQ's default delay manager and decision logic as a model: written from its published constants, for comparison.
///
/// The playout is that of the reference table: a pitch period of 8 ms, six of ten stretches succeed, 60 ms between two.
public struct NetEQModel {
    static let tick: Int64 = 10_000
    private static let period: Int64 = 8_000
    private static let spacing = 6

    private struct Estimator {
        var history: [(arrival: Int64, transit: Int64)] = []
        var buckets = [Double](repeating: 0, count: 100)
        var reorder = [Double](repeating: 0, count: 100)
        var adds = 0
        var reorderAdds = 0
        var intervalBegin: Int64?
        var intervalMaximum: Int64 = 0
        var highest = -1
        var packets = 0
        var underrun: Int64 = 80_000
        var target: Int64 = 80_000

        /// The transit of the fastest packet in the window.
        var fastest: Int64 = 0
        /// The transit of the slowest packet in the window.
        var slowest: Int64 = 0
        /// The largest delay in the window.
        var largest: Int64 { self.slowest - self.fastest }

        mutating func take(_ index: Int, arrival exact: Int64) {
            // The arrival clock ticks every 10 ms.
            let arrival = exact / NetEQModel.tick * NetEQModel.tick
            let transit = arrival - Int64(index) * JitterTrace.packetTime
            self.remember(arrival, transit)
            self.packets += 1
            let isReordered = index < self.highest
            self.highest = max(self.highest, index)
            guard self.packets >= 2 else { return }
            let delay = transit - self.fastest
            if !isReordered { self.takeInterval(delay, arrival) }
            self.reorderAdds += 1
            Estimator.add(isReordered ? delay : 0, to: &self.reorder, factor: 0.9993, adds: self.reorderAdds)
            self.aim()
        }

        private mutating func remember(_ arrival: Int64, _ transit: Int64) {
            self.history.append((arrival, transit))
            let forgotten = self.history.prefix { $0.arrival < arrival - 2_000_000 }
            // The window is looked through only when an end of it may have gone.
            let isKept = forgotten.allSatisfy { $0.transit > self.fastest && $0.transit < self.slowest }
            self.history.removeFirst(forgotten.count)
            if self.history.count > 1, isKept {
                self.fastest = min(self.fastest, transit)
                self.slowest = max(self.slowest, transit)
                return
            }
            self.fastest = transit
            self.slowest = transit
            for packet in self.history {
                self.fastest = min(self.fastest, packet.transit)
                self.slowest = max(self.slowest, packet.transit)
            }
        }

        private mutating func takeInterval(_ delay: Int64, _ arrival: Int64) {
            guard let begin = self.intervalBegin else {
                self.intervalBegin = arrival
                self.intervalMaximum = delay
                return
            }
            self.intervalMaximum = max(self.intervalMaximum, delay)
            guard arrival - begin >= 500_000 else { return }
            self.adds += 1
            Estimator.add(self.intervalMaximum, to: &self.buckets, factor: 0.983, adds: self.adds)
            self.intervalBegin = arrival
            self.intervalMaximum = 0
            var sum = 0.0
            for (index, share) in self.buckets.enumerated() {
                sum += share
                if sum >= 0.95 {
                    self.underrun = Int64(1 + index) * 20_000
                    break
                }
            }
        }

        private static func add(_ delay: Int64, to buckets: inout [Double], factor: Double, adds: Int) {
            let forget = min(factor, max(0, 1 - 2 / Double(adds + 1)))
            for index in buckets.indices { buckets[index] *= forget }
            buckets[min(Int(max(delay, 0) / 20_000), buckets.count - 1)] += 1 - forget
        }

        private mutating func aim() {
            var best = (cost: Double.infinity, delay: Int64(0))
            var loss = 1.0
            for (index, share) in self.reorder.enumerated() {
                loss -= share
                let delay = Int64(index) * 20_000
                // From here on it gets dearer.
                if delay > self.underrun, Double(delay - self.underrun) / 1_000 >= best.cost { break }
                let cost = Double(max(0, delay - self.underrun)) / 1_000 + 100 * 20 * max(loss, 0)
                if cost < best.cost { best = (cost, delay) }
            }
            // Three quarters of a buffer of 200 packets.
            self.target = min(max(self.underrun, best.delay), 3_000_000)
        }
    }

    /// Plays a trace.
    ///
    /// - Parameter fixed: A target in microseconds that stays, in place of the estimator's: the reference table has such
    ///   columns, which say what its traces are like and nothing of NetEQ.
    public static func play(_ trace: JitterTrace, seed: UInt64 = 5, fixed: Int64? = nil) -> JitterScore {
        var score = JitterScore(trace)
        var random = Xoshiro(seed: seed)
        var estimator = Estimator()
        let arrivals = trace.inOrderOfArrival
        guard let first = arrivals.first else { return score }
        var next = 0
        var stored = Set<Int>()
        var expected = 0
        var future: Int64 = 0
        var endPosition: Int64 = 0
        var noise: Int64 = 0
        var sinceStretch = spacing
        var hasStarted = false
        var now = (first.arrival / self.tick + 1) * self.tick
        let last = trace.said(Int64(trace.arrivals.count) * JitterTrace.packetTime) + trace.fastest
        while now < last {
            while next < arrivals.count, arrivals[next].arrival <= now {
                let packet = arrivals[next]
                next += 1
                estimator.take(packet.index, arrival: packet.arrival)
                if packet.index >= expected || !hasStarted { stored.insert(packet.index) }
            }
            if !hasStarted, let lowest = stored.min() {
                hasStarted = true
                expected = lowest
                endPosition = Int64(lowest) * JitterTrace.packetTime
            }
            var concealed: Int64 = 0
            var stretched: Int64 = 0
            func decode(_ index: Int) {
                stored.remove(index)
                expected = index + 1
                endPosition = Int64(index + 1) * JitterTrace.packetTime
                future += JitterTrace.packetTime
                noise = 0
            }
            let start = { endPosition + noise - future }
            var position = start()
            if future < self.tick {
                if stored.contains(expected) {
                    decode(expected)
                } else if let later = stored.min() {
                    let leap = Int64(later - expected) * JitterTrace.packetTime
                    let buffered = now - Int64(later) * JitterTrace.packetTime - estimator.fastest
                    if noise >= leap || buffered > (fixed ?? estimator.target) + 50_000 {
                        decode(later)
                        position = start()
                    }
                }
            }
            if future >= self.tick {
                // Two packets at least are looked at before anything is stretched.
                let delay = now - (endPosition - future) - estimator.fastest
                let ahead = future + (stored.contains(expected) ? JitterTrace.packetTime : 0)
                let low = fixed ?? estimator.target
                let high = fixed.map { $0 + 20_000 } ?? estimator.target + estimator.largest + 20_000
                if sinceStretch >= self.spacing, noise == 0, ahead >= 30_000, delay >= high || delay < low {
                    sinceStretch = 0
                    let succeeds = random.unit() < 0.6
                    if delay < low {
                        if succeeds { stretched = self.period }
                    } else if succeeds || delay >= 4 * high {
                        if future < 30_000, stored.contains(expected) { decode(expected) }
                        stretched = delay >= 4 * high ? -2 * self.period : -self.period
                    }
                    future += stretched
                }
            } else {
                concealed = self.tick - max(future, 0)
                noise += concealed
                future = self.tick
                sinceStretch = self.spacing - 2
                // What was made up is played and gone.
                score.take(now: now, length: self.tick, position: position, concealed: concealed, stretched: 0)
                future = 0
                now += self.tick
                continue
            }
            score.take(now: now, length: self.tick, position: position, concealed: 0, stretched: stretched)
            future -= self.tick
            sinceStretch += 1
            now += self.tick
        }
        return score
    }
}
