import CallCore
import CoreTypes
import SIPCore
import SIPDiagnostics

/// Sends one request at a time, and again with credentials when it is challenged; no sockets, no clock.
///
/// A request that gets no response is retransmitted as RFC 3261 says (section 17.1.2), unless that is not wanted: one
/// datagram may be lost, and silence is evidence only of several. A retransmission is the same request, which a PBX that
/// counts wrong passwords counts once.
///
/// Once more with credentials is the rule. A proxy and the registrar behind it may each want their own, and a nonce may be stale; a digest
/// that was refused is never sent again.
///
/// After each input drain ``pollTransmit()`` and ``pollOutcome()``, then arm ``deadline``.
struct ProbeEngine: ~Copyable {
    /// What became of a request.
    enum Outcome: Sendable {
        /// A final response that is no challenge.
        case answered(SIPMessage)
        /// A challenge, and there are no credentials to answer it with.
        case credentialsMissing(SIPMessage)
        /// A challenge that came after credentials were sent, or that cannot be answered.
        case challengeRefused(SIPMessage, ChallengeRefusal)
        /// Nothing came in time.
        case timeout
        /// Something came in time, but no response that can be read, or none to this request: what it was.
        case unreadable(String)
        /// The request could not be built: a name or URI holds what no header may hold.
        case unbuildable(String)
    }

    private struct Attempt {
        let request: SIPMessageBuilder
        let method: SIPMethod
        let uri: SIPURI
        /// Which of the requests of this engine it is.
        let number: Int
        var challenges = 0
    }

    /// Its requests are numbered; it has no sessions.
    private var core: SignalingCore<Never, Int>
    private var digest: DigestClient?
    private var random: SeededRandom
    private let destination: Destination
    private var attempt: Attempt?
    private var outcome: Outcome?
    private var cSeq: UInt32
    private var requests = 0
    private var giveUp: Instant?
    private let requestTimeout: Duration
    /// What came and was no response to the request.
    private var stray: String?
    private static let challengeLimit = 8

    /// Makes a probe that talks to `destination` and waits `requestTimeout` for the response to each request.
    ///
    /// With `realms` no other realm is answered; without `retransmits` each datagram is sent once.
    init(
        to destination: Destination,
        credentials: DigestCredentials?,
        realms: [String] = [],
        requestTimeout: Duration,
        retransmits: Bool = true,
        random: SeededRandom
    ) {
        var random = random
        var configuration = SIPEndpoint.Configuration()
        configuration.timers = TimerSettings(requestTimeout: requestTimeout, retransmits: retransmits)
        configuration.userAgent = "sipctl (Svetlana)"
        self.core = SignalingCore(
            configuration: configuration,
            limits: .init(maximumCalls: .max),
            random: random.split()
        )
        self.digest = credentials.map { DigestClient(credentials: $0, realms: realms) }
        self.cSeq = UInt32(truncatingIfNeeded: random.next() & 0xFFFF)
        self.random = random
        self.destination = destination
        self.requestTimeout = requestTimeout
    }

    // MARK: Inputs

    /// Sends a request; it needs no CSeq and no Via.
    mutating func start(_ request: SIPMessageBuilder, method: SIPMethod, uri: SIPURI, now: Instant) {
        self.outcome = nil
        self.stray = nil
        // A nonce from the request before saves a challenge, which a PBX would count.
        let ahead = self.digest?.authorization(for: method, uri: uri) ?? []
        self.send(request, method: method, uri: uri, credentials: ahead, challenges: 0, now: now)
    }

    /// A datagram came.
    mutating func receive(_ bytes: [UInt8], now: Instant) {
        self.noteStray(bytes)
        self.core.receive(bytes, from: self.destination.address, on: self.destination.binding, now: now)
        self.drain(now: now)
    }

    /// Keeps what may be the response and is none: bytes that cannot be read are no silence.
    private mutating func noteStray(_ bytes: [UInt8]) {
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        do {
            let message = try SIPMessage(bytes)
            guard !message.isRequest, message.cSeq.number >= self.cSeq else { return }
            self.stray = "\(message.statusCode) with a Via branch, Call-ID or CSeq that is not the request's"
        } catch {
            self.stray = "\(error)"
        }
    }

    /// The deadline has come.
    mutating func handleTimeout(now: Instant) {
        self.core.handleTimeout(now: now)
        self.drain(now: now)
        guard let giveUp = self.giveUp, giveUp <= now else { return }
        self.finish(self.silence)
    }

    private var silence: Outcome { self.stray.map { .unreadable($0) } ?? .timeout }

    // MARK: Outputs

    /// The next datagram to send.
    mutating func pollTransmit() -> [UInt8]? {
        self.core.pollTransmit()?.bytes
    }

    /// What became of the request, once.
    mutating func pollOutcome() -> Outcome? {
        defer { self.outcome = nil }
        return self.outcome
    }

    /// When ``handleTimeout(now:)`` wants to be called.
    var deadline: Instant? {
        guard let giveUp = self.giveUp else { return self.core.deadline }
        return self.core.deadline.map { min($0, giveUp) } ?? giveUp
    }

    // MARK: Inside

    private mutating func send(
        _ request: SIPMessageBuilder,
        method: SIPMethod,
        uri: SIPURI,
        credentials: [(HeaderName, String)],
        challenges: Int,
        now: Instant
    ) {
        self.cSeq += 1
        do {
            var numbered = request
            for (name, value) in credentials { try numbered.add(name, value) }
            try numbered.replace(.cSeq, "\(self.cSeq) \(method)")
            self.requests += 1
            try self.core.send(numbered, as: self.requests, to: self.destination, now: now)
            self.attempt = Attempt(
                request: request,
                method: method,
                uri: uri,
                number: self.requests,
                challenges: challenges
            )
            self.giveUp = now + self.requestTimeout
        } catch {
            self.finish(.unbuildable("\(error)"))
        }
    }

    private mutating func drain(now: Instant) {
        while let output = self.core.pollOutput(holding: 0, now: now) {
            switch output {
            case .response(let number, let response, by: _):
                guard let attempt = self.attempt, attempt.number == number else { continue }
                self.stray = nil
                guard response.statusCode >= 200 else { continue }
                if response.statusCode == 401 || response.statusCode == 407 {
                    self.answer(response, attempt, now: now)
                } else {
                    self.digest?.finished()
                    self.finish(.answered(response))
                }
            case .failed(let number, _):
                if self.attempt?.number == number { self.finish(self.silence) }
            case .request(let id, let request, from: _, on: _):
                // While our contact is bound the PBX may ask or call: this is no phone.
                self.core.respond(id, status: request.method == .options ? 200 : 480, now: now)
            case .refusedCall, .malformed, .refused: break
            }
        }
    }

    private mutating func answer(_ response: SIPMessage, _ attempt: Attempt, now: Instant) {
        guard self.digest != nil else { return self.finish(.credentialsMissing(response)) }
        guard attempt.challenges < Self.challengeLimit else { return self.finish(.challengeRefused(response, .loop)) }
        switch self.digest?.answer(response, method: attempt.method, uri: attempt.uri, random: &self.random) {
        case .retry(let headers):
            self.send(
                attempt.request,
                method: attempt.method,
                uri: attempt.uri,
                credentials: headers,
                challenges: attempt.challenges + 1,
                now: now
            )
        case .refused(.wrongCredentials):
            let sent = self.digest?.sentRealms ?? []
            self.finish(.challengeRefused(response, ChallengeRefusal(response, sent: sent)))
        case .refused(.staleNonces): self.finish(.challengeRefused(response, .staleAgain))
        case .refused(.foreignRealm(let realm)): self.finish(.challengeRefused(response, .foreignRealm(realm)))
        case .refused(.unsupportedAlgorithm), .refused(.noChallenge), nil:
            self.finish(.challengeRefused(response, .unsupported))
        }
    }

    private mutating func finish(_ outcome: Outcome) {
        self.attempt = nil
        self.giveUp = nil
        self.outcome = outcome
    }
}

extension TimerSettings {
    /// The timers of a probe that waits `requestTimeout`: those of RFC 3261, and longer ones where they would give up before.
    init(requestTimeout: Duration, retransmits: Bool) {
        self.init(t1: max(.milliseconds(500), requestTimeout / 64))
        self.retransmits = retransmits
    }
}
