import CoreTypes

/// Decides when a socket is flooded by strangers, and how few of their datagrams are still read.
///
/// What the engine does with a stranger's datagram is cheap, but to read it is not: with tens of thousands a second the
/// socket's buffer is always full, and the kernel drops what the PBX sends like everything else. So the kernel drops strangers'
/// datagrams by chance, before they take room; those of hosts that matter all pass. What passes tells how the flood goes on.
struct FloodGate {
    /// What is to be done to the socket.
    enum Change: Equatable {
        /// Everything is read.
        case open
        /// One of so many of strangers' datagrams is read.
        case thin(share: UInt32)
    }

    /// One of so many is read; 1 is everything.
    private(set) var share: UInt32 = 1
    private var count = 0
    private var windowBegan = Instant.zero
    private var calmSince: Instant?

    /// Counts a stranger's datagram that was read; what is to change for it.
    mutating func countStranger(now: Instant) -> Change? {
        self.count += 1
        guard self.count > Self.most, now - self.windowBegan < Self.window else { return nil }
        self.begin(now)
        self.calmSince = nil
        guard self.share < Self.largestShare else { return nil }
        self.share *= Self.step
        return .thin(share: self.share)
    }

    /// To be called from time to time: brings the hosts that matter up to date once a window, and opens the gate when the flood
    /// has been over for a while.
    mutating func check(now: Instant) -> Change? {
        let elapsed = now - self.windowBegan
        guard elapsed >= Self.window else { return nil }
        // It may be long since the last time: what matters is how many came in a window.
        let windows = Int(clamping: max(elapsed.nanoseconds / Self.window.nanoseconds, 1))
        let estimate = self.count * Int(self.share) / windows
        let isFirst = self.windowBegan == .zero
        self.begin(now)
        guard self.share > 1, !isFirst else { return nil }
        // A few of many are seen, so that the estimate swings: what looks like twice as many may be no flood.
        guard estimate <= 2 * Self.most else {
            self.calmSince = nil
            return .thin(share: self.share)
        }
        let calmSince = self.calmSince ?? now
        self.calmSince = calmSince
        guard now - calmSince >= Self.calm else { return .thin(share: self.share) }
        self.calmSince = nil
        self.share = 1
        return .open
    }

    private mutating func begin(_ now: Instant) {
        self.windowBegan = now
        self.count = 0
    }

    /// In which time so many are counted.
    private static var window: Duration { .milliseconds(250) }
    /// How many of strangers' datagrams are read in a window: 2 000 a second.
    private static var most: Int { 500 }
    /// By how much less is read when that was too much.
    private static var step: UInt32 { 8 }
    private static var largestShare: UInt32 { 512 }
    /// How long it must be calm before everything is read again.
    private static var calm: Duration { .seconds(2) }
}
