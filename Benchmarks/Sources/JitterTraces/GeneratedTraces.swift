internal import CoreTypes

extension JitterTrace {
    /// All generated traces of the table, 300 s each; the same every time.
    public static func generated(seed: UInt64 = 1, seconds: Int = 300, rate: Double = 512) -> [JitterTrace] {
        let count = seconds * 50
        return G1050.Severity.allCases.map { G1050.trace($0, count: count, seed: seed, rate: rate) } + [
            .gilbertElliott(count: count, seed: seed),
            .stalls(name: "WiFi stalls 2.5 s", every: 2_500, longest: 440, count: count, seed: seed),
            .stalls(name: "WiFi stalls 8 s", every: 8_000, longest: 240, count: count, seed: seed),
            .steps(count: count, seed: seed),
            .drifting(by: 200, count: count, seed: seed),
            .drifting(by: -200, count: count, seed: seed),
        ]
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

    /// A radio that holds everything back now and then, and lets it go at once: most stalls are short.
    public static func stalls(name: String, every: Double, longest: Double, count: Int, seed: UInt64) -> JitterTrace {
        var random = Xoshiro(seed: seed)
        var begin = every * 1_000 * (0.5 + random.unit())
        var end = 0.0
        func plan() {
            let length = random.unit()
            end = begin + 40_000 + (longest - 40) * 1_000 * length * length
        }
        plan()
        var latest: Int64 = 0
        let arrivals: [Int64?] = (0..<count).map { index in
            let sent = Double(index) * Double(JitterTrace.packetTime)
            while sent >= end {
                begin += every * 1_000 * (0.5 + random.unit())
                plan()
            }
            let jitter = random.unit() * 4_000
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
