public import CoreTypes

/// One of our sockets: over what it speaks and which address a Via names for it.
public struct LocalBinding: Hashable, Sendable {
    /// The transport protocol.
    public var transport: TransportProtocol
    /// The address that Via and Contact advertise.
    public var address: TransportAddress
    /// Which of the driver's sockets it is.
    public var index: Int

    /// Makes a binding from its parts.
    public init(transport: TransportProtocol, address: TransportAddress, index: Int = 0) {
        self.transport = transport
        self.address = address
        self.index = index
    }
}

/// Where a request goes, and from which socket.
public struct Destination: Hashable, Sendable {
    /// The address of the next hop.
    public var address: TransportAddress
    /// The socket that sends.
    public var binding: LocalBinding

    /// Makes a destination from its parts.
    public init(address: TransportAddress, binding: LocalBinding) {
        self.address = address
        self.binding = binding
    }
}

/// A message that is to leave.
public struct Transmit: Sendable, Equatable {
    /// The bytes of the message.
    public var bytes: [UInt8]
    /// Where they go.
    public var to: TransportAddress
    /// The socket that sends them.
    public var binding: LocalBinding

    /// Makes a transmit from its parts.
    public init(bytes: [UInt8], to: TransportAddress, binding: LocalBinding) {
        self.bytes = bytes
        self.to = to
        self.binding = binding
    }
}
