public import CoreTypes

/// Why the transport could not deliver a message, as far as the system tells (RFC 3261 section 18.4).
public struct TransportFault: Hashable, Sendable {
    /// What went wrong.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// Nothing listens on the port: ICMP port unreachable, a connection that was refused.
        case portClosed
        /// The host does not answer to its address, or a router has no way to it.
        case hostUnreachable
        /// There is no route to the network.
        case networkUnreachable
        /// A packet filter, here or on the way, forbids it.
        case notPermitted
        /// The message is too long for the path.
        case tooLong
        /// A connection closed.
        case connectionLost
        /// The name has no address that a message can be sent to.
        case unresolved
        /// Anything else.
        case other
    }

    /// What went wrong.
    public var kind: Kind
    /// The number that the system gave it (`errno`), if there is one.
    public var code: Int32?
    /// The host that reported it, where that is known: not always the one that the message was for.
    public var reporter: IPAddress?

    /// Makes a fault from its parts.
    public init(_ kind: Kind, code: Int32? = nil, reporter: IPAddress? = nil) {
        self.kind = kind
        self.code = code
        self.reporter = reporter
    }
}

extension TransportFault: CustomStringConvertible {
    /// What went wrong, for a person, without addresses.
    public var reason: String {
        switch self.kind {
        case .portClosed: "the port is closed"
        case .hostUnreachable: "the host cannot be reached"
        case .networkUnreachable: "there is no route to the network"
        case .notPermitted: "a packet filter forbids it"
        case .tooLong: "the message is too long for the path"
        case .connectionLost: "the connection was lost"
        case .unresolved: "the name has no address"
        case .other: self.code.map { "the system reports error \($0)" } ?? "the request could not be delivered"
        }
    }

    /// What went wrong, and who says so.
    public var description: String {
        self.reporter.map { "\(self.reason), says \($0)" } ?? self.reason
    }
}
