public import CoreTypes
import Synchronization

/// One SIP message that passed the wire.
public struct SIPTraceEntry: Sendable {
    /// Which way it went.
    public enum Direction: String, Sendable {
        /// To us.
        case received
        /// From us.
        case sent
    }
    /// When, on the monotonic clock.
    public var instant: Instant
    /// Which way it went.
    public var direction: Direction
    /// The other side.
    public var remote: TransportAddress
    /// Our own address, as that side sees it.
    public var local: TransportAddress
    /// The message, or whatever it was.
    public var bytes: [UInt8]
}

/// A hook that sees every datagram of a signaling socket; called on its event loop, so it must be quick.
public struct SIPTrace: Sendable {
    let record: @Sendable (SIPTraceEntry) -> Void

    /// Makes a hook of a closure.
    public init(_ record: @escaping @Sendable (SIPTraceEntry) -> Void) {
        self.record = record
    }
}
