/// Subscription-State: where a subscription stands (RFC 6665 section 8.2.3).
public struct SubscriptionState: SIPHeaderValue {
    /// The states that there are.
    public enum State: Hashable, Sendable {
        /// It was accepted.
        case active
        /// Nobody has decided yet.
        case pending
        /// It is over.
        case terminated
        /// An extension, in small letters.
        case other(String)

        /// The state as it is written.
        public var text: String {
            switch self {
            case .active: "active"
            case .pending: "pending"
            case .terminated: "terminated"
            case .other(let text): text
            }
        }

        init(_ text: String) {
            switch lowercased(text) {
            case "active": self = .active
            case "pending": self = .pending
            case "terminated": self = .terminated
            case let other: self = .other(other)
            }
        }
    }

    /// The state.
    public var state: State
    /// The parameters: `reason`, `expires`, `retry-after`.
    public var parameters: Parameters

    /// Makes a value from its parts; times in seconds.
    public init(_ state: State, reason: String? = nil, expires: UInt32? = nil, retryAfter: UInt32? = nil) {
        self.state = state
        self.parameters = Parameters()
        self.parameters.assign("reason", reason)
        self.parameters.assign("expires", expires.map { "\($0)" })
        self.parameters.assign("retry-after", retryAfter.map { "\($0)" })
    }

    /// Reads "terminated;reason=noresource"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, SubscriptionState.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.state = State(try scanner.token("a state is expected"))
        self.parameters = try scanner.parameters([
            ParameterRule("reason", .token), ParameterRule("expires", .seconds), ParameterRule("retry-after", .seconds),
        ])
    }

    /// Why it is over: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`, `invariant`.
    public var reason: String? { self.parameters["reason"] }
    /// How long it lasts, in seconds.
    public var expires: UInt32? { self.parameters.seconds("expires") }
    /// When to subscribe again, in seconds.
    public var retryAfter: UInt32? { self.parameters.seconds("retry-after") }

    /// The header's value.
    public var description: String { "\(self.state.text)\(self.parameters)" }
}

extension SIPMessage {
    /// Subscription-State; `nil` when it is absent or malformed.
    public var subscriptionState: SubscriptionState? {
        self.one(.subscriptionState, SubscriptionState.init(scanning:))
    }
}
