/// The loss that packets are prepared for when a codec can: learned from what the peer reports of ours and, until it
/// reports, from what is lost on the way here.
///
/// Preparing costs: with a tenth expected, Opus spends a good part of its bits and a third more work on saying everything
/// twice, and a line that loses nothing sounds the worse for it. So nothing is expected before something was lost; loss is
/// believed at once, and forgotten over half a minute.
struct ExpectedLoss: Sendable, Equatable {
    /// What an encoder is to expect, 0 to 25.
    private(set) var percent = 0
    /// The share of packets that are lost, 0 to 1, falling slowly.
    private var share = 0.0
    private var peerReports = false

    /// Less than this is nothing.
    private static let least = 0.005
    /// The part of an old share that is left after a report without loss; reports come each five seconds.
    private static let kept = 0.8
    private static let most = 25

    /// Learns from a report of the peer; whether `percent` changed.
    mutating func reported(_ fraction: Double) -> Bool {
        self.peerReports = true
        return self.learn(fraction)
    }

    /// Learns from what was lost of the peer's packets in an interval: the way back is often no better.
    mutating func heard(_ fraction: Double) -> Bool {
        self.peerReports ? false : self.learn(fraction)
    }

    private mutating func learn(_ fraction: Double) -> Bool {
        let fraction = min(max(fraction, 0), 1)
        self.share = max(fraction, self.share * Self.kept + fraction * (1 - Self.kept))
        let wanted = self.share < Self.least ? 0 : min(max(Int((self.share * 100).rounded()), 1), Self.most)
        // An encoder need not hear of each percent.
        let isNews = wanted == 0 || self.percent == 0 || abs(wanted - self.percent) >= 2
        guard isNews, wanted != self.percent else { return false }
        self.percent = wanted
        return true
    }
}
