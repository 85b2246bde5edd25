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
                let text = failure.explanation
                self.state.withLock { state in
                    state.isRegistered = false
                    state.registration = "not registered: \(text)"
                }
                self.logger.error(
                    "not registered: \(text)",
                    metadata: ["retry": "\(retry.map { "in \($0.milliseconds / 1000) s" } ?? "never")"]
                )
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
            case .incoming, .ringing, .answered, .media, .identityChanged, .ended: break
            }
        }
    }

    /// How the bot is.
    func status() async -> BotStatus {
        let gauges = await self.agent.gauges()
        let (registration, isRegistered, served) = self.state.withLock {
            ($0.registration, $0.isRegistered, $0.callsServed)
        }
        return BotStatus(
            registration: registration,
            isRegistered: isRegistered,
            registersAtAll: self.configuration.sip.register,
            gauges: gauges,
            uptime: (ContinuousClock.now - self.started).inSeconds,
            callsServed: served
        )
    }
}

extension RegistrationFailure {
    /// What is wrong and what to do.
    var explanation: String {
        switch self {
        case .wrongCredentials:
            "the PBX refused the credentials: check sip.auth_id (on a 3CX not the extension) and the password"
        case .credentialsMissing: "the PBX asks for credentials: set sip.auth_id and sip.password_file"
        case .challengeRefused(let why): "the PBX's challenge was not answered: \(why); check sip.realm"
        case .rejected(let status, let reason): "the PBX refused with \(status) \(reason): check the extension"
        case .timeout: "the PBX does not answer: check sip.pbx, its port and the firewall"
        case .transport: "the PBX cannot be reached: check sip.pbx and the network"
        }
    }

    /// The exit code of a program that ends for this reason.
    var exitStatus: ExitStatus {
        switch self {
        case .wrongCredentials, .credentialsMissing, .challengeRefused: .wrongCredentials
        case .rejected(status: 403, reason: _), .rejected(status: 404, reason: _): .wrongCredentials
        case .rejected, .timeout, .transport: .noResponse
        }
    }
}
