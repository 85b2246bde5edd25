import CoreTypes
import SIPCore

/// An endpoint and its owner on a bench, in virtual time: says in a few words what a message was answered.
struct TortureBench: ~Copyable {
    private var endpoint: SIPEndpoint
    private let owner: TortureCase.Owner
    private var registrar = Registrar()
    private var authenticator = DigestAuthenticator(realm: "home.example", key: Array(0..<32))
    private let binding: LocalBinding
    private let source: TransportAddress
    private(set) var complaints: [String] = []
    /// What was answered at last, and where it went.
    private(set) var sent: [Transmit] = []

    init(
        owner: TortureCase.Owner,
        source: String = "192.0.2.10:5060",
        binding: String = "192.0.2.1:5060",
        _ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }
    ) {
        var configuration = SIPEndpoint.Configuration()
        switch owner {
        case .userAgent: break
        case .omnivore: configuration.content.acceptedTypes = [:]
        case .registrar, .guardedRegistrar: configuration.allowedMethods.append(.register)
        }
        change(&configuration)
        self.owner = owner
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: 4475))
        self.binding = LocalBinding(transport: .udp, address: address(binding))
        self.source = address(source)
    }

    /// What became of the bytes:
    ///
    /// - "200 by the owner": the owner was asked, and answered so;
    /// - "415 Accept: …": the endpoint answered so by itself, with the header that explains it;
    /// - "dropped as malformed", "dropped as stray": nothing was sent.
    mutating func answer(to bytes: [UInt8], isAccepted: Bool) -> String {
        self.endpoint.receive(bytes, from: self.source, on: self.binding, now: .zero)
        var events = self.drain(now: .zero)
        self.sent = []
        while let transmit = self.endpoint.pollTransmit() { self.sent.append(transmit) }
        let counters = self.endpoint.counters
        let words = self.words(events.isAsked, bytes, isAccepted: isAccepted)
        // Whatever it was, nothing is left of it: without ACK an INVITE's transaction lasts longest.
        while let deadline = self.endpoint.deadline {
            self.endpoint.handleTimeout(now: deadline)
            events = self.drain(now: deadline)
            while self.endpoint.pollTransmit() != nil {}
        }
        if self.endpoint.gauges != SIPEndpoint.Gauges() { self.complaints.append("something was left behind") }
        if self.sent.isEmpty {
            if counters.malformed == 1 { return "dropped as malformed" }
            if counters.strayResponses == 1 { return "dropped as stray" }
            self.complaints.append("nothing was counted")
        }
        return words
    }

    private struct Events {
        var isAsked = false
    }

    private mutating func drain(now: Instant) -> Events {
        var result = Events()
        while let event = self.endpoint.pollEvent() {
            guard case .request(let id, let request, from: _, on: _) = event else { continue }
            result.isAsked = true
            self.respond(id, request, now: now)
        }
        return result
    }

    private mutating func respond(_ id: ServerTransactionID, _ request: SIPMessage, now: Instant) {
        if request.method == .register {
            if self.owner == .guardedRegistrar,
                case .challenge = self.authenticator.verify(
                    request,
                    header: .authorization,
                    now: now,
                    password: { _ in nil }
                )
            {
                guard var response = self.endpoint.makeResponse(401, to: id) else { return }
                try? response.add(.wwwAuthenticate, self.authenticator.challenge(now: now).description)
                self.endpoint.respond(id, response, now: now)
                return
            }
            let served = self.registrar.handle(request, from: self.source, toTag: "registrar", now: now)
            self.endpoint.respond(id, served.response, now: now)
            return
        }
        guard let response = self.endpoint.makeResponse(request.toTag == nil ? 200 : 481, to: id) else { return }
        self.endpoint.respond(id, response, now: now)
    }

    /// The contacts that a registrar holds for a user.
    func contacts(of user: SIPURI) -> [String] {
        self.registrar.bindings(of: user, now: .zero).map(\.contact.description).sorted()
    }

    private mutating func words(_ isAsked: Bool, _ bytes: [UInt8], isAccepted: Bool) -> String {
        guard let transmit = self.sent.first else { return "nothing" }
        if self.sent.count > 1 { self.complaints.append("\(self.sent.count) messages were sent") }
        let text = String(decoding: transmit.bytes, as: UTF8.self)
        let lines = text.split(separator: "\r\n").map(String.init)
        let status = String(lines.first?.dropFirst("SIP/2.0 ".count).prefix(3) ?? "")
        guard isAccepted else {
            // The answer to a broken request repeats the Vias as they came, and may be as broken.
            if transmit.to != self.source { self.complaints.append("the refusal went elsewhere") }
            if !lines.contains(where: { $0.hasPrefix("Via: ") }) { self.complaints.append("the refusal has no Via") }
            return status
        }
        guard let request = try? SIPMessage(bytes), let response = try? SIPMessage(transmit.bytes) else {
            self.complaints.append("the answer is no message")
            return status
        }
        self.compare(response, request)
        if isAsked { return "\(status) by the \(request.method == .register ? "registrar" : "owner")" }
        for name: HeaderName in [.unsupported, .accept, .acceptEncoding] where response.contains(name) {
            return "\(status) \(name): \(response.values(name).joined(separator: ", "))"
        }
        return response.contains(.allow) ? "\(status) Allow" : status
    }

    /// RFC 3261 section 8.2.6.2.
    private mutating func compare(_ response: SIPMessage, _ request: SIPMessage) {
        if response.vias.count != request.vias.count { self.complaints.append("a Via of the answer is missing") }
        if response.vias.dropFirst() != request.vias.dropFirst() { self.complaints.append("a Via was changed") }
        if response.topVia.branch != request.topVia.branch { self.complaints.append("the branch was changed") }
        if response.callID != request.callID || response.cSeq != request.cSeq || response.from != request.from {
            self.complaints.append("the answer does not belong to the request")
        }
        if response.to.uri != request.to.uri || response.toTag == nil { self.complaints.append("the To is wrong") }
        if let tag = request.toTag, response.toTag != tag { self.complaints.append("the To tag was changed") }
    }
}
