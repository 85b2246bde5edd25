import CallCore
import CoreTypes
import SIPCore
import Telephony

/// A small PBX without sockets that behaves as a 3CX does: REGISTER and INVITE are challenged with 407, calls are two
/// legs with descriptions passed through, and who is offline, busy or silent is answered by voicemail.
///
/// After each input drain ``pollEvent()`` and ``pollTransmit()``, then arm ``deadline``.
struct PBXEngine: ~Copyable, SignalingEngine {
    /// Every request of a PBX is a session's.
    typealias Core = SignalingCore<LegID, Never>

    let configuration: PBXConfiguration
    var core: Core
    var random: SeededRandom
    var authenticator: DigestAuthenticator
    var registrar: Registrar
    var calls: [UInt64: BridgedCall] = [:]
    var timers = DeadlineQueue<UInt64>()
    var events = Outbox<PBXEvent>()
    private var nextCall: UInt64 = 0

    /// One leg of a call: the caller's, or one of those that ring.
    struct LegID: Hashable, Sendable {
        let call: UInt64
        /// 0 is the caller's.
        let number: Int
    }

    /// Two legs and what stands between them.
    struct BridgedCall {
        let caller: String
        let called: String
        /// What the INVITE offered; empty when it offered nothing.
        let offer: [UInt8]?
        let invite: SIPMessage
        /// The legs that ring or talk.
        var ringing: Set<Int> = []
        var answered: Int?
        var nextLeg = 1
        var isVoicemail = false
        /// The best refusal so far, passed on when nobody answers and there is no voicemail.
        var refusal = 480
        /// A re-INVITE of one leg that waits for the other's answer.
        var reINVITE: (from: Int, transaction: ServerTransactionID)?
    }

    init(configuration: PBXConfiguration, random: SeededRandom) {
        var random = random
        var endpoint = SIPEndpoint.Configuration()
        endpoint.userAgent = configuration.productName
        endpoint.admission = .everyone
        endpoint.knowsDialogs = true
        // Of challenges too: a phone asks once for each of its requests.
        endpoint.refusalRate = AbuseGuard.Rate(burst: 100, interval: .milliseconds(10))
        endpoint.allowedMethods = [.invite, .ack, .cancel, .bye, .options, .info, .update, .notify, .register]
        self.configuration = configuration
        self.core = Core(
            configuration: endpoint,
            limits: Core.Limits(maximumCalls: configuration.maximumCalls),
            random: random.split()
        )
        self.authenticator = DigestAuthenticator(
            realm: configuration.realm,
            key: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
        self.registrar = Registrar()
        self.random = random
    }

    mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on binding: LocalBinding, now: Instant) {
        self.core.receive(bytes, from: source, on: binding, now: now)
        self.drain(now: now)
    }

    func isKnown(_ source: IPAddress) -> Bool {
        self.core.endpoint.isKnown(source)
    }

    var hostsThatMatter: Set<IPAddress>? { self.core.endpoint.hostsThatMatter }

    mutating func handleTimeout(now: Instant) {
        self.core.handleTimeout(now: now)
        while let call = self.timers.popExpired(now) { self.ringingTimedOut(call, now: now) }
        _ = self.registrar.handleTimeout(now: now)
        self.drain(now: now)
    }

    mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding? = nil,
        fault: TransportFault,
        now: Instant
    ) {
        self.core.handleTransportFailure(to: address, on: binding, fault: fault, now: now)
        self.drain(now: now)
    }

    mutating func pollTransmit() -> Transmit? {
        self.core.pollTransmit()
    }

    mutating func pollEvent() -> PBXEvent? {
        self.events.pop()
    }

    mutating func pollQuestion() -> TargetQuestion? {
        self.core.pollQuestion()
    }

    mutating func handleResolved(_ question: TargetQuestion, _ addresses: [IPAddress], now: Instant) {
        self.core.handleResolved(question, addresses, now: now)
        self.drain(now: now)
    }

    /// Takes no more calls: INVITE and OPTIONS get 503 with Retry-After.
    mutating func beginDraining() {
        self.core.isDraining = true
    }

    var deadline: Instant? {
        [self.core.deadline, self.timers.earliest, self.registrar.deadline]
            .compactMap(\.self).min()
    }

    /// Sessions and transactions at work; 0 when idle.
    var load: Int {
        self.core.sessionCount + self.core.endpoint.gauges.clientTransactions
            + self.core.endpoint.gauges.serverTransactions
    }

    mutating func makeCall() -> UInt64 {
        self.nextCall += 1
        return self.nextCall
    }

    mutating func drain(now: Instant) {
        while let output = self.core.pollOutput(holding: self.calls.count, now: now) {
            switch output {
            case .request(let id, let request, from: let source, on: let binding):
                self.handleRequest(id, request, from: source, on: binding, now: now)
            case .session(let leg, let output): self.handle(output, of: leg, now: now)
            case .refusedCall, .malformed, .refused: break
            }
        }
    }

    private mutating func handleRequest(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        switch request.method {
        case .register: self.register(id, request, from: source, now: now)
        case .options: self.core.endpoint.dismiss(id, status: 200, now: now)
        case .invite: self.invite(id, request, from: source, on: binding, now: now)
        default:
            self.core.endpoint.dismiss(id, status: 405, headers: [(.allow, self.core.allow)], now: now)
        }
    }

    private mutating func register(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        now: Instant
    ) {
        guard let user = request.to.uri.user, self.admit(id, request, as: user, now: now) else { return }
        let (response, changes) = self.registrar.handle(
            request,
            from: source,
            toTag: self.random.token(16),
            now: now
        )
        self.core.endpoint.respond(id, response, now: now)
        guard !changes.isEmpty else { return }
        let isBound = !self.registrar.bindings(of: request.to.uri, now: now).isEmpty
        self.events.append(isBound ? .registered(extension: user, from: source) : .unregistered(extension: user))
    }

    /// Whether the sender proved to be `user`; otherwise it was challenged or refused.
    mutating func admit(_ id: ServerTransactionID, _ request: SIPMessage, as user: String, now: Instant) -> Bool {
        let account = self.configuration.accounts[user]
        let verdict = self.authenticator.verify(request, header: .proxyAuthorization, now: now) { name in
            name == account?.authenticationID ? account?.password : nil
        }
        let isStale: Bool
        switch verdict {
        case .accepted: return true
        case .challenge(let stale): isStale = stale
        case .refused:
            // As a 3CX: wrong credentials get a new challenge, and the log says which extension it was.
            self.events.append(.refused(extension: user))
            isStale = false
        }
        // Whoever has proved nothing takes no room.
        let challenge = self.authenticator.challenge(now: now, stale: isStale).description
        self.core.endpoint.dismiss(id, status: 407, headers: [(.proxyAuthenticate, challenge)], now: now)
        return false
    }

    mutating func respond(_ id: ServerTransactionID, status: Int, now: Instant) {
        self.core.respond(id, status: status, now: now)
    }
}
