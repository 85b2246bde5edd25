/// What trying a stage showed.
public struct ProbeResult: Sendable, Equatable, CustomStringConvertible {
    /// Whether the stage can serve a call as it is configured, as far as is known.
    public var ok: Bool
    /// What was found, in one line without secrets.
    public var found: String
    /// What to do about it, in one line; nil when there is nothing to do.
    public var advice: String?
    /// What kind of failure it is; nil when it is none.
    public var kind: StageError.Kind?

    /// Makes a result.
    public init(ok: Bool, found: String, advice: String? = nil, kind: StageError.Kind? = nil) {
        self.ok = ok
        self.found = found
        self.advice = advice
        self.kind = kind
    }

    /// The result of a stage that cannot be tried without a call: nothing is known against it.
    public static let notProbed = ProbeResult(ok: true, found: "not probed")

    /// What was found and what to do, in one line.
    public var description: String {
        guard let advice = self.advice else { return self.found }
        return "\(self.found); \(advice)"
    }
}

extension Stage {
    /// Does nothing: the stage is always ready.
    public func prepare() async throws {}

    /// Says that the stage was not tried.
    public func probe(within limit: Duration) async -> ProbeResult { .notProbed }

    /// Tries the stage for as long as a person who watches would wait: 12 seconds.
    public func probe() async -> ProbeResult { await self.probe(within: .seconds(12)) }
}
