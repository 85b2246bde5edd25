import CallCore
public import CoreTypes
import SIPCore
import Synchronization

extension UserAgent {
    /// Looks up the name of an account's PBX again, and registers where it is now when that is another place.
    ///
    /// Gives the new place, or `nil` when it is the same.
    /// - Throws: ``TelephonyError`` when the name has no address now; the account stays as it was.
    public func followName(of identity: Int = 0) async throws -> TransportAddress? {
        guard let running = self.running, running.identities.indices.contains(identity) else { return nil }
        let address = try await Self.resolve(self.configuration.identities[identity].addressOfRecord)
        guard running.destinations[identity].address != address else { return nil }
        let account = running.identities[identity]
        let destination = try await running.socket.perform { engine, runner, now in
            let destination = Destination(address: address, binding: runner.binding(for: address))
            engine.move(account, to: destination, now: now)
            return destination
        }
        self.state.withLock { state in
            guard case .running(var running) = state.phase else { return }
            running.destinations[identity] = destination
            state.phase = .running(running)
        }
        return address
    }
}
