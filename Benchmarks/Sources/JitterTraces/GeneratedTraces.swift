internal import CoreTypes

extension JitterTrace {
    /// All generated traces of the table, 300 s each; the same every time. With `name` that one only: making one of G.1050
    /// takes a while.
    public static func generated(seed: UInt64 = 1, seconds: Int = 300, named name: String? = nil) -> [JitterTrace] {
        let count = seconds * 50
        var traces: [JitterTrace] = []
        for severity in G1050.Severity.allCases where name == nil || name == G1050.name(of: severity) {
            traces.append(G1050.trace(severity, count: count, seed: seed))
        }
        let others = [
            self.gilbertElliott(count: count, seed: seed),
            self.stalls(name: "WiFi stalls 2.5 s", every: 2_500, mean: 124, longest: 440, count: count, seed: seed),
            self.stalls(name: "WiFi stalls 8 s", every: 8_000, mean: 33, longest: 240, count: count, seed: seed),
            self.steps(count: count, seed: seed),
            self.drifting(by: 200, count: count, seed: seed),
            self.drifting(by: -200, count: count, seed: seed),
        ]
        return traces + others.filter { name == nil || name == $0.name }
    }

    /// Bursts of loss by the model of Gilbert and Elliott, 9 % in all, two packets a burst, and normal jitter.
    public static func gilbertElliott(count: Int, seed: UInt64) -> JitterTrace {
        var random = Xoshiro(seed: seed)
        var isBad = false
        let arrivals: [Int64?] = (0..<count).map { index in
            isBad = isBad ? random.unit() >= 0.5 : random.unit() < 0.0495
            let jitter = abs(random.normal()) * 25_000
            return isBad ? nil : Int64(index) * JitterTrace.packetTime + 30_000 + Int64(jitter)
        }
        return JitterTrace(name: "Gilbert-Elliott 9 %", arrivals: arrivals)
    }

    /// A radio that holds everything back now and then, and lets it go at once.
    ///
    /// A stall takes 40 ms and an exponential rest of the `mean` given, both in milliseconds. The reference table says the
    /// bounds alone; the mean, and normal jitter of 3.3 ms, are those with which its columns of fixed delays and of
    /// release in order are met, which know nothing of NetEQ nor of us (`ReferenceTable.fixed`).
    public static func stalls(
        name: String,
        every: Double,
        mean: Double,
        longest: Double,
        count: Int,
        seed: UInt64
    ) -> JitterTrace {
        var random = Xoshiro(seed: seed)
        var begin = every * 1_000 * (0.5 + random.unit())
        var end = 0.0
        func plan() {
            let length = -logarithm(max(random.unit(), 1e-300)) * mean
            end = begin + (40 + min(length, longest - 40)) * 1_000
        }
        plan()
        var latest: Int64 = 0
        let arrivals: [Int64?] = (0..<count).map { index in
            let sent = Double(index) * Double(JitterTrace.packetTime)
            while sent >= end {
                begin += every * 1_000 * (0.5 + random.unit())
                plan()
            }
            let jitter = abs(random.normal()) * 3_300
            let isLost = random.unit() < 0.0033
            var arrival = Int64(sent + jitter) + 10_000
            if sent >= begin { arrival = max(arrival, Int64(end) + 10_000) }
            // A radio keeps the order.
            latest = max(latest, arrival)
            return isLost ? nil : latest
        }
        return JitterTrace(name: name, arrivals: arrivals)
    }

    /// A route that is 120 ms longer for the middle third.
    public static func steps(count: Int, seed: UInt64) -> JitterTrace {
        var random = Xoshiro(seed: seed)
        let arrivals: [Int64?] = (0..<count).map { index in
            let isLonger = index >= count / 3 && index < 2 * count / 3
            let transit = 30_000 + Int64(random.unit() * 15_000) + (isLonger ? 120_000 : 0)
            return Int64(index) * JitterTrace.packetTime + transit
        }
        return JitterTrace(name: "step 120 ms and back", arrivals: arrivals)
    }

    /// A sender whose clock is slower (or faster, when negative) by parts per million.
    public static func drifting(by drift: Double, count: Int, seed: UInt64) -> JitterTrace {
        var random = Xoshiro(seed: seed)
        var trace = JitterTrace(name: "drift \(drift > 0 ? "+" : "")\(Int(drift)) ppm", arrivals: [], drift: drift)
        trace.arrivals = (0..<count).map { index in
            trace.said(Int64(index) * JitterTrace.packetTime) + 30_000 + Int64(random.unit() * 20_000)
        }
        return trace
    }
}
