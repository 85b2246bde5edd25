/// Weights of delays in steps of 4 ms, up to a second.
struct DelayHistogram: Sendable {
    static let width: Int64 = 4_000
    static let count = 256

    private var weights = [Float](repeating: 0, count: DelayHistogram.count)
    private var total: Float = 0
    private var highest = 0

    static func bucket(of delay: Int64) -> Int {
        Int(min(max(delay, 0) / self.width, Int64(self.count - 1)))
    }

    mutating func add(_ weight: Float, to bucket: Int) {
        guard bucket >= 0, bucket < self.weights.count else { return }
        // What is taken away was rounded when it was added: nothing may go below nothing.
        let changed = max(self.weights[bucket] + weight, 0)
        self.total = max(self.total + changed - self.weights[bucket], 0)
        self.weights[bucket] = changed
        if changed > 0 { self.highest = max(self.highest, bucket) }
    }

    mutating func scale(_ factor: Float) {
        self.total = 0
        for index in 0..<self.weights.count {
            self.weights[index] *= factor
            self.total += self.weights[index]
        }
        while self.highest > 0, self.weights[self.highest] <= 0 { self.highest -= 1 }
    }

    /// The delay that costs least, when it costs itself and `price` times the share of weight that exceeds it, of which
    /// the first `free` costs nothing.
    func cheapest(price: Float, free: Float) -> Int64 {
        guard self.total > 0 else { return 0 }
        let scale = price / self.total
        let allowed = free * self.total
        var above: Float = 0
        var best = Float.infinity
        var cheapest = 0
        for bucket in stride(from: self.highest, through: 0, by: -1) {
            // At equal cost the longer delay, with less that is late.
            let cost = Float((bucket + 1) * Int(DelayHistogram.width)) + scale * max(above - allowed, 0)
            if cost < best {
                best = cost
                cheapest = bucket + 1
            }
            above += self.weights[bucket]
        }
        return Int64(cheapest) * DelayHistogram.width
    }

    /// What a delay costs; see `cheapest`.
    func cost(of delay: Int64, price: Float, free: Float) -> Float {
        guard self.total > 0 else { return Float(delay) }
        let within = DelayHistogram.bucket(of: delay)
        var above: Float = 0
        for bucket in stride(from: self.highest, to: within, by: -1) { above += self.weights[bucket] }
        // The weight of a bucket is taken as evenly spread.
        let rest = max(Int64(within + 1) * DelayHistogram.width - max(delay, 0), 0)
        above += self.weights[within] * Float(min(rest, DelayHistogram.width)) / Float(DelayHistogram.width)
        return Float(delay) + price * max(above / self.total - free, 0)
    }
}
