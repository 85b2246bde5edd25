/// What a buffer made of a trace.
public struct JitterScore: Sendable {
    private let trace: JitterTrace
    private let fastest: Int64
    private var delays: [Int64] = []
    private var total: Int64 = 0
    private var concealed: Int64 = 0
    private var late: Int64 = 0
    private var stretched: Int64 = 0

    /// Begins with nothing played.
    public init(_ trace: JitterTrace) {
        self.trace = trace
        self.fastest = trace.fastest
    }

    /// Takes a stretch of time from the beginning of the stream on.
    ///
    /// - Parameters:
    ///   - now: When it began.
    ///   - length: How long it was.
    ///   - position: The place in the stream that was played at its beginning, or would have been.
    ///   - concealed: How much of it was made up.
    ///   - stretched: How much was removed or inserted.
    public mutating func take(now: Int64, length: Int64, position: Int64, concealed: Int64, stretched: Int64) {
        self.total += length
        self.stretched += abs(stretched)
        self.concealed += concealed
        if concealed > 0 {
            // What was made up in place of a packet that never came is the network's fault, all else was late. A part
            // stands at the beginning of the stretch or at its end.
            let isLost =
                concealed < length
                ? self.trace.isLost(at: position) || self.trace.isLost(at: position + length - 1)
                : self.trace.isLost(at: position + length / 2)
            if !isLost { self.late += concealed }
        } else {
            self.delays.append(now - self.trace.said(position) - self.fastest)
        }
    }

    /// The mean delay in milliseconds beyond the fastest packet.
    public var meanDelay: Double {
        Double(self.delays.reduce(0, +)) / Double(max(self.delays.count, 1)) / 1_000
    }

    /// The delay that 95 % of the time was not exceeded.
    public var delay95: Double {
        guard !self.delays.isEmpty else { return 0 }
        return Double(self.delays.sorted()[self.delays.count * 95 / 100]) / 1_000
    }

    /// The percentage of time that was made up although the packet came.
    public var latePercent: Double { self.percent(self.late) }
    /// The percentage of time that was made up.
    public var concealedPercent: Double { self.percent(self.concealed) }
    /// The percentage of time that was removed or inserted.
    public var stretchedPercent: Double { self.percent(self.stretched) }
    /// The percentage of time made up, less the packets that never came: what the reference table counts.
    public var excessPercent: Double { max(self.concealedPercent - self.trace.loss * 100, 0) }

    private func percent(_ part: Int64) -> Double {
        Double(part) * 100 / Double(max(self.total, 1))
    }
}
