import CoreTypes
import Glibc
import SIPCore

/// What carries an engine's messages (RFC 3261 section 18); touched by the thread of its ``SignalingLoop`` only.
protocol Transport: AnyObject {
    /// What the poller watches.
    var descriptor: Int32 { get }
    /// Where it is bound.
    var localAddress: TransportAddress { get }
    /// Sends one message; why it could not leave. What is lost on the way is not known here.
    func send(_ transmit: Transmit, now: Instant) -> TransportFailure?
    /// Takes what has come, at most a burst.
    func receive(now: Instant, _ body: (TransportInput) -> Void)
    /// Has the system drop what the filter does not take; `nil` takes everything.
    func take(_ filter: HostFilter?)
    /// Gives the descriptor back.
    func close()
}

/// What a ``Transport`` brings.
enum TransportInput {
    /// A message, or whatever else was sent.
    case message([UInt8], from: TransportAddress)
    /// A message of ours did not arrive.
    case failure(TransportFailure)
}

/// A destination that cannot be reached (RFC 3261 section 18.4): the system had no route, or the network reported it by ICMP.
struct TransportFailure: Hashable, Sendable {
    /// Where a message was to go.
    let destination: TransportAddress
    /// What went wrong, and who says so; nobody where this machine found it itself.
    let fault: TransportFault

    /// Makes a failure of what the system says; `nil` when that says nothing of the destination.
    init?(_ destination: TransportAddress, code: Int32, reporter: IPAddress?) {
        let kind: TransportFault.Kind
        switch code {
        case ECONNREFUSED: kind = .portClosed
        case EHOSTUNREACH, EHOSTDOWN: kind = .hostUnreachable
        case ENETUNREACH, ENETDOWN: kind = .networkUnreachable
        case EPERM, EACCES: kind = .notPermitted
        case EMSGSIZE: kind = .tooLong
        default: return nil
        }
        self.destination = destination
        self.fault = TransportFault(kind, code: code, reporter: reporter)
    }
}
