import CoreTypes
import SIPCore

/// Sends one request at a time, once, and once more with credentials when it is challenged; no sockets, no clock.
///
/// After each input drain ``pollTransmit()`` and ``pollOutcome()``, then arm ``deadline``.
struct ProbeEngine: ~Copyable {
    /// What became of a request.
    enum Outcome: Sendable {
        /// A final answer that is no challenge.
        case answered(SIPMessage)
        /// A challenge, and there are no credentials to answer it with.
        case credentialsMissing(SIPMessage)
        /// A challenge that came after credentials were sent, or that cannot be answered.
        case challengeRefused(SIPMessage, Refusal)
        /// Nothing came in time.
        case timeout
        /// The request could not be built: a name or URI holds what no header may hold.
        case unbuildable(String)
    }

    /// Why a challenge is not answered.
    enum Refusal: Hashable, Sendable {
        /// Name or password are wrong.
        case wrongCredentials
        /// The server calls each nonce stale at once.
        case staleAgain
        /// The challenge is none that can be computed.
        case unsupported
    }

    private struct Attempt {
        let request: SIPMessageBuilder
        let method: SIPMethod
        let uri: SIPURI
        let transaction: ClientTransactionID
        var isRepeated = false
    }

    private var endpoint: SIPEndpoint
    private var digest: DigestClient?
    private var random: SeededRandom
    private let destination: Destination
    private var attempt: Attempt?
    private var outcome: Outcome?
    private var cSeq: UInt32
    private var giveUp: Instant?
    private let patience: Duration

    /// Makes a probe that talks to `destination` and waits `patience` for the answer to each request.
    init(to destination: Destination, credentials: DigestCredentials?, patience: Duration, random: SeededRandom) {
        var random = random
        var configuration = SIPEndpoint.Configuration()
        configuration.timers = .noRetransmissions
        configuration.userAgent = "sipctl (Svetlana)"
        self.endpoint = SIPEndpoint(configuration: configuration, random: random.split())
        self.digest = credentials.map { DigestClient(credentials: $0) }
        self.cSeq = UInt32(truncatingIfNeeded: random.next() & 0xFFFF)
        self.random = random
        self.destination = destination
        self.patience = patience
    }

    // MARK: Inputs

    /// Sends a request; it needs no CSeq and no Via.
    mutating func start(_ request: SIPMessageBuilder, method: SIPMethod, uri: SIPURI, now: Instant) {
        self.outcome = nil
        var first = request
        // A nonce from the request before saves a challenge, which a PBX would count.
        for (name, value) in self.digest?.authorization(for: method, uri: uri) ?? [] {
            try? first.replace(name, value)
        }
        self.send(first, original: request, method: method, uri: uri, isRepeated: false, now: now)
    }

    /// A datagram came.
    mutating func receive(_ bytes: [UInt8], now: Instant) {
        self.endpoint.receive(bytes, from: self.destination.address, on: self.destination.binding, now: now)
        self.drain(now: now)
    }

    /// The deadline has come.
    mutating func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        self.drain(now: now)
        guard let giveUp = self.giveUp, giveUp <= now else { return }
        self.finish(.timeout)
    }

    // MARK: Outputs

    /// The next datagram to send.
    mutating func pollTransmit() -> [UInt8]? {
        self.endpoint.pollTransmit()?.bytes
    }

    /// What became of the request, once.
    mutating func pollOutcome() -> Outcome? {
        defer { self.outcome = nil }
        return self.outcome
    }

    /// When ``handleTimeout(now:)`` wants to be called.
    var deadline: Instant? {
        guard let giveUp = self.giveUp else { return self.endpoint.deadline }
        return self.endpoint.deadline.map { min($0, giveUp) } ?? giveUp
    }

    // MARK: Inside

    private mutating func send(
        _ request: SIPMessageBuilder,
        original: SIPMessageBuilder,
        method: SIPMethod,
        uri: SIPURI,
        isRepeated: Bool,
        now: Instant
    ) {
        self.cSeq += 1
        do {
            var numbered = request
            try numbered.replace(.cSeq, "\(self.cSeq) \(method)")
            let transaction = try self.endpoint.send(numbered, to: self.destination, now: now)
            self.attempt = Attempt(
                request: original,
                method: method,
                uri: uri,
                transaction: transaction,
                isRepeated: isRepeated
            )
            self.giveUp = now + self.patience
        } catch {
            self.finish(.unbuildable("\(error)"))
        }
    }

    private mutating func drain(now: Instant) {
        while let event = self.endpoint.pollEvent() {
            switch event {
            case .response(let id, let response):
                guard let attempt = self.attempt, attempt.transaction == id, response.statusCode >= 200 else {
                    continue
                }
                if response.statusCode == 401 || response.statusCode == 407 {
                    self.answer(response, attempt, now: now)
                } else {
                    self.digest?.finished()
                    self.finish(.answered(response))
                }
            case .failed(let id, _):
                if self.attempt?.transaction == id { self.finish(.timeout) }
            case .request(let id, let request, from: _, on: _):
                // While our contact is bound the PBX may ask or call: this is no phone.
                let status = request.method == .options ? 200 : 480
                let tag = self.random.token(8)
                self.endpoint.respond(
                    id,
                    SIPMessageBuilder(response: status, to: request, toTag: tag),
                    now: now
                )
            case .acknowledged, .cancelled, .serverTransactionEnded, .undeliverable, .malformed, .refused: break
            }
        }
    }

    private mutating func answer(_ response: SIPMessage, _ attempt: Attempt, now: Instant) {
        guard self.digest != nil else { return self.finish(.credentialsMissing(response)) }
        let isStale = DigestChallenge.all(in: response).contains { $0.challenge.stale }
        guard !attempt.isRepeated else {
            return self.finish(.challengeRefused(response, isStale ? .staleAgain : .wrongCredentials))
        }
        switch self.digest?.answer(response, method: attempt.method, uri: attempt.uri, random: &self.random) {
        case .retry(let headers):
            var request = attempt.request
            do {
                for (name, value) in headers { try request.replace(name, value) }
            } catch {
                return self.finish(.unbuildable("\(error)"))
            }
            self.send(
                request,
                original: attempt.request,
                method: attempt.method,
                uri: attempt.uri,
                isRepeated: true,
                now: now
            )
        case .refused(.wrongCredentials): self.finish(.challengeRefused(response, .wrongCredentials))
        case .refused(.foreignRealm), .refused(.unsupportedAlgorithm), .refused(.noChallenge), nil:
            self.finish(.challengeRefused(response, .unsupported))
        }
    }

    private mutating func finish(_ outcome: Outcome) {
        self.attempt = nil
        self.giveUp = nil
        self.outcome = outcome
    }
}
