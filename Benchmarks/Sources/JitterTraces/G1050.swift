internal import CoreTypes

/// The network of ITU-T G.1050 (2007): two LANs, two access links and a core, in slices of a millisecond.
///
/// Written from the published parameters. The access links are slow ones (512 kbit/s), where a long packet of others costs some 24 ms.
public enum G1050 {
    /// The severities: the conditions of a network, from well managed to hardly usable.
    public enum Severity: String, CaseIterable, Sendable {
        case a = "A"
        case b = "B"
        case c = "C"
        case d = "D"
        case e = "E"
        case f = "F"
        case g = "G"
        case h = "H"

        var parameters: Parameters {
            switch self {
            case .a: Parameters(1, 0, 512, loss: 0, jitter: 5, flap: (0, 0), failure: (0, 0))
            case .b: Parameters(2, 1, 512, loss: 0.01, jitter: 10, flap: (3_600, 2), failure: (3_600, 64))
            case .c: Parameters(3, 2, 1_508, loss: 0.02, jitter: 16, flap: (1_800, 4), failure: (1_800, 128))
            case .d: Parameters(5, 4, 1_508, loss: 0.04, jitter: 40, flap: (900, 8), failure: (900, 256))
            case .e: Parameters(8, 8, 1_508, loss: 0.1, jitter: 70, flap: (480, 16), failure: (480, 400))
            case .f: Parameters(12, 15, 1_508, loss: 0.2, jitter: 100, flap: (240, 32), failure: (240, 800))
            case .g: Parameters(16, 30, 1_508, loss: 0.5, jitter: 150, flap: (120, 64), failure: (120, 1_600))
            case .h: Parameters(20, 50, 1_508, loss: 1, jitter: 500, flap: (60, 128), failure: (60, 3_000))
            }
        }
    }

    struct Parameters: Sendable {
        var lanOccupancy: Double
        var accessOccupancy: Double
        var unit: Double
        var loss: Double
        var jitter: Double
        var flap: (seconds: Int, milliseconds: Int)
        var failure: (seconds: Int, milliseconds: Int)

        init(
            _ lan: Double,
            _ access: Double,
            _ unit: Double,
            loss: Double,
            jitter: Double,
            flap: (Int, Int),
            failure: (Int, Int)
        ) {
            self.lanOccupancy = lan
            self.accessOccupancy = access
            self.unit = unit
            self.loss = loss
            self.jitter = jitter
            self.flap = flap
            self.failure = failure
        }
    }

    /// A segment that is quiet or busy, and while it is busy delays and loses.
    private struct Segment {
        var isBusy = false
        var delay = 0.0
        let toBusy: Double
        let toQuiet: Double
        let impulseQuiet: Double
        let impulseBusy: Double
        let height: Double
        let lossWhenBusy: Double

        mutating func step(_ random: inout Xoshiro) {
            self.isBusy = self.isBusy ? random.unit() >= self.toQuiet : random.unit() < self.toBusy
            let isHit = random.unit() < (self.isBusy ? self.impulseBusy : self.impulseQuiet)
            self.delay = 0.75 * self.delay + 0.25 * (isHit ? self.height : 0)
        }

        mutating func loses(_ random: inout Xoshiro) -> Bool {
            random.unit() < (self.isBusy ? self.lossWhenBusy : 0)
        }
    }

    /// What the table calls the trace of a severity.
    static func name(of severity: Severity) -> String { "G.1050 \(severity.rawValue)" }

    /// A stream of `count` packets through it.
    public static func trace(_ severity: Severity, count: Int, seed: UInt64, rate: Double = 512) -> JitterTrace {
        let given = severity.parameters
        var random = Xoshiro(seed: seed &* 31 &+ UInt64(severity.rawValue.utf8.first ?? 0))
        let lan = Segment(
            toBusy: 0.0001 * given.lanOccupancy,
            toQuiet: 0.1,
            impulseQuiet: 0,
            impulseBusy: 0.5,
            height: given.unit * 8 / 100_000 * (1 + given.lanOccupancy / 40),
            lossWhenBusy: 0
        )
        let access = Segment(
            toBusy: 0.0002 * given.accessOccupancy,
            toQuiet: 0.2 / (1 + given.accessOccupancy),
            impulseQuiet: 0.001 + given.accessOccupancy / 2_000,
            impulseBusy: 0.3 + 0.4 * given.accessOccupancy / 100,
            height: given.unit * 8 / rate * (1 + given.accessOccupancy / 40),
            lossWhenBusy: 0.0005 * given.accessOccupancy
        )
        var before = [lan, access]
        var behind = [access, lan]
        var latestBefore = 0.0
        var arrivals: [Int64?] = []
        for index in 0..<count {
            for _ in 0..<20 {
                for segment in before.indices { before[segment].step(&random) }
                for segment in behind.indices { behind[segment].step(&random) }
            }
            let now = Double(index) * 20
            var isLost = false
            for segment in before.indices where before[segment].loses(&random) { isLost = true }
            for segment in behind.indices where behind[segment].loses(&random) { isLost = true }
            if random.unit() < given.loss / 100 { isLost = true }
            // The first failure comes after half its interval, so that a short trace has its share of them.
            if given.failure.seconds > 0 {
                let interval = Double(given.failure.seconds) * 1_000
                let since = (now + interval / 2).truncatingRemainder(dividingBy: interval)
                if since < Double(given.failure.milliseconds), now > 0 { isLost = true }
            }
            // The links keep the order; the core does not.
            latestBefore = max(latestBefore, now + before[0].delay + before[1].delay)
            var delay = latestBefore - now + 20 + random.unit() * given.jitter
            if given.flap.seconds > 0 {
                let interval = Double(given.flap.seconds) * 1_000
                if Int((now + interval / 2) / interval) % 2 == 1 { delay += Double(given.flap.milliseconds) }
            }
            delay += behind[0].delay + behind[1].delay
            arrivals.append(isLost ? nil : Int64((now + delay) * 1_000))
        }
        return JitterTrace(name: self.name(of: severity), arrivals: arrivals)
    }
}
