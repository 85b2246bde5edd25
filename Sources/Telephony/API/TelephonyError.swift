public import CallCore

/// Why something failed, at the top of the stack. Its description holds neither credentials nor numbers.
public enum TelephonyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The signaling port is taken by another program.
    case addressInUse(port: UInt16)
    /// The signaling socket could not be opened.
    case cannotBind(String)
    /// A host name has no address.
    case nameNotFound(host: String, reason: String)
    /// There is no route to the exchange.
    case noRoute(String)
    /// All RTP ports are in use.
    case portsExhausted(String)
    /// The target is not a SIP URI.
    case invalidTarget
    /// The call did not come about, or ended before it was answered.
    case callFailed(CallEndReason)
    /// The user agent is not running, or has stopped.
    case notRunning

    /// One line for a person: what is wrong and what to do.
    public var description: String {
        switch self {
        case .addressInUse(let port):
            "UDP port \(port) is in use by another program: stop it (ss -lnup shows it) or choose another port"
        case .cannotBind(let reason): "cannot open the signaling socket: \(reason)"
        case .nameNotFound(let host, let reason):
            "the name \(host) has no address (\(reason)): check the spelling and this machine's DNS"
        case .noRoute(let reason): "no route to the exchange: \(reason)"
        case .portsExhausted(let reason): reason
        case .invalidTarget: "the target is not a SIP URI such as sip:100@pbx.example"
        case .callFailed(let reason): "the call failed: \(reason.explanation)"
        case .notRunning: "the user agent is not running"
        }
    }
}

extension CallEndReason {
    /// What happened, for a person; without numbers or names.
    public var explanation: String {
        switch self {
        case .localHangup: "hung up by this side"
        case .remoteHangup: "hung up by the other side"
        case .cancelled: "the caller gave up"
        case .declined(let status): "declined with \(status)"
        case .rejected(let status, let reason): "refused with \(status) \(reason)"
        case .noAnswer: "nobody answered"
        case .timeout: "no answer from the exchange: check its address, port and firewall"
        case .transport(let reason): "network error: \(reason)"
        case .unauthorized(let reason): "the exchange did not authorize the call: \(reason)"
        case .incompatibleMedia(let reason): "no codec in common: \(reason)"
        case .notAcknowledged: "the other side never acknowledged our answer"
        case .mediaTimeout: "no audio arrived for a long time"
        }
    }
}
