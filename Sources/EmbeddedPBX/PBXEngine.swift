import CallCore
import CoreTypes
import SIPCore
import Telephony

/// A small PBX without sockets that behaves as a 3CX does: REGISTER and INVITE are challenged with 407, calls are two
/// legs with descriptions passed through, and who is offline, busy or silent is answered by voicemail.
///
/// After each input drain ``pollEvent()`` and ``pollTransmit()``, then arm ``deadline``.
struct PBXEngine: ~Copyable, SignalingEngine {
    let configuration: PBXConfiguration
    var endpoint: SIPEndpoint
    var random: SeededRandom
    var authenticator: DigestAuthenticator
    var registrar: Registrar
    var sessions = SessionTable<LegID>()
    var calls: [UInt64: BridgedCall] = [:]
    var timers = DeadlineQueue<UInt64>()
    var events: [PBXEvent] = []
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
        self.endpoint = SIPEndpoint(configuration: endpoint, random: random.split())
        self.authenticator = DigestAuthenticator(
            realm: configuration.realm,
            key: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
        self.registrar = Registrar()
        self.random = random
    }

    mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on binding: LocalBinding, now: Instant) {
        self.endpoint.receive(bytes, from: source, on: binding, now: now)
        self.drain(now: now)
    }

    func isKnown(_ source: IPAddress) -> Bool {
        self.endpoint.isKnown(source)
    }

    var hostsThatMatter: Set<IPAddress>? { self.endpoint.hostsThatMatter }

    mutating func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        self.sessions.handleTimeout(endpoint: &self.endpoint, now: now)
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
        self.endpoint.handleTransportFailure(to: address, on: binding, fault: fault, now: now)
        self.drain(now: now)
    }

    mutating func pollTransmit() -> Transmit? {
        self.endpoint.pollTransmit()
    }

    mutating func pollEvent() -> PBXEvent? {
        self.events.isEmpty ? nil : self.events.removeFirst()
    }

    var deadline: Instant? {
        [self.endpoint.deadline, self.sessions.deadline, self.timers.earliest, self.registrar.deadline]
            .compactMap(\.self).min()
    }

    /// Sessions and transactions at work; 0 when idle.
    var load: Int {
        self.sessions.count + self.endpoint.gauges.clientTransactions + self.endpoint.gauges.serverTransactions
    }

    mutating func makeCall() -> UInt64 {
        self.nextCall += 1
        return self.nextCall
    }

    mutating func drain(now: Instant) {
        while true {
            if let event = self.endpoint.pollEvent() {
                self.handle(event, now: now)
            } else if let (leg, output) = self.sessions.pollOutput() {
                self.handle(output, of: leg, now: now)
            } else {
                return
            }
        }
    }

    private mutating func handle(_ event: SIPEndpointEvent, now: Instant) {
        switch event {
        case .request(let id, let request, from: let source, on: let binding):
            if request.to.tag != nil {
                if !self.sessions.handleRequest(id, request, endpoint: &self.endpoint, now: now) {
                    self.respond(id, status: 481, now: now)
                }
            } else {
                self.handleRequest(id, request, from: source, on: binding, now: now)
            }
        case .acknowledged(let request, from: _):
            self.sessions.handleACK(request, endpoint: &self.endpoint, now: now)
        case .cancelled(let id): self.sessions.handleCancel(id, endpoint: &self.endpoint, now: now)
        case .response(let id, let response):
            _ = self.sessions.handleResponse(id, response, endpoint: &self.endpoint, now: now)
        case .failed(let id, let failure):
            _ = self.sessions.handleFailure(id, failure, endpoint: &self.endpoint, now: now)
        case .serverTransactionEnded(let id, acknowledged: _):
            self.sessions.handleTransactionEnded(id, endpoint: &self.endpoint, now: now)
        case .undeliverable, .malformed, .refused: break
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
        case .options: self.endpoint.dismiss(id, status: 200, now: now)
        case .invite: self.invite(id, request, from: source, on: binding, now: now)
        default:
            let allowed = self.endpoint.configuration.allowedMethods.map(\.rawValue).joined(separator: ", ")
            self.endpoint.dismiss(id, status: 405, headers: [(.allow, allowed)], now: now)
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
        self.endpoint.respond(id, response, now: now)
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
        self.endpoint.dismiss(id, status: 407, headers: [(.proxyAuthenticate, challenge)], now: now)
        return false
    }

    mutating func respond(_ id: ServerTransactionID, status: Int, now: Instant) {
        guard let response = self.endpoint.makeResponse(status, to: id) else { return }
        self.endpoint.respond(id, response, now: now)
    }
}
