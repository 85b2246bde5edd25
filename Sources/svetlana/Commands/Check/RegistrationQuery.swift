import CallCore
import CoreTypes
import SIPCore
import SIPDiagnostics
import Telephony

/// Asks the PBX which contacts it holds for the extension, from a free port, and binds nothing.
struct RegistrationQuery: Sendable {
    /// What came of it.
    enum Outcome: Sendable {
        /// The contacts that are held; whether it asked for credentials first.
        case held([NameAddress], challenged: Bool)
        /// It refused.
        case failed(RegistrationFailure)
        /// The network refused.
        case refused(TransportFault)
        /// Nothing came in time.
        case silent
        /// It could not be asked.
        case broken(Failure)
    }

    let configuration: BotConfiguration
    /// How long all of it may take.
    var limit = Duration.seconds(7)

    /// Asks.
    func ask(_ found: PBXLookup.Found) async -> Outcome {
        guard found.peer != nil else { return .silent }
        let ladder = Ladder()
        do {
            var settings = try self.configuration.userAgentConfiguration(port: 0)
            for index in settings.identities.indices { settings.identities[index].registration = .query }
            settings.trace = SIPTrace { entry in
                let direction: Ladder.Direction = entry.direction == .sent ? .sent : .received
                ladder.record(entry.bytes, direction, local: entry.local, remote: entry.remote, at: entry.instant)
            }
            let agent = try UserAgent(settings)
            try await agent.start()
            let outcome = await self.first(of: agent.events)
            await agent.stop()
            if case .held(let contacts, _) = outcome {
                return .held(contacts, challenged: ladder.responses.contains { [401, 407].contains($0.statusCode) })
            }
            return outcome
        } catch {
            return .broken(Failure(error))
        }
    }

    /// Whoever knows first decides: the PBX, the network that refuses the port, or the clock.
    private func first(of events: EventQueue<AgentEvent>) async -> Outcome {
        let limit = self.limit
        return await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                for await event in events {
                    switch event {
                    case .bindings(_, contacts: let contacts): return .held(contacts, challenged: false)
                    case .registrationFailed(_, .transport(let fault), retryAfter: _): return .refused(fault)
                    case .registrationFailed(_, let failure, retryAfter: _): return .failed(failure)
                    case .incoming, .callRefused, .ringing, .answered, .media, .mediaEnded, .identityChanged,
                        .unanswered, .ended,
                        .registered,
                        .unregistered, .refused:
                        continue
                    }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .silent
            }
            defer { group.cancelAll() }
            for await outcome in group {
                if let outcome { return outcome }
            }
            return .silent
        }
    }
}
