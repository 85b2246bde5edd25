import CallCore
import CoreTypes
import Logging
import SIPCore
import Synchronization
import Telephony

/// The registration and the status of a bot.
extension Bot {
    /// Follows the registrations; logs what changes.
    func followRegistration(report: (@Sendable (AgentEvent) -> Void)? = nil) async {
        for await event in self.agent.events {
            report?(event)
            switch event {
            case .registered(_, granted: let granted, contacts: let contacts):
                let wasRegistered = self.state.withLock { state in
                    defer { state.isRegistered = true }
                    state.refusal = nil
                    state.registration = "registered for \(granted.milliseconds / 1000) s"
                    return state.isRegistered
                }
                if !wasRegistered {
                    self.logger.info("registered", metadata: ["expires": "\(granted.milliseconds / 1000) s"])
                    if contacts.count > 1 {
                        self.logger.warning(
                            "another device is registered on this extension and will answer its calls: see sipctl register",
                            metadata: ["contacts": "\(contacts.count)"]
                        )
                    }
                }
            case .registrationFailed(_, let failure, retryAfter: let retry):
                let next = retry.map { "in \($0.milliseconds / 1000) s" }
                let text = Self.oneLine(failure.explanation)
                self.state.withLock { state in
                    state.isRegistered = false
                    state.refusal = failure.exitStatus
                    state.registration = "not registered: \(text)" + (next.map { " (tried again \($0))" } ?? "")
                }
                self.logger.error("not registered: \(text)", metadata: ["retry": "\(next ?? "never")"])
            case .unregistered:
                self.state.withLock { state in
                    state.isRegistered = false
                    state.registration = "unregistered"
                }
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
            case .incoming, .ringing, .answered, .media, .mediaEnded, .identityChanged, .ended, .bindings: break
            }
        }
    }

    /// What a PBX said, as it may stand in a log.
    private static func oneLine(_ text: String) -> String {
        String(
            text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "." : $0 }
        )
    }

    /// How the bot is.
    func status() async -> BotStatus {
        let gauges = await self.agent.gauges()
        let (registration, isRegistered, refusal, served) = self.state.withLock {
            ($0.registration, $0.isRegistered, $0.refusal, $0.callsServed)
        }
        return BotStatus(
            registration: registration,
            isRegistered: isRegistered,
            registersAtAll: self.configuration.sip.register,
            gauges: gauges,
            uptime: (ContinuousClock.now - self.started).inSeconds,
            callsServed: served,
            refusal: refusal?.rawValue
        )
    }
}

extension RegistrationFailure {
    /// What is wrong and what to do.
    var explanation: String {
        switch self {
        case .wrongCredentials:
            "the PBX refused the credentials: check sip.auth_id (on a 3CX not the extension) and the password"
        case .staleNonces:
            "the PBX calls each nonce stale that it gave a moment ago: the password is right; "
                + "nodes of the PBX may not know each other's nonces"
        case .challengeLoop: "the PBX and its proxies go on challenging, each time in another way: see its log"
        case .credentialsMissing: "the PBX asks for credentials: set sip.auth_id and sip.password_file"
        case .foreignRealm(let realm):
            "the PBX's challenge was not answered: it is for the realm \"\(realm.prefix(64))\", which is not in sip.realm"
        case .unsupportedChallenge:
            "the PBX's challenge was not answered: it is none that is known here (MD5, SHA-256, SHA-512-256)"
        case .rejected(status: 403, let reason):
            "the PBX refused with 403 \(reason): perhaps another device, or one that is gone, holds the only place of the "
                + "extension (max_contacts; see sipctl register), the extension or sip.auth_id is wrong, or it is barred"
        case .rejected(status: 404, let reason):
            "the PBX refused with 404 \(reason): it does not know the extension, or not yet: check sip.extension"
        case .rejected(let status, let reason): "the PBX refused with \(status) \(reason): check the extension"
        case .notGranted:
            "the PBX said yes and kept no contact of the bot: check the extension, and its limit of devices"
        case .timeout: "the PBX does not answer: check sip.pbx, its port and the firewall"
        case .transport: "the PBX cannot be reached: check sip.pbx and the network"
        }
    }

    /// The exit code of a probe that ends for this reason; a bot that runs never ends for it.
    var exitStatus: ExitStatus {
        switch self {
        case .wrongCredentials, .credentialsMissing, .foreignRealm, .unsupportedChallenge: .wrongCredentials
        case .rejected(status: 403, reason: _), .rejected(status: 404, reason: _): .wrongCredentials
        case .staleNonces, .challengeLoop, .rejected, .notGranted, .timeout, .transport: .noResponse
        }
    }
}
