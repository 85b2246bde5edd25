import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit

/// A PBX as a test wants it: a registrar that challenges, and a phone behind it that answers.
final class ScriptedPBX: SimulatedHost {
    let address: IPAddress
    /// The realm of the challenges.
    var realm = "3CXPhoneSystem"
    /// Whether REGISTER is challenged with 401, and not with 407.
    var registersBy401 = false
    /// Whether INVITE is challenged.
    var challengesInvite = true
    /// The realm of INVITE's challenges, where it is another.
    var inviteRealm: String?
    /// Whether INVITE is challenged with 401, as phones and many PBXs do.
    var invitesBy401 = false
    /// Further realms that stand first in INVITE's challenges.
    var strangeRealms: [String] = []
    /// Whether the phone rings, with a To tag, before INVITE is challenged.
    var ringsBeforeChallenge = false
    /// How many challenges call their nonce stale before the credentials are judged.
    var staleChallenges = 0
    /// Whether BYE is challenged, and for which realm.
    var challengesBye: String?
    /// What the phone answers to an INVITE of the right sender.
    var inviteStatus = 200
    /// The body of a 200 to an INVITE, and its type.
    var answer = (body: RawHost.offer, type: "application/sdp")
    /// The contacts that other devices hold.
    private(set) var registrar = Registrar(configuration: .init(minimumExpires: .seconds(10)))
    /// Every request that came, retransmissions left out.
    private(set) var requests: [SIPMessage] = []
    /// The instants of accepted REGISTERs.
    private(set) var registrations: [Instant] = []

    private let password: String
    private var endpoint: SIPEndpoint
    private var authenticators: [String: DigestAuthenticator] = [:]
    private var outbox: [(bytes: [UInt8], to: TransportAddress)] = []

    init(_ simulation: Simulation, at address: IPAddress = .v4(0xC000_0201), password: String = "right") {
        self.address = address
        self.password = password
        var configuration = SIPEndpoint.Configuration()
        configuration.allowedMethods.append(.register)
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: 77))
        simulation.add(self)
    }

    var signaling: TransportAddress { TransportAddress(host: self.address, port: 5_060) }
    var gauges: SIPEndpoint.Gauges { self.endpoint.gauges }
    var deadline: Instant? { [self.endpoint.deadline, self.registrar.deadline].compactMap(\.self).min() }

    func count(_ method: SIPMethod) -> Int { self.requests.count { $0.method == method } }

    /// Binds another device of extension 100.
    func addContact(_ contact: String) {
        let text = [
            "REGISTER sip:\(self.address) SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bKother",
            "Max-Forwards: 70", "From: <sip:100@\(self.address)>;tag=other", "To: <sip:100@\(self.address)>",
            "Call-ID: other-device", "CSeq: 1 REGISTER", "Contact: <\(contact)>", "Expires: 3600", "Content-Length: 0",
            "", "",
        ].joined(separator: "\r\n")
        guard let request = try? SIPMessage(Array(text.utf8)) else { return }
        _ = self.registrar.handle(request, toTag: "registrar", now: .zero)
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {
        let binding = LocalBinding(transport: .udp, address: self.signaling)
        self.endpoint.receive(bytes, from: source, on: binding, now: now)
        self.drain(now: now)
    }

    func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        _ = self.registrar.handleTimeout(now: now)
        self.drain(now: now)
    }

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        if !self.outbox.isEmpty {
            let next = self.outbox.removeFirst()
            return (next.bytes, self.signaling, next.to)
        }
        return self.endpoint.pollTransmit().map { ($0.bytes, self.signaling, $0.to) }
    }

    /// Calls the phone: sends an INVITE of the PBX, or the ACK to its 200.
    func send(_ method: String, toTag: String? = nil, to phone: TransportAddress) {
        let body = method == "INVITE" ? RawHost.offer : ""
        let text =
            [
                "\(method) sip:100@\(phone) SIP/2.0",
                "Via: SIP/2.0/UDP \(self.signaling);branch=z9hG4bKin\(method);rport", "Max-Forwards: 70",
                "From: <sip:200@\(self.address)>;tag=in",
                "To: <sip:100@\(self.address)>" + (toTag.map { ";tag=\($0)" } ?? ""),
                "Call-ID: incoming", "CSeq: 1 \(method)", "Contact: <sip:200@\(self.signaling)>",
            ] + (body.isEmpty ? [] : ["Content-Type: application/sdp"]) + [
                "Content-Length: \(body.utf8.count)", "", "",
            ]
        self.outbox.append((Array((text.joined(separator: "\r\n") + body).utf8), phone))
    }

    private func drain(now: Instant) {
        while let event = self.endpoint.pollEvent() {
            guard case .request(let id, let request, from: let source, on: _) = event else { continue }
            self.requests.append(request)
            switch request.method {
            case .register:
                guard self.admits(id, request, realm: self.realm, by401: self.registersBy401, now: now) else {
                    continue
                }
                self.registrations.append(now)
                let (response, _) = self.registrar.handle(request, from: source, toTag: "registrar", now: now)
                self.endpoint.respond(id, response, now: now)
            case .invite:
                if self.challengesInvite {
                    if self.ringsBeforeChallenge, let ringing = self.endpoint.makeResponse(180, to: id, toTag: "phone")
                    {
                        self.endpoint.respond(id, ringing, now: now)
                    }
                    let realm = self.inviteRealm ?? self.realm
                    guard
                        self.admits(
                            id,
                            request,
                            realm: realm,
                            by401: self.invitesBy401,
                            beside: self.strangeRealms,
                            now: now
                        )
                    else { continue }
                }
                self.answerInvite(id, request, now: now)
            case .bye:
                if let realm = self.challengesBye, !self.admits(id, request, realm: realm, now: now) { continue }
                self.respond(id, 200, now: now)
            default: self.respond(id, 200, now: now)
            }
        }
    }

    private func answerInvite(_ id: ServerTransactionID, _ request: SIPMessage, now: Instant) {
        guard var response = self.endpoint.makeResponse(self.inviteStatus, to: id, toTag: "phone") else { return }
        if self.inviteStatus == 200 {
            try? response.add(.contact, "<sip:phone@\(self.signaling)>")
            response.setBody(Array(self.answer.body.utf8), contentType: self.answer.type)
        }
        self.endpoint.respond(id, response, now: now)
    }

    private func respond(_ id: ServerTransactionID, _ status: Int, now: Instant) {
        guard let response = self.endpoint.makeResponse(status, to: id) else { return }
        self.endpoint.respond(id, response, now: now)
    }

    private func admits(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        realm: String,
        by401: Bool = false,
        beside others: [String] = [],
        now: Instant
    ) -> Bool {
        var authenticator =
            self.authenticators[realm] ?? DigestAuthenticator(realm: realm, key: Array(repeating: 7, count: 32))
        defer { self.authenticators[realm] = authenticator }
        let header: HeaderName = by401 ? .authorization : .proxyAuthorization
        let verdict = authenticator.verify(request, header: header, now: now) { name in
            name == "auth-id" ? self.password : nil
        }
        var isStale: Bool
        switch verdict {
        case .accepted where self.staleChallenges > 0:
            self.staleChallenges -= 1
            isStale = true
        case .accepted: return true
        case .challenge(let stale): isStale = stale
        case .refused: isStale = false
        }
        guard var response = self.endpoint.makeResponse(by401 ? 401 : 407, to: id) else { return false }
        let name: HeaderName = by401 ? .wwwAuthenticate : .proxyAuthenticate
        for other in others { try? response.add(name, DigestChallenge(realm: other, nonce: "x").description) }
        // Another time is another nonce.
        let time = now + .milliseconds(Int64(self.requests.count))
        try? response.add(name, authenticator.challenge(now: time, stale: isStale).description)
        self.endpoint.respond(id, response, now: now)
        return false
    }
}

/// A telephone with an account at a ``ScriptedExchange``.
struct AccountPhone {
    let simulation = Simulation(seed: 5)
    let pbx: ScriptedPBX
    let phone: SimulatedAgent

    init() {
        self.pbx = ScriptedPBX(self.simulation)
        self.phone = SimulatedAgent(self.simulation, at: .v4(0xC000_0232), seed: 9)
    }

    /// Adds the account.
    func add(
        password: String = "right",
        realms: [String] = [],
        byHand: Bool = false,
        registers: Identity.RegistrationPolicy = .disabled
    ) throws -> IdentityID {
        guard let address = SIPURI("sip:100@192.0.2.1") else { throw InvalidFixture() }
        let identity = Identity(
            addressOfRecord: address,
            credentials: DigestCredentials(username: "auth-id", password: password),
            realms: realms,
            answersFirstChallenge: byHand,
            registration: registers
        )
        return self.phone.add(identity, at: self.pbx.signaling)
    }

    /// Calls an extension and lets two seconds pass.
    func call(from account: IdentityID) throws -> CallID {
        guard let target = SIPURI("sip:200@192.0.2.1"), let call = self.phone.call(target, from: account) else {
            throw InvalidFixture()
        }
        self.simulation.run(for: .seconds(2))
        return call
    }

    struct InvalidFixture: Error {}
}
