package import CoreTypes
import Foundation
import Glibc
import Synchronization

/// Learns at once that nothing listens on a port: one keep-alive (RFC 5626 section 3.5.1) from a connected socket.
///
/// A user agent's socket is not connected, so that it never hears the network's refusal.
package final class PortWatch: Sendable {
    private let isStarted = Atomic<Bool>(false)
    private let peer: TransportAddress
    private let onRefusal: @Sendable (Int32, IPAddress?) -> Void

    /// Makes a watch; `onRefusal` gets the `errno`.
    package convenience init(peer: TransportAddress, onRefusal: @escaping @Sendable (Int32) -> Void) {
        self.init(peer: peer) { code, _ in onRefusal(code) }
    }

    /// Makes a watch; `onReport` gets the `errno` and the host that reported it, where that is known: a firewall on the way
    /// may refuse in the PBX's place.
    package init(peer: TransportAddress, onReport: @escaping @Sendable (Int32, IPAddress?) -> Void) {
        self.peer = peer
        self.onRefusal = onReport
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
                    // What is not for good, such as a host that does not answer ARP yet, is no refusal.
                    guard case .refused(let code) = socket.wait(until: deadline) else { continue }
                    let reporter = socket.takeReporter()
                    guard code == ECONNREFUSED else { continue }
                    onRefusal(code, reporter)
                    return
                }
            } catch {
                // No route, or a refusal that waited on the socket already.
                onRefusal(error.code, nil)
            }
        }
    }
}
