internal import CoreTypes

/// The fastest packets of the last seconds, in windows of half a second.
struct FastestTransit: Sendable {
    /// Windows on one side: two seconds.
    static let reach = 4
    private static let length: Int64 = 500_000
    private static let unknown = Int64.max
    private static let kept = 2 * FastestTransit.reach

    private var minima = [Int64](repeating: FastestTransit.unknown, count: FastestTransit.kept)
    private var origin = Instant.zero
    /// The number of the window that is being filled.
    private(set) var window: Int64 = 0
    /// The transit of the fastest packet of the last two seconds in which packets came.
    private(set) var current: Int64 = 0
    /// The fastest transit of the window that was full last.
    private(set) var lastFull: Int64 = 0

    mutating func begin(at now: Instant) {
        self.origin = now
        self.window = 0
        self.current = 0
        self.lastFull = 0
        for index in 0..<self.minima.count { self.minima[index] = FastestTransit.unknown }
        self.minima[0] = 0
    }

    /// Takes a packet; whether it begins a window.
    mutating func take(_ transit: Int64, at now: Instant) -> Bool {
        let elapsed = (now.nanoseconds &- self.origin.nanoseconds) / 1_000
        let window = max(elapsed / FastestTransit.length, self.window)
        let begins = window > self.window
        if begins {
            self.lastFull = self.minimum(self.window)
            let skipped = min(window - self.window, Int64(FastestTransit.kept))
            for step in 0..<skipped { self.minima[self.place(window - step)] = FastestTransit.unknown }
            self.window = window
        }
        let place = self.place(window)
        self.minima[place] = min(self.minima[place], transit)
        self.current = self.least(window - Int64(FastestTransit.reach) + 1, window) ?? transit
        return begins
    }

    /// What a packet of an earlier window is compared with: the slower of the fastest before and behind it.
    func around(_ window: Int64) -> Int64? {
        let reach = Int64(FastestTransit.reach) - 1
        guard window <= self.window, let before = self.least(window - reach, window),
            let behind = self.least(window, window + reach)
        else { return nil }
        return max(before, behind)
    }

    private func least(_ first: Int64, _ last: Int64) -> Int64? {
        let oldest = max(self.window - Int64(FastestTransit.kept) + 1, 0)
        var least = FastestTransit.unknown
        var window = max(first, oldest)
        while window <= min(last, self.window) {
            least = min(least, self.minimum(window))
            window += 1
        }
        return least == FastestTransit.unknown ? nil : least
    }

    private func minimum(_ window: Int64) -> Int64 { self.minima[self.place(window)] }

    private func place(_ window: Int64) -> Int {
        Int(window % Int64(FastestTransit.kept))
    }
}

/// How fast the fastest transit moves over a minute: the difference of the two clocks.
struct DriftMeter: Sendable {
    private var points = [(time: Float, transit: Float)]()
    private var next = 0
    private static let capacity = 32
    private static let spacing: Int64 = 4
    private var lastWindow: Int64 = 0
    private var least = Int64.max

    init() {
        self.points.reserveCapacity(DriftMeter.capacity)
    }

    /// Takes the fastest transit of a window of half a second.
    mutating func take(_ transit: Int64, window: Int64) {
        self.least = min(self.least, transit)
        guard window - self.lastWindow >= DriftMeter.spacing else { return }
        self.lastWindow = window
        guard self.least != .max else { return }
        let point = (time: Float(window) / 2, transit: Float(self.least))
        self.least = .max
        if self.points.count < DriftMeter.capacity {
            self.points.append(point)
        } else {
            self.points[self.next] = point
            self.next = (self.next + 1) % DriftMeter.capacity
        }
    }

    /// The slope of the line through the points; 0 until there are ten seconds of them.
    var partsPerMillion: Double {
        guard self.points.count >= 5 else { return 0 }
        let count = Double(self.points.count)
        let meanTime = self.points.reduce(0) { $0 + Double($1.time) } / count
        let meanTransit = self.points.reduce(0) { $0 + Double($1.transit) } / count
        var covariance = 0.0
        var variance = 0.0
        for point in self.points {
            let time = Double(point.time) - meanTime
            covariance += time * (Double(point.transit) - meanTransit)
            variance += time * time
        }
        return variance > 0 ? covariance / variance : 0
    }
}
