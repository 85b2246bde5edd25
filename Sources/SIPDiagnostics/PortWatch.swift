package import CoreTypes
import Foundation
import Synchronization

/// Learns at once that nothing listens on a port: one keep-alive (RFC 5626 section 3.5.1) from a connected socket.
///
/// A user agent's socket is not connected, so that it never hears the network's refusal.
package final class PortWatch: Sendable {
    private let isStarted = Atomic<Bool>(false)
    private let peer: TransportAddress
    private let onRefusal: @Sendable (Int32) -> Void

    /// Makes a watch; `onRefusal` gets the `errno`.
    package init(peer: TransportAddress, onRefusal: @escaping @Sendable (Int32) -> Void) {
        self.peer = peer
        self.onRefusal = onRefusal
    }

    /// Begins to watch, once.
    package func start() {
        guard !self.isStarted.exchange(true, ordering: .relaxed) else { return }
        let peer = self.peer
        let onRefusal = self.onRefusal
        // A thread of its own: waiting blocks.
        Thread.detachNewThread {
            do throws(ProbeSocket.Failure) {
                let socket = try ProbeSocket(to: peer)
                try socket.send([13, 10, 13, 10])
                let deadline = MonotonicClock.now + .seconds(5)
                while MonotonicClock.now < deadline {
                    if case .refused(let code) = socket.wait(until: deadline) {
                        onRefusal(code)
                        return
                    }
                }
            } catch {
                // No route, or a refusal that waited on the socket already.
                onRefusal(error.code)
            }
        }
    }
}
