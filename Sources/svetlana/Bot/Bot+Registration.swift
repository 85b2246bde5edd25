import CallCore
import CoreTypes
import Logging
import SIPCore
import SIPDiagnostics
import Synchronization
import Telephony

/// The registration and the status of a bot.
extension Bot {
    /// Follows the registrations; logs what changes.
    func followRegistration(report: (@Sendable (AgentEvent) -> Void)? = nil) async {
        var lapse: Task<Void, Never>?
        defer { lapse?.cancel() }
        for await event in self.agent.events {
            report?(event)
            switch event {
            case .registered(let identity, granted: let granted, contacts: let contacts):
                lapse?.cancel()
                lapse = Task { [weak self] in await self?.noteLapse(after: granted) }
                self.noteRegistered(for: granted)
                let foreign = await self.agent.foreignContacts(among: contacts, of: identity)
                self.noteOthers(foreign, of: contacts.count)
            case .registrationFailed(_, let failure, retryAfter: let retry):
                await self.noteFailed(failure, retry: retry)
            case .unregistered:
                lapse?.cancel()
                self.state.withLock { $0.account.phase = .removed }
                self.logger.info("unregistered")
            case .refused(
                from: let source,
                method: let method,
                status: let status,
                reason: let reason,
                count: let count
            ):
                let refusals = Refusals(
                    source: source,
                    method: method,
                    status: status,
                    reason: reason,
                    count: count,
                    isKnown: self.agent.isPeer(source.host)
                )
                self.logger.notice("\(refusals.line)")
            case .callRefused(let id, let info, let reason): self.noteRefused(id, info, reason)
            case .incoming, .ringing, .answered, .media, .mediaEnded, .identityChanged, .unanswered, .ended, .bindings:
                break
            }
        }
    }

    // MARK: The registration

    private func noteRegistered(for granted: Duration) {
        let now = ContinuousClock.now
        let (account, wasRegistered) = self.state.withLock { state in
            let was = state.account.account(at: now).isRegistered
            state.account.phase = .confirmed(at: now, granted: granted)
            state.account.confirmation = (now, granted)
            return (state.account.account, was)
        }
        guard !wasRegistered else { return }
        let name = account.isEmpty ? "" : " as \(account)"
        self.logger.info("registered\(name)", metadata: ["expires": "\(granted.milliseconds / 1000) s"])
    }

    private func noteFailed(_ failure: RegistrationFailure, retry: Duration?) async {
        var diagnosis = self.diagnosis(of: failure)
        let (peer, hasResponded) = self.state.withLock { ($0.account.peer, $0.account.confirmation != nil) }
        switch failure {
        case .transport(let fault):
            if let peer {
                diagnosis = RegistrationDiagnosis(sip: self.configuration.sip, peer: "\(peer)")
                    .refused(fault, hasResponded: hasResponded)
            }
            if await self.followName() { return }
        case .timeout:
            if await self.followName() { return }
        case .wrongCredentials, .staleNonces, .challengeLoop, .credentialsMissing, .foreignRealm, .unsupportedChallenge,
            .rejected, .notGranted:
            break
        }
        let next = retry.map { "in \($0.milliseconds / 1000) s" }
        self.state.withLock { state in
            state.account.phase = .failed(
                diagnosis,
                failure.exitStatus,
                retryAt: retry.map { .now + .milliseconds($0.milliseconds) }
            )
        }
        var metadata: Logger.Metadata = ["retry": "\(next ?? "never")"]
        if !diagnosis.advice.isEmpty { metadata["advice"] = "\(diagnosis.advice.joined(separator: "; "))" }
        self.logger.error("not registered: \(diagnosis.summary)", metadata: metadata)
    }

    /// Looks up the name of a PBX that does not respond, for it may be elsewhere by now; whether it is registered with there.
    private func followName() async -> Bool {
        let sip = self.configuration.sip
        guard let pbx = sip.pbx, IPAddress(pbx.host) == nil else { return false }
        let agent = self.agent
        let address = await Abandonable.run(within: .seconds(10)) { try? await agent.followName() } ?? nil
        guard let address else { return false }
        let account = Self.account(sip, address)
        self.state.withLock { state in
            state.account.peer = address
            state.account.account = account
            state.account.confirmation = nil
            state.account.phase = .asking(since: .now)
        }
        self.logger.notice("the PBX has another address now: registering as \(account)")
        return true
    }

    /// Looks whether the network refuses the port of a PBX where nobody registers: the first call would tell it late.
    func watchPort() async {
        let peer = self.state.withLock { state -> TransportAddress? in
            switch state.account.phase {
            case .off: state.account.peer
            case .asking, .idle, .waiting, .confirmed, .failed, .removed: nil
            }
        }
        guard let peer, let fault = await PortRefusal.find(at: peer, within: .seconds(5)) else { return }
        let diagnosis = RegistrationDiagnosis(sip: self.configuration.sip, peer: "\(peer)").refused(fault)
        self.logger.warning(
            "\(diagnosis.summary); it is tried again and again",
            metadata: ["advice": "\(diagnosis.advice.joined(separator: "; "))"]
        )
    }

    /// Says that a registration is over whose refresh got no response: the try that is under way lasts much longer.
    private func noteLapse(after granted: Duration) async {
        guard (try? await Task.sleep(for: granted)) != nil else { return }
        let text = self.state.withLock { state -> String? in
            guard case .confirmed = state.account.phase else { return nil }
            return state.account.account(at: .now).text
        }
        guard let text else { return }
        self.logger.warning("\(text)")
        _ = await self.followName()
    }

    /// Reports each other device once, when it comes and when it is gone.
    private func noteOthers(_ foreign: [NameAddress], of count: Int) {
        // A registrar that rewrites what it lists may leave none that can be recognized as ours; one of them is it then.
        let isOwnKnown = foreign.count < count
        let devices = foreign.count > 1 || isOwnKnown ? OtherDevice.devices(of: foreign) : []
        let (new, gone) = self.state.withLock { state in
            let before = state.account.others
            state.account.others = devices
            let new = devices.filter { device in !before.contains { $0.address == device.address } }
            return (new, before.filter { device in !devices.contains { $0.address == device.address } })
        }
        if !new.isEmpty {
            let what =
                isOwnKnown
                ? "another device is registered on this extension"
                : "more than one device is registered on this extension, the bot one of them"
            self.logger.warning("\(what): \(OtherDevice.list(new))", metadata: ["advice": "\(OtherDevice.advice)"])
        }
        for device in gone { self.logger.info("the other device is gone: \(device.address)") }
    }

    private func diagnosis(of failure: RegistrationFailure) -> Diagnosis {
        let peer = self.state.withLock { $0.account.peer.map { "\($0)" } }
        return RegistrationDiagnosis(
            sip: self.configuration.sip,
            peer: peer ?? self.configuration.sip.pbx?.description ?? "the PBX"
        )(failure)
    }

    // MARK: The status

    /// How the bot is.
    func status() async -> BotStatus {
        let gauges = await self.agent.gauges()
        let (state, served) = self.state.withLock { ($0.account, $0.callsServed) }
        let account = state.account(at: .now)
        return BotStatus(
            registration: account.text,
            isRegistered: account.isRegistered,
            registersAtAll: self.configuration.sip.register,
            gauges: gauges,
            uptime: (ContinuousClock.now - self.started).inSeconds,
            callsServed: served,
            refusal: account.refusal?.rawValue,
            advice: account.advice,
            confirmedSecondsAgo: account.confirmedSecondsAgo,
            otherDevices: state.others.map(\.description),
            setup: self.setup
        )
    }
}

extension RegistrationFailure {
    /// The exit code of a probe that ends for this reason; a bot that runs never ends for it.
    var exitStatus: ExitStatus {
        switch self {
        case .wrongCredentials, .credentialsMissing, .foreignRealm, .unsupportedChallenge: .wrongCredentials
        case .rejected(status: 403, reason: _), .rejected(status: 404, reason: _): .wrongCredentials
        case .staleNonces, .challengeLoop, .rejected, .notGranted, .timeout, .transport: .noResponse
        }
    }
}

/// What the bot says of itself when it is up.
extension Bot {
    /// Says in one line what it does now, and in others what is seldom meant.
    func announce(_ found: PBXLookup.Found) {
        let sip = self.configuration.sip
        let own = self.agent.localAddress.map { "\($0)" } ?? "?"
        self.logger.info("listening", metadata: ["address": "\(own)"])
        for caution in self.configuration.cautions { self.logger.warning("\(caution)") }
        guard let peer = found.peer else {
            let count = self.configuration.trunk.peers.count
            let text =
                "no PBX to register with: calls come from \(count == 1 ? "the trunk's peer" : "\(count) peers of the trunk")"
            self.state.withLock { $0.account.phase = .off(text) }
            self.logger.info("\(text)")
            return
        }
        let account = Self.account(sip, peer)
        self.state.withLock { state in
            state.account.peer = peer
            state.account.account = account
            state.account.phase = sip.register ? .asking(since: .now) : .off("not registering: sip.register is false")
        }
        if sip.register { self.logger.info("registering as \(account) from \(own)") }
    }

    /// Who is registered where: with the name that is configured, and the address that was found for it.
    static func account(_ sip: SIPSettings, _ peer: TransportAddress) -> String {
        let user = PlainText.line(sip.extension ?? "the bot", limit: 64)
        let isName = sip.pbx.map { IPAddress($0.host) == nil } ?? false
        return isName ? "\(user) at \(sip.pbx?.host ?? "") (\(peer))" : "\(user) at \(peer)"
    }
}
