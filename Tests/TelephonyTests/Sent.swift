import SIPCore
import Synchronization

@testable import Telephony

/// The methods of the requests that left.
final class Sent: Sendable {
    private let methods = Mutex<[String]>([])
    var all: [String] { self.methods.withLock { $0 } }
    var trace: SIPTrace {
        SIPTrace { entry in
            guard entry.direction == .sent, let message = try? SIPMessage(entry.bytes), message.isRequest else {
                return
            }
            self.methods.withLock { $0.append(message.method.rawValue) }
        }
    }
}
