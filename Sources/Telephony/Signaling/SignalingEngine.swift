import CallCore
package import CoreTypes
package import SIPCore

/// A sans-IO engine that a ``EngineRunner`` can run.
///
/// After each input its runner drains the transmits and the events and arms one timer for the deadline.
package protocol SignalingEngine: ~Copyable {
    /// A datagram came.
    mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on binding: LocalBinding, now: Instant)
    /// Whether what comes from this host may reach the transaction user outside of dialogs, so that our address toward it matters.
    func isKnown(_ source: IPAddress) -> Bool
    /// The hosts whose datagrams must not be lost in a flood of others', `nil` where everybody's matter.
    var hostsThatMatter: Set<IPAddress>? { get }
    /// Nothing that is sent to this address arrives (RFC 3261 section 18.4).
    mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding?,
        fault: TransportFault,
        now: Instant
    )
    /// The addresses of a name that was asked for are these.
    mutating func handleResolved(_ question: TargetQuestion, _ addresses: [IPAddress], now: Instant)
    /// The next name whose addresses are to be found.
    mutating func pollQuestion() -> TargetQuestion?
    /// The deadline has come.
    mutating func handleTimeout(now: Instant)
    /// The next datagram to send.
    mutating func pollTransmit() -> Transmit?
    /// When ``handleTimeout(now:)`` wants to be called.
    var deadline: Instant? { get }
}
