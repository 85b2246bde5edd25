package import CoreTypes
package import SIPCore

/// Our requests on their way: where they go, which transaction carries them, and what becomes of them.
extension SignalingCore {
    /// Sends a request that is no session's; ``Output/response(_:_:by:)`` and ``Output/failed(_:_:)`` tell of it. Where nobody
    /// is at the destination the other addresses are tried in this order.
    ///
    /// Throws when the request lacks something.
    package mutating func send(
        _ request: SIPMessageBuilder,
        as id: RequestID,
        to destination: Destination,
        alternatives: [TransportAddress] = [],
        now: Instant
    ) throws(SIPBuildError) {
        let transport = destination.binding.transport
        let targets = ([destination.address] + alternatives).map { Target($0, transport: transport) }
        let number = self.makeErrandNumber()
        self.errands[number] = Errand(
            dispatch: Dispatch(request, to: TargetList(targets)),
            user: .request(id),
            binding: destination.binding
        )
        guard case .send(let target)? = self.errands[number]?.dispatch.start() else { return }
        do throws(SIPBuildError) {
            try self.transmit(request, to: target, as: number, now: now)
        } catch {
            self.drop(number)
            throw error
        }
    }

    /// The addresses of a name are these, the preferred first; none when it has none or nobody could be asked.
    package mutating func handleResolved(_ question: TargetQuestion, _ addresses: [IPAddress], now: Instant) {
        for number in self.asking.removeValue(forKey: question) ?? [] {
            self.takeAddresses(addresses, of: number, now: now)
        }
    }

    // MARK: Requests of sessions

    /// Sends a request of a session. The INVITE that begins it goes to the outbound proxy, whatever host the called URI names.
    mutating func send(
        _ request: SIPMessageBuilder,
        _ role: RequestRole,
        _ nextHop: SIPURI,
        of id: SessionID,
        now: Instant
    ) {
        guard let entry = self.entries[id] else { return }
        let proxy = entry.proxy.address
        let hop = role == .invite ? .proxy(port: nil) : NextHop(nextHop, proxy: proxy, proxyNames: entry.proxyNames)
        let dispatch: Dispatch
        switch hop {
        case .target(let target): dispatch = Dispatch(request, to: TargetList([target]))
        case .proxy(port: let port):
            let address = TransportAddress(host: proxy.host, port: port ?? proxy.port)
            let others = role == .invite ? entry.alternatives : []
            dispatch = Dispatch(request, to: TargetList(([address] + others).map { Target($0) }))
        case .name(let question, port: let port):
            if let resolved = entry.resolved, resolved.question == question {
                let targets = resolved.addresses.map { Target(TransportAddress(host: $0, port: port)) }
                dispatch = Dispatch(request, to: TargetList(targets))
            } else {
                dispatch = Dispatch(request, to: question, port: port)
            }
        }
        if role == .invite || role == .reinvite {
            for (old, oldRole) in entry.requests where oldRole == role { self.forget(old, of: id) }
        }
        let number = self.makeErrandNumber()
        self.entries[id]?.requests[number] = role
        self.errands[number] = Errand(dispatch: dispatch, user: .session(id, role), binding: entry.proxy.binding)
        let action = self.errands[number]?.dispatch.start() ?? .nothing
        self.perform(action, of: number, now: now)
    }

    /// Cancels a request of a session.
    mutating func cancel(_ number: UInt64, now: Instant) {
        guard let action = self.errands[number]?.dispatch.cancel() else { return }
        self.perform(action, of: number, now: now)
    }

    // MARK: What becomes of them

    /// A response came for a client transaction.
    mutating func handleResponse(_ transaction: ClientTransactionID, _ response: SIPMessage, now: Instant) {
        guard let number = self.carried[transaction], let user = self.errands[number]?.user,
            let target = self.errands[number]?.dispatch.target,
            let action = self.errands[number]?.dispatch.handleResponse(response.statusCode)
        else { return }
        guard case .deliver = action else {
            self.perform(action, of: number, now: now)
            return
        }
        switch user {
        case .request(let id):
            if response.statusCode >= 200 { self.drop(number) }
            self.outputs.append(.response(id, response, by: target))
        case .session(let id, let role):
            // A 2xx to INVITE may come again, and forks answer under the same transaction: that one is kept.
            let isInvite = role == .invite || role == .reinvite
            self.prefer(target, role, of: id)
            if response.statusCode >= 300 || (response.statusCode >= 200 && !isInvite) { self.forget(number, of: id) }
            if role == .invite, response.statusCode >= 300 {
                self.outputs.append(.session(id, .inviteRefused(response)))
            }
            self.update(id, now: now) { $0.handleResponse(response, role: role, now: now) }
        }
    }

    /// Has the further requests of a session go where one got a response.
    private mutating func prefer(_ target: Target, _ role: RequestRole, of id: SessionID) {
        guard let entry = self.entries[id] else { return }
        if role == .invite, entry.proxy.address != target.address { self.entries[id]?.proxy.address = target.address }
        guard let resolved = entry.resolved, resolved.addresses.first != target.address.host,
            resolved.addresses.contains(target.address.host)
        else { return }
        let others = resolved.addresses.filter { $0 != target.address.host }
        self.entries[id]?.resolved = (resolved.question, [target.address.host] + others)
    }

    /// A client transaction ended without a final response.
    mutating func handleFailure(_ transaction: ClientTransactionID, _ failure: TransactionFailure, now: Instant) {
        guard let number = self.carried[transaction],
            let action = self.errands[number]?.dispatch.handleFailure(failure)
        else { return }
        self.perform(action, of: number, now: now)
    }

    /// The addresses of the name that a request waits for are known, or will not be. A name that has none is one that only
    /// the proxy of the session knows.
    mutating func takeAddresses(_ addresses: [IPAddress], of number: UInt64, now: Instant) {
        guard let errand = self.errands[number], let question = errand.dispatch.question else { return }
        self.stopAsking(number, question)
        var proxy: TransportAddress?
        var usable = addresses
        if case .session(let id, _) = errand.user, let entry = self.entries[id] {
            let address = entry.proxy.address
            proxy = address
            usable = addresses.filter { NextHop.isReachable($0, from: address.host) }
            usable = Array(usable.prefix(TargetList.limit))
            if !usable.isEmpty {
                self.entries[id]?.resolved = (question, usable)
                self.list(id)
            }
        }
        let action = self.errands[number]?.dispatch.handleResolved(usable, fallback: proxy) ?? .nothing
        self.perform(action, of: number, now: now)
        self.failUnsent(now: now)
    }

    private mutating func perform(_ action: Dispatch.Action, of number: UInt64, now: Instant) {
        switch action {
        case .nothing, .deliver: break
        case .ask(let question): self.ask(question, for: number, now: now)
        case .send(let target):
            guard let errand = self.errands[number], let request = errand.dispatch.request else { return }
            do throws(SIPBuildError) {
                if case .session(let id, .ack(let key)) = errand.user {
                    try self.acknowledge(request, key, to: target, of: id, as: number, now: now)
                } else {
                    try self.transmit(request, to: target, as: number, now: now)
                }
            } catch {
                self.handleUnbuildable(number)
            }
        case .cancel:
            if let transaction = self.errands[number]?.transaction { self.endpoint.cancel(transaction, now: now) }
        case .fail(let failure): self.fail(number, failure, now: now)
        }
    }

    private mutating func fail(_ number: UInt64, _ failure: TransactionFailure, now: Instant) {
        guard let errand = self.errands[number] else { return }
        switch errand.user {
        case .request(let id):
            self.drop(number)
            self.outputs.append(.failed(id, failure))
        case .session(let id, let role):
            self.forget(number, of: id)
            // Where it went is no place to go to once more.
            self.entries[id]?.resolved = nil
            self.update(id, now: now) { $0.handleFailure(failure, role: role, now: now) }
        }
    }

    private mutating func handleUnbuildable(_ number: UInt64) {
        guard let errand = self.errands[number] else { return }
        switch errand.user {
        case .request(let id):
            self.drop(number)
            self.outputs.append(.failed(id, .transport(TransportFault(.other))))
        case .session(let id, let role):
            self.forget(number, of: id)
            self.unsent.append((id, role))
        }
    }

    // MARK: Sending

    private mutating func transmit(
        _ request: SIPMessageBuilder,
        to target: Target,
        as number: UInt64,
        now: Instant
    ) throws(SIPBuildError) {
        guard let errand = self.errands[number] else { return }
        if let former = errand.transaction { self.carried[former] = nil }
        let destination = Destination(address: target.address, binding: errand.binding)
        let transaction = try self.endpoint.send(request, to: destination, now: now)
        self.errands[number]?.transaction = transaction
        self.carried[transaction] = number
    }

    /// Sends an ACK to a 2xx and keeps its bytes; the oldest of many re-INVITEs are forgotten, for their 2xx come no more.
    private mutating func acknowledge(
        _ request: SIPMessageBuilder,
        _ key: AcknowledgmentKey,
        to target: Target,
        of id: SessionID,
        as number: UInt64,
        now: Instant
    ) throws(SIPBuildError) {
        guard let entry = self.entries[id] else { return }
        let destination = Destination(address: target.address, binding: entry.proxy.binding)
        let bytes = try self.endpoint.sendWithoutTransaction(request, to: destination, now: now)
        self.forget(number, of: id)
        var kept = entry.acknowledgments
        if kept.count >= Self.acknowledgmentLimit, let oldest = kept.keys.min(by: { $0.cSeq < $1.cSeq }) {
            kept[oldest] = nil
        }
        kept[key] = (bytes, destination)
        self.entries[id]?.acknowledgments = kept
    }

    /// How many ACKs a session keeps.
    private static var acknowledgmentLimit: Int { 32 }

    // MARK: Questions

    /// Asks for a name, once for all that wait. What a session may have waiting is limited: its peer chooses the names.
    private mutating func ask(_ question: TargetQuestion, for number: UInt64, now: Instant) {
        if case .session(let id, _)? = self.errands[number]?.user {
            var waiting = 0
            for other in self.entries[id]?.requests.keys ?? [:].keys where self.errands[other]?.dispatch.question != nil
            {
                waiting += 1
            }
            guard waiting <= Self.questionLimit else {
                self.takeAddresses([], of: number, now: now)
                return
            }
        }
        if self.asking[question] == nil { self.questions.append(question) }
        self.asking[question, default: []].append(number)
        self.lookups.schedule(number, at: now + self.lookupLimit)
    }

    private mutating func stopAsking(_ number: UInt64, _ question: TargetQuestion) {
        self.lookups.cancel(number)
        self.asking[question]?.removeAll { $0 == number }
        if self.asking[question]?.isEmpty == true { self.asking[question] = nil }
    }

    /// How many requests of a session wait for names at once.
    private static var questionLimit: Int { 8 }

    // MARK: Forgetting

    private mutating func forget(_ number: UInt64, of id: SessionID) {
        self.drop(number)
        self.entries[id]?.requests[number] = nil
    }

    mutating func drop(_ number: UInt64) {
        guard let errand = self.errands.removeValue(forKey: number) else { return }
        if let transaction = errand.transaction { self.carried[transaction] = nil }
        if let question = errand.dispatch.question { self.stopAsking(number, question) }
    }
}
