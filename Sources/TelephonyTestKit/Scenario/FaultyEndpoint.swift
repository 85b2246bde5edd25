import CoreTypes
import SIPCore

/// An endpoint whose inputs and outputs pass through a ``Fault``; without one it is the endpoint and nothing else.
struct FaultyEndpoint: ~Copyable {
    private struct Key: Hashable {
        var branch: UInt64
        var method: MessageGlance.Method
        var isRequest: Bool
    }

    var endpoint: SIPEndpoint
    private let fault: Fault?
    private var seen: Set<Key> = []
    private var sent: [Key: [UInt8]] = [:]
    private var finals: [Key: SIPEndpointEvent] = [:]
    private var requests: [UInt64: SIPEndpointEvent] = [:]
    private var events: [SIPEndpointEvent] = []
    private var transmits: [Transmit] = []
    private var lastInput = Instant.zero

    init(configuration: SIPEndpoint.Configuration, random: SeededRandom, fault: Fault?) {
        let tables = fault?.amendment?.tables ?? .standard
        self.endpoint = SIPEndpoint(configuration: configuration, random: random, tables: tables)
        self.fault = fault
    }

    var deadline: Instant? {
        guard self.fault == .neverForgets, let deadline = self.endpoint.deadline else { return self.endpoint.deadline }
        return deadline - self.lastInput > .seconds(31) ? nil : deadline
    }

    mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        if self.fault != nil, !self.admits(bytes, on: binding, now: now) { return }
        self.endpoint.receive(bytes, from: source, on: binding, now: now)
    }

    mutating func handleTimeout(now: Instant) {
        self.lastInput = now
        self.endpoint.handleTimeout(now: now)
    }

    mutating func cancel(_ id: ClientTransactionID, on binding: LocalBinding, now: Instant) {
        if self.fault == .cancelsTooEarly, let invite = self.endpoint.request(of: id),
            let trying = try? SIPMessageBuilder(response: 100, to: invite, toTag: nil).build()
        {
            self.endpoint.receive(trying.bytes, from: binding.address, on: binding, now: now)
        }
        self.endpoint.cancel(id, now: now)
    }

    mutating func pollTransmit() -> Transmit? {
        guard let fault else { return self.endpoint.pollTransmit() }
        if let transmit = self.transmits.popLast() { return transmit }
        while var transmit = self.endpoint.pollTransmit() {
            let glance = MessageGlance(transmit.bytes)
            let key = Key(branch: glance.branch, method: glance.method, isRequest: glance.isRequest)
            let former = self.sent[key]
            if glance.isRequest || glance.status >= 200 { self.sent[key] = transmit.bytes }
            switch fault {
            case .dropsACKToRetransmittedRefusal where glance.isRequest && glance.method == .ack && former != nil:
                continue
            case .givesACKAnotherBranch where glance.isRequest && glance.method == .ack:
                if let last = glance.branchRange.last { transmit.bytes[last] ^= 1 }
            case .neverRetransmitsSuccess where glance.method == .invite && 200..<300 ~= glance.status && former != nil:
                continue
            case .neverRetransmitsRequest where glance.isRequest && glance.method != .ack && former != nil: continue
            case .sendsEverythingTwice: self.transmits.append(transmit)
            case .changesItsResponse where glance.status >= 300 && former != nil:
                transmit.bytes[10] = transmit.bytes[10] == 0x39 ? 0x38 : transmit.bytes[10] + 1
            case .ignoresRetransmittedRequest where glance.status >= 200 && glance.method != .invite && former != nil:
                continue
            default: break
            }
            return transmit
        }
        return nil
    }

    mutating func pollEvent() -> SIPEndpointEvent? {
        guard let fault else { return self.endpoint.pollEvent() }
        if let event = self.events.popLast() { return event }
        while let event = self.endpoint.pollEvent() {
            switch (fault, event) {
            case (.hidesTimeout, .failed(_, .timeout)): continue
            case (.forgetsTimerH, .serverTransactionEnded(_, acknowledged: false)): continue
            case (.failsAfterTheResponse, .response(let id, let response)) where response.statusCode >= 300:
                self.events.append(.failed(id, .timeout))
            case (.servesRetransmittedRequest, .request(_, let request, from: _, on: _)):
                self.requests[MessageGlance(request.bytes).branch] = event
            case (.deliversRetransmittedResponse, .response(_, let response)) where response.statusCode >= 200:
                let glance = MessageGlance(response.bytes)
                self.finals[Key(branch: glance.branch, method: glance.method, isRequest: false)] = event
            default: break
            }
            return event
        }
        return nil
    }

    /// Whether the endpoint gets to see what came.
    private mutating func admits(_ bytes: [UInt8], on binding: LocalBinding, now: Instant) -> Bool {
        self.lastInput = now
        let glance = MessageGlance(bytes)
        let key = Key(branch: glance.branch, method: glance.method, isRequest: glance.isRequest)
        switch self.fault {
        case .ignoresCancel where glance.isRequest && glance.method == .cancel: return false
        case .ignoresACK where glance.isRequest && glance.method == .ack: return false
        case .servesRetransmittedRequest where glance.isRequest:
            if let event = self.requests[glance.branch], glance.method != .ack, glance.method != .cancel {
                self.events.append(event)
            }
        case .deliversRetransmittedResponse where glance.status >= 200:
            if let event = self.finals[key] { self.events.append(event) }
        case .retransmitsAfterTheResponse where glance.status >= 200 && self.seen.insert(key).inserted:
            let request = Key(branch: glance.branch, method: glance.method, isRequest: true)
            if let bytes = self.sent[request], let message = try? SIPMessage(bytes),
                let host = message.requestURI.flatMap({ IPAddress($0.host) })
            {
                let to = TransportAddress(host: host, port: 5_060)
                self.transmits.append(Transmit(bytes: bytes, to: to, binding: binding))
            }
        default: break
        }
        return true
    }
}
