/// Separates loss that comes in bursts from loss that comes alone (RFC 3611 section 4.7.2).
///
/// A burst begins and ends with a packet that was not heard, and holds no run of `minimumGap` packets that were. What is
/// lost alone, with so many heard on both sides, belongs to the gap between bursts. Constant memory.
public struct LossBursts: Sendable, Hashable {
    /// How many packets in a row must be heard for a burst to be over.
    public static let minimumGap = 16

    /// Packets that were heard.
    public private(set) var heard: Int64 = 0
    /// Packets that were not.
    public private(set) var lost: Int64 = 0
    /// Bursts that are over.
    public private(set) var bursts: Int64 = 0
    private var burstPackets: Int64 = 0
    private var burstLost: Int64 = 0
    /// Runs of lost packets, however short.
    private var runs: Int64 = 0
    // The burst that may be under way: from its first lost packet on.
    private var openPackets: Int64 = 0
    private var openLost: Int64 = 0
    private var heardSinceLoss: Int64 = .max

    /// Makes a meter that has seen nothing.
    public init() {}

    /// Takes packets that were heard in order.
    public mutating func hear(_ count: Int = 1) {
        guard count > 0 else { return }
        self.heard &+= Int64(count)
        guard self.openLost > 0 else {
            self.heardSinceLoss = 1
            return
        }
        self.heardSinceLoss &+= Int64(count)
        if self.heardSinceLoss >= Int64(LossBursts.minimumGap) { self.close() }
    }

    /// Takes packets whose turn came without them.
    public mutating func lose(_ count: Int = 1) {
        guard count > 0 else { return }
        if self.heardSinceLoss > 0 { self.runs &+= 1 }
        if self.openLost > 0 { self.openPackets &+= self.heardSinceLoss }
        self.lost &+= Int64(count)
        self.openLost &+= Int64(count)
        self.openPackets &+= Int64(count)
        self.heardSinceLoss = 0
    }

    /// The part of the packets within bursts that was lost, 0 to 1; what is under way counts.
    public var burstDensity: Double {
        let now = self.closed
        return now.burstPackets == 0 ? 0 : Double(now.burstLost) / Double(now.burstPackets)
    }

    /// The part of the packets outside of bursts that was lost, 0 to 1.
    public var gapDensity: Double {
        let now = self.closed
        let packets = now.heard + now.lost - now.burstPackets
        return packets <= 0 ? 0 : Double(now.lost - now.burstLost) / Double(packets)
    }

    /// The mean length of a burst in packets.
    public var burstLength: Double {
        let now = self.closed
        return now.bursts == 0 ? 0 : Double(now.burstPackets) / Double(now.bursts)
    }

    /// The mean length of what is no burst, in packets.
    public var gapLength: Double {
        let now = self.closed
        return Double(now.heard + now.lost - now.burstPackets) / Double(now.bursts + 1)
    }

    /// How much longer runs of loss are than they would be by chance: 1 for random loss (ITU-T G.107).
    public var burstRatio: Double {
        guard self.runs > 0, self.heard > 0 else { return 1 }
        let mean = Double(self.lost) / Double(self.runs)
        let share = Double(self.lost) / Double(self.lost + self.heard)
        return max(mean * (1 - share), 1)
    }

    private var closed: LossBursts {
        var copy = self
        copy.close()
        return copy
    }

    private mutating func close() {
        // What was lost alone is no burst.
        if self.openLost > 1 {
            self.bursts &+= 1
            self.burstPackets &+= self.openPackets
            self.burstLost &+= self.openLost
        }
        self.openLost = 0
        self.openPackets = 0
        self.heardSinceLoss = .max
    }
}
