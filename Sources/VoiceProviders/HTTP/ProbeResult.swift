/// What a look at a backend found, for `svetlana check`.
public struct ProbeResult: Sendable, Equatable, CustomStringConvertible {
    /// Whether the backend can serve a call as it is configured.
    public var ok: Bool
    /// What was found, in one line without secrets.
    public var found: String
    /// What to do about it, in one line; nil when there is nothing to do.
    public var advice: String?

    /// Makes a result.
    public init(ok: Bool, found: String, advice: String? = nil) {
        self.ok = ok
        self.found = found
        self.advice = advice
    }

    /// What was found and what to do, in one line.
    public var description: String {
        guard let advice = self.advice else { return self.found }
        return "\(self.found); \(advice)"
    }
}

/// A backend that can be looked at without a call.
public protocol Probing: Sendable {
    /// Asks the backend whether it is there, accepts the key, and has the model or voice that is configured.
    ///
    /// Never throws and takes no longer than a few seconds.
    func probe() async -> ProbeResult
}
