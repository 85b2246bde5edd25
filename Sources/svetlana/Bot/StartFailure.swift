import CoreTypes
import Foundation
import Telephony

/// Why the telephone's socket cannot be opened, in the words of the configuration.
enum StartFailure {
    /// An error of the start with who holds the port, or what is wrong with the address.
    static func explained(_ error: any Error, _ configuration: BotConfiguration) -> any Error {
        guard case TelephonyError.addressInUse(let port) = error else { return error }
        return Failure(.portInUse, Self.words(EADDRINUSE, port: port, configuration))
    }

    /// What an `errno` of binding means.
    static func words(
        _ code: Int32,
        port: UInt16,
        _ configuration: BotConfiguration,
        holder: (UInt16) -> String? = { PortHolder.name(ofPort: $0) }
    ) -> String {
        switch code {
        case EADDRINUSE:
            let who = holder(port) ?? "another program (ss -lnup shows it)"
            return "UDP port \(port) is in use by \(who): stop it, or set sip.port to another"
        case EADDRNOTAVAIL:
            return
                "sip.local_address: \(configuration.sip.localAddress ?? "it") is no address of this machine (ip addr shows them)"
        case EACCES, EPERM: return "UDP port \(port) may not be used by this user: set sip.port to one above 1023"
        default: return "UDP port \(port) cannot be used: \(String(cString: strerror(code)))"
        }
    }

    /// The exit code that fits.
    static func status(_ code: Int32) -> ExitStatus { code == EADDRNOTAVAIL ? .configuration : .portInUse }
}
