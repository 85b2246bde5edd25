import CoreTypes
import Foundation
import SIPDiagnostics

/// Whether the network refuses a port: an `errno`, as an ICMP message brings it.
enum PortRefusal {
    /// Asks the port for a sign of refusal, and waits for it for `limit`; nil when none comes, which proves nothing.
    static func find(at peer: TransportAddress, within limit: Duration) async -> Int32? {
        let (codes, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingOldest(1))
        PortWatch(peer: peer) { code in
            continuation.yield(code)
            continuation.finish()
        }.start()
        let timer = Task {
            try? await Task.sleep(for: limit)
            continuation.finish()
        }
        defer { timer.cancel() }
        for await code in codes { return code }
        return nil
    }

    /// Whether nobody listens on the port.
    static func isRefusedPort(_ code: Int32) -> Bool { code == ECONNREFUSED }

    /// What the system calls it.
    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
