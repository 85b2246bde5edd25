public import CoreTypes

/// Keeps one contact bound to an address of record (RFC 3261 section 10.2).
///
/// A leaf machine: inputs are the application's commands, responses and the time; each returns what to do. One REGISTER is under way
/// at a time; all have the same Call-ID, and each the next CSeq. After each input arm `deadline` anew.
public struct Registration: Sendable {
    /// What is registered where.
    public struct Configuration: Sendable {
        /// The Request-URI: the registrar's domain, without a user.
        public var registrar: SIPURI
        /// The address of record: To and From.
        public var addressOfRecord: NameAddress
        /// Our Contact; its URI stays the same for the life of the registration.
        public var contact: NameAddress
        /// The expiry that is asked for; whole seconds.
        public var expires: Duration
        /// The authentication ID and password.
        public var credentials: DigestCredentials?
        /// The only realms that get credentials; without any those that the registrar asks in.
        public var realms: [String]
        /// The outbound proxies, if any.
        public var routeSet: RouteSet
        /// Further headers of each REGISTER.
        public var headers: [(HeaderName, String)]
        /// T1, from which the longest wait for a response follows.
        public var timers: TimerSettings

        /// Makes a configuration.
        public init(
            registrar: SIPURI,
            addressOfRecord: NameAddress,
            contact: NameAddress,
            expires: Duration = .seconds(60),
            credentials: DigestCredentials? = nil,
            realms: [String] = [],
            routeSet: RouteSet = RouteSet(),
            headers: [(HeaderName, String)] = [],
            timers: TimerSettings = TimerSettings()
        ) {
            self.registrar = registrar
            self.addressOfRecord = addressOfRecord
            self.contact = contact
            self.expires = expires
            self.credentials = credentials
            self.realms = realms
            self.routeSet = routeSet
            self.headers = headers
            self.timers = timers
        }
    }

    /// What is registered where.
    public let configuration: Configuration
    /// The Call-ID of every REGISTER.
    public let callID: String
    /// Where the registration stands.
    public internal(set) var state = State.idle
    /// When the binding lapses unless it is refreshed; `nil` when there is none.
    public internal(set) var boundUntil: Instant?
    /// The realms that the registrar challenged us in and then accepted, the latest last; a challenge alone teaches nothing.
    public internal(set) var acceptedRealms: [DigestRealm] = []

    let localTag: String
    var random: SeededRandom
    var digest: DigestClient?
    var cSeq: UInt32 = 0
    /// The expiry to ask for in seconds; a 423 raises it.
    var requestedExpires: UInt32
    var request: Request?
    /// What to do when the request under way is done.
    var waiting: Purpose?
    var wakeAt: Instant?
    var failures = 0
    /// How often in a row a right digest was refused: passwords that a PBX counts before it blocks an address.
    var refusals = 0
    /// Where the registrar saw our last request come from, when it says so.
    var seenAs: SourceHint?
    /// Whether the registrar may hold our contact.
    var mayBeBound = false

    /// Makes a registration that has done nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: what is registered where.
    ///   - callID: a Call-ID never used before.
    ///   - random: for tags, client nonces and the spread of waits.
    public init(configuration: Configuration, callID: String, random: SeededRandom) {
        self.configuration = configuration
        self.callID = callID
        self.random = random
        self.localTag = self.random.token(16)
        self.digest = configuration.credentials.map { DigestClient(credentials: $0, realms: configuration.realms) }
        self.requestedExpires = UInt32(clamping: max(configuration.expires.components.seconds, 1))
    }

    // MARK: Outputs

    /// When `handleTimeout` is due, `nil` when nothing waits.
    public var deadline: Instant? {
        guard let request = self.request else { return self.wakeAt }
        return self.wakeAt.map { min($0, request.giveUp) } ?? request.giveUp
    }

    /// Whether a REGISTER is on its way.
    public var isBusy: Bool { self.request != nil }

    /// Whether our contact is bound now.
    public func isBound(now: Instant) -> Bool {
        self.boundUntil.map { $0 > now } ?? false
    }

    // MARK: Inputs

    /// Binds our contact and keeps it bound; at once when a try waits or a binding exists.
    public mutating func start(now: Instant) -> [Action] {
        guard self.state.next(on: .register) != nil else { return [] }
        return self.begin(.bind, now: now)
    }

    /// Asks what the registrar holds for us, and changes nothing (RFC 3261 section 10.2.3).
    public mutating func query(now: Instant) -> [Action] {
        self.begin(.query, now: now)
    }

    /// Removes our contact, and no other (RFC 3261 section 10.2.2); says `.unregistered` when that is over.
    public mutating func unregister(now: Instant) -> [Action] {
        guard self.mayBeBound else {
            guard self.move(.abandon) else { return [] }
            self.wakeAt = nil
            return [.event(.unregistered)]
        }
        guard self.move(.unregister) else { return [] }
        self.wakeAt = nil
        return self.begin(.remove, now: now)
    }

    /// Takes the response to a REGISTER of ours.
    public mutating func handleResponse(_ response: SIPMessage, now: Instant) -> [Action] {
        guard let request = self.request, response.statusCode >= 200, response.callID == self.callID,
            response.cSeq.method == .register, response.cSeq.number == request.cSeq
        else { return [] }
        switch response.statusCode {
        case 200..<300:
            self.learnRealms()
            self.digest?.finished()
            return self.succeed(request, response, now: now)
        case 401, 407:
            return self.answerChallenge(request, response, now: now)
        case 423:
            self.digest?.finished()
            return self.lengthen(request, response, now: now)
        default:
            self.digest?.finished()
            let reason = FailureReason.rejected(status: response.statusCode, reason: response.reasonPhrase)
            let after = response.retryAfter.map { Duration.seconds(Int64(min($0, 3600))) }
            return self.fail(request, reason, after: after, now: now)
        }
    }

    /// Learns that a REGISTER of ours got no final response.
    public mutating func handleFailure(_ failure: TransactionFailure, now: Instant) -> [Action] {
        guard let request = self.request else { return [] }
        self.digest?.finished()
        return self.fail(request, .noResponse(failure), after: nil, now: now)
    }

    /// Acts on the passing of time; call it when `deadline` has come.
    public mutating func handleTimeout(now: Instant) -> [Action] {
        var actions: [Action] = []
        if let request = self.request, request.giveUp <= now {
            // The transaction should have reported it; an application that lost it must not stop the registration for good.
            actions += self.handleFailure(.timeout, now: now)
        }
        if let wakeAt = self.wakeAt, wakeAt <= now {
            self.wakeAt = nil
            actions += self.start(now: now)
        }
        return actions
    }
}

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
