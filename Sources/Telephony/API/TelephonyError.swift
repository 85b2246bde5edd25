public import CallCore

/// Why something failed, at the top of the stack. Its description holds neither credentials nor numbers.
public enum TelephonyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The signaling port is taken by another program.
    case addressInUse(port: UInt16)
    /// The signaling socket could not be opened.
    case cannotBind(String)
    /// A host name has no address.
    case nameNotFound(host: String, reason: String)
    /// There is no route to the PBX.
    case noRoute(String)
    /// All RTP ports are in use.
    case portsExhausted(String)
    /// The target is not a SIP URI.
    case invalidTarget
    /// The target asks for TLS, and there is none.
    case insecureTransport
    /// The call did not come about, or ended before it was answered.
    case callFailed(CallEndReason)
    /// The user agent is not running, or has stopped.
    case notRunning
    /// The call that came in was answered or refused before.
    case alreadyDecided

    /// One line for a person: what is wrong and what to do.
    public var description: String {
        switch self {
        case .addressInUse(let port):
            "UDP port \(port) is in use by another program: stop it (ss -lnup shows it) or choose another port"
        case .cannotBind(let reason): "cannot open the signaling socket: \(reason)"
        case .nameNotFound(let host, let reason):
            "the name \(host) has no address (\(reason)): check the spelling and this machine's DNS"
        case .noRoute(let reason): "no route to the PBX: \(reason)"
        case .portsExhausted(let reason): reason
        case .invalidTarget: "the target is no extension, no number and no SIP URI such as sip:100@pbx.example"
        case .insecureTransport: "sips: asks for TLS on every hop, and there is no TLS here: call the sip: URI instead"
        case .callFailed(let reason): "the call failed: \(reason.explanation)"
        case .notRunning:
            "the user agent is not running: it was not started, or has stopped, after which a new one is needed"
        case .alreadyDecided: "the call was answered or refused before: that can be done once"
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
        case .released(let cause, let status):
            cause.explanation + (status.map { " (\($0), \(cause.reference))" } ?? " (\(cause.reference))")
        case .noAnswer: "nobody answered"
        case .timeout: "no response from the PBX: check its address, port and firewall"
        case .unreachable(let fault): "network error: \(fault)"
        case .transport(let reason): "network error: \(reason)"
        case .unauthorized(let reason): "the PBX did not authorize the call: \(reason)"
        case .incompatibleMedia(let reason): "no codec in common: \(reason)"
        case .notAcknowledged: "the other side never acknowledged our 200"
        case .mediaTimeout: "no audio arrived for a long time"
        }
    }
}

extension ReleaseCause {
    /// What happened, for a person; without numbers or names.
    public var explanation: String {
        switch self.kind {
        case .busy: "the called party is busy"
        case .declined: "the called party declined"
        case .noAnswer: "nobody answered"
        case .unknownNumber: "there is no such number"
        case .outOfOrder: "the called telephone cannot be reached"
        case .congestion: "the network has no room for the call"
        case .barred: "the network does not allow this call"
        case .answeredElsewhere: "somebody else answered"
        case .normal: "the call is over"
        case .other: "the call was released"
        }
    }

    /// The cause as its table has it.
    public var reference: String {
        switch self.table {
        case .q850: "Q.850 cause \(self.code)"
        case .sip: "SIP cause \(self.code)"
        }
    }
}
