import CoreTypes
import Foundation
import SIPCore
import SIPDiagnostics

/// Whether the network refuses the port of a PBX that is sent nothing else: where a REGISTER or a call is on its way, its own
/// transaction tells.
enum PortRefusal {
    /// Asks the port for a sign of refusal by a keep-alive (RFC 5626 section 3.5.1), and waits for it for `limit`; `nil` when none
    /// comes, which proves nothing.
    static func find(at peer: TransportAddress, within limit: Duration) async -> TransportFault? {
        await withCheckedContinuation { continuation in
            // A thread of its own: waiting blocks.
            Thread.detachNewThread { continuation.resume(returning: self.wait(at: peer, within: limit)) }
        }
    }

    private static func wait(at peer: TransportAddress, within limit: Duration) -> TransportFault? {
        do throws(ProbeSocket.Failure) {
            let socket = try ProbeSocket(to: peer)
            try socket.send([13, 10, 13, 10])
            let deadline = MonotonicClock.now + limit
            while MonotonicClock.now < deadline {
                // What is not for good, such as a host that does not answer ARP yet, is no refusal.
                guard case .refused(let code) = socket.wait(until: deadline), code == ECONNREFUSED else { continue }
                return TransportFault(.portClosed, code: code, reporter: socket.takeReporter())
            }
            return nil
        } catch {
            // No route, or a refusal that waited on the socket already.
            return TransportFault(error.code == ECONNREFUSED ? .portClosed : .networkUnreachable, code: error.code)
        }
    }
}
