public import VoicePipeline

/// What a look at a backend found, for `svetlana check`.
public struct ProbeResult: Sendable, Equatable, CustomStringConvertible {
    /// Whether the backend can serve a call as it is configured.
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

    /// What was found and what to do, in one line.
    public var description: String {
        guard let advice = self.advice else { return self.found }
        return "\(self.found); \(advice)"
    }
}

/// A backend that can be tried without a call.
public protocol Probing: Sendable {
    /// Gives the backend a piece of its real work, a word, and tells what came of it.
    ///
    /// Never throws, and takes little longer than `limit`.
    func probe(within limit: Duration) async -> ProbeResult
}

extension Probing {
    /// Tries the backend for as long as somebody who watches would wait.
    public func probe() async -> ProbeResult { await self.probe(within: .seconds(12)) }
}
