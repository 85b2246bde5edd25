/// What a simulation of others measured on traces of the same description: the model has to come near it before anything
/// is compared with it.
///
/// The traces are our own, and a row of the reference is one throw of the dice where ours is the mean of several seeds; so
/// a row is met within a tenth of its delay and a tenth of a point of its lateness. Stalls are few (120 or 37 in 300 s)
/// and exponential, and what the rare long ones cost differs from throw to throw by a third: they have wider bounds.
public enum ReferenceTable {
    /// A row, or the row of a fixed delay.
    public struct Row: Sendable {
        /// The trace.
        public var trace: String
        /// The delay that was fixed, in milliseconds; `nil` for NetEQ's defaults.
        public var fixed: Int?
        /// The percentage of time made up, less what never came.
        public var late: Double
        /// The mean delay in milliseconds beyond the fastest packet.
        public var mean: Double
        /// The delay that 95 % of the time was not exceeded, where the table has it.
        public var delay95: Double?
        /// By what part the mean may differ.
        public var tolerance = 0.1
        /// By what part the delay of 95 % may differ.
        public var tolerance95 = 0.15
        /// By how many points the lateness may differ.
        public var latePoints = 0.1
    }

    /// NetEQ with its defaults.
    public static let netEQ = [
        Row(trace: "recorded PCMU", late: 0, mean: 160, delay95: 164),
        Row(trace: "G.1050 C", late: 0, mean: 46),
        Row(trace: "G.1050 D", late: 0, mean: 74),
        Row(trace: "G.1050 E", late: 0, mean: 111, delay95: 123),
        Row(trace: "G.1050 F", late: 0.01, mean: 146, delay95: 173),
        Row(trace: "G.1050 G", late: 0.04, mean: 248, delay95: 263),
        Row(trace: "Gilbert-Elliott 9 %", late: 0, mean: 103, delay95: 103),
        Row(
            trace: "WiFi stalls 2.5 s",
            late: 0.85,
            mean: 270,
            delay95: 417,
            tolerance: 0.15,
            latePoints: 0.3
        ),
        Row(
            trace: "WiFi stalls 8 s",
            late: 0.28,
            mean: 73,
            delay95: 121,
            tolerance: 0.15,
            tolerance95: 0.3,
            latePoints: 0.15
        ),
        Row(trace: "step 120 ms and back", late: 0.03, mean: 92, delay95: 168),
    ]

    /// Fixed delays, on the traces whose description leaves the most open.
    public static let fixed = [
        Row(trace: "WiFi stalls 2.5 s", fixed: 60, late: 3.4, mean: 100, delay95: 239, latePoints: 0.3),
        Row(trace: "WiFi stalls 2.5 s", fixed: 100, late: 2.5, mean: 136, delay95: 277, latePoints: 0.3),
        Row(trace: "WiFi stalls 8 s", fixed: 60, late: 0.24, mean: 73, delay95: 79),
        Row(trace: "WiFi stalls 8 s", fixed: 100, late: 0.07, mean: 109, delay95: 115),
        Row(trace: "step 120 ms and back", fixed: 60, late: 0.1, mean: 110, delay95: 184),
        Row(trace: "step 120 ms and back", fixed: 100, late: 0.08, mean: 148),
    ]

    /// What the model makes of a row: the means over traces of several seeds.
    public struct Outcome: Sendable {
        /// The row.
        public var row: Row
        /// The model's lateness in percent.
        public var late = 0.0
        /// The model's mean delay.
        public var mean = 0.0
        /// The model's delay of 95 %.
        public var delay95 = 0.0

        /// Whether the model is near the row.
        public var isMet: Bool {
            abs(self.mean - self.row.mean) <= self.row.mean * self.row.tolerance
                && abs(self.late - self.row.late) <= self.row.latePoints
                && (self.row.delay95.map { abs(self.delay95 - $0) <= $0 * self.row.tolerance95 } ?? true)
        }
    }

    /// Plays the traces of a row's name.
    public static func play(_ row: Row, on traces: [JitterTrace]) -> Outcome {
        var outcome = Outcome(row: row)
        let share = 1 / Double(max(traces.count, 1))
        for trace in traces {
            let score = NetEQModel.play(trace, fixed: row.fixed.map { Int64($0) * 1_000 })
            outcome.late += share * score.excessPercent
            outcome.mean += share * score.meanDelay
            outcome.delay95 += share * score.delay95
        }
        return outcome
    }
}
