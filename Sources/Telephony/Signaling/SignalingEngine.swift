import CallCore
import CoreTypes
import SIPCore

/// A sans-IO engine that a ``SignalingDriver`` can run.
///
/// After each input its owner drains the transmits and the events and arms one timer for the deadline.
protocol SignalingEngine: ~Copyable {
    /// A datagram came.
    mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on binding: LocalBinding, now: Instant)
    /// The deadline has come.
    mutating func handleTimeout(now: Instant)
    /// The next datagram to send.
    mutating func pollTransmit() -> Transmit?
    /// When ``handleTimeout(now:)`` wants to be called.
    var deadline: Instant? { get }
}
