internal import CoreTypes

/// Turns timestamps into truth about missing audio: how much there is none of, and how much of that was lost.
///
/// Loss leaves a hole in the sequence numbers; a sender that was silent on purpose leaves one in the timestamps only.
struct Timeline: Sendable {
    /// What stands between the audio that was given last and the packet whose turn it is, in ticks.
    struct Hole: Sendable, Equatable {
        var lost = 0
        var suppressed = 0
    }

    private var expected: Wrapping<UInt32>?
    private var lastArrival = Instant.zero
    private var lastTicks = 0
    private var missingPackets = 0

    /// Ticks that the audio of the last packet took.
    var packetTicks: Int { self.lastTicks }

    /// Begins a stream: what came before it says nothing about its timestamps.
    mutating func reset() {
        self.expected = nil
        self.missingPackets = 0
    }

    /// Adds packets that are known to be lost, or could not be decoded.
    mutating func lose(_ packets: Int) {
        self.missingPackets += packets
    }

    /// The hole before a packet of audio.
    func hole(before entry: PacketStore.Entry, clockRate: Int) -> Hole {
        guard let expected = self.expected else { return Hole() }
        let ticks = expected.distance(to: entry.timestamp)
        guard ticks > 0 else { return Hole() }
        // A sender cannot have been silent for longer than the clock on our wall says, give or take a second.
        let elapsed = max((entry.arrival - self.lastArrival).milliseconds, 0) + 1_000
        let believed = min(ticks, Int(clamping: elapsed) * clockRate / 1_000)
        let (lost, overflow) = self.missingPackets.multipliedReportingOverflow(by: self.lastTicks)
        let lostTicks = overflow ? believed : min(lost, believed)
        return Hole(lost: lostTicks, suppressed: believed - lostTicks)
    }

    /// Takes a packet of audio that was given.
    mutating func heard(_ entry: PacketStore.Entry, ticks: Int) {
        self.expected = entry.timestamp.advanced(by: ticks)
        self.lastArrival = entry.arrival
        self.lastTicks = ticks
        self.missingPackets = 0
    }
}
