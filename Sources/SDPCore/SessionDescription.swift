public import CoreTypes

/// A session description (RFC 8866 section 5).
///
/// It keeps what negotiation needs as typed values and all other known lines as they came, in `lines`.
public struct SessionDescription: Hashable, Sendable {
    /// Who made the description, and which version of it this is (o=).
    public var origin: SDPOrigin
    /// The name of the session (s=).
    public var name: String
    /// The address of all media that have none of their own (c=).
    public var connection: SDPConnection?
    /// The i=, u=, e=, p=, b=, t=, r=, z= and k= lines of the session.
    public var lines: [SDPLine]
    /// The attributes of the session (a=).
    public var attributes: [SDPAttribute]
    /// The media, in the order of their m= lines.
    public var media: [MediaDescription]

    /// Makes a description.
    public init(
        origin: SDPOrigin,
        name: String = "-",
        connection: SDPConnection? = nil,
        lines: [SDPLine] = [],
        attributes: [SDPAttribute] = [],
        media: [MediaDescription] = []
    ) {
        self.origin = origin
        self.name = name
        self.connection = connection
        self.lines = lines
        self.attributes = attributes
        self.media = media
    }

    /// Reads a description from the body of a message.
    ///
    /// Tolerates whatever a call does not need (RFC 8866 section 5 would have the description dropped): lines that end
    /// otherwise than in CRLF, lines of unknown type, out of order, repeated, missing, too long or too many, an o= line that
    /// makes no sense, and bytes behind the text. An m= line that cannot be read counts as refused. Throws `SDPParseError`.
    public init(_ bytes: ArraySlice<UInt8>, limits: SDPLimits = SDPLimits()) throws(SDPParseError) {
        var parser = SDPParser(bytes: bytes, limits: limits)
        self = try parser.parse()
    }

    /// Reads a description from bytes, as the other initializer does. Throws `SDPParseError`.
    public init(_ bytes: [UInt8], limits: SDPLimits = SDPLimits()) throws(SDPParseError) {
        try self.init(bytes[...], limits: limits)
    }

    /// The value of the session's first attribute of this name: empty for a flag, `nil` when there is none.
    public func attribute(_ name: String) -> String? {
        self.attributes.first { $0.name == name }.map { $0.value ?? "" }
    }

    /// The direction of a medium as its maker sees it: its own attribute, else the session's, else both ways.
    ///
    /// RFC 8866 section 6.7.
    public func direction(of media: MediaDescription) -> MediaDirection {
        MediaDirection(attributes: media.attributes) ?? MediaDirection(attributes: self.attributes) ?? .sendReceive
    }

    /// The connection of a medium: its own c= line, else the session's (RFC 8866 section 5.7).
    public func connection(of media: MediaDescription) -> SDPConnection? {
        media.connections.first ?? self.connection
    }
}

/// The o= line: who made a description, and which version of it this is (RFC 8866 section 5.2).
public struct SDPOrigin: Hashable, Sendable {
    /// The user's name on the originating host, or "-".
    public var username: String
    /// The number of the session.
    public var sessionID: UInt64
    /// The version of the description, which goes up by one when it changes.
    public var sessionVersion: UInt64
    /// Where the description was made: the address family and the address or name.
    public var connection: SDPConnection

    /// Makes an origin.
    public init(username: String = "-", sessionID: UInt64, sessionVersion: UInt64, connection: SDPConnection) {
        self.username = username
        self.sessionID = sessionID
        self.sessionVersion = sessionVersion
        self.connection = connection
    }
}

/// The c= line: where a medium is to be sent (RFC 8866 section 5.7).
public struct SDPConnection: Hashable, Sendable {
    /// The network, in practice "IN".
    public var network: String
    /// "IP4" or "IP6".
    public var addressType: String
    /// The address or name, with the suffix of a multicast address.
    public var address: String

    /// Makes a connection from its three fields.
    public init(network: String, addressType: String, address: String) {
        self.network = network
        self.addressType = addressType
        self.address = address
    }

    /// Makes the connection of an address.
    public init(_ address: IPAddress) {
        self.init(network: "IN", addressType: address.isIPv6 ? "IP6" : "IP4", address: address.description)
    }

    /// The address as a value, or `nil` when it is a name.
    public var ipAddress: IPAddress? {
        IPAddress(self.address.prefix { $0 != "/" })
    }

    /// Whether the network is the Internet and the address of a kind that there is.
    var isInternet: Bool {
        let type = self.addressType.lowercased()
        return self.network.lowercased() == "in" && (type == "ip4" || type == "ip6")
    }
}

/// An a= line: a name and perhaps a value (RFC 8866 section 5.13). Names are case-sensitive.
public struct SDPAttribute: Hashable, Sendable {
    /// The name, such as "rtpmap".
    public var name: String
    /// The value behind the colon; `nil` for a flag such as "sendonly".
    public var value: String?

    /// Makes an attribute.
    public init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }
}

/// A line that negotiation does not read: its letter and its value.
public struct SDPLine: Hashable, Sendable {
    /// The letter before the "=".
    public var type: UInt8
    /// What stands behind the "=".
    public var value: String

    /// Makes a line.
    public init(_ type: Unicode.Scalar, _ value: String) {
        self.init(type: UInt8(truncatingIfNeeded: type.value), value: value)
    }

    init(type: UInt8, value: String) {
        self.type = type
        self.value = value
    }
}
