import CoreTypes

/// How long a registration waits before it tries again: longer each time, with a spread so that clients do not come together.
struct RetryPolicy: Sendable {
    /// The first and shortest wait.
    let shortest: Duration
    /// The longest wait.
    let longest: Duration

    /// After a lost network or an overloaded registrar: 5 to 300 s.
    static let transient = RetryPolicy(shortest: .seconds(5), longest: .seconds(300))
    /// After a refusal that time seldom mends, where trying often would get us blocked: 30 to 300 s.
    static let refusal = RetryPolicy(shortest: .seconds(30), longest: .seconds(300))
    /// After several wrong passwords, which PBXs count before they block an address: a quarter of an hour.
    static let wrongPassword = RetryPolicy(shortest: .seconds(900), longest: .seconds(960))

    /// The wait after so many failures in a row, spread by a quarter to each side within the limits.
    func delay(failures: Int, random: inout SeededRandom) -> Duration {
        let doublings = min(max(failures - 1, 0), 16)
        let ideal = min(self.shortest * (1 << doublings), self.longest)
        let spread = ideal.milliseconds / 4
        let chosen = ideal + .milliseconds(Int64.random(in: -spread...spread, using: &random))
        return min(max(chosen, self.shortest), self.longest)
    }
}
