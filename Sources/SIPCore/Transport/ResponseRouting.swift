public import CoreTypes

/// Where a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4).
public enum ResponseRouting: Sendable {
    /// The address for the response to a request that came from `source`.
    ///
    /// Over a stream that is the connection that the request came from. Over UDP it is the address that the request
    /// came from, at the port that it came from when the client asked for `rport`, else at the port of sent-by. A
    /// `maddr` is not followed: a stranger could turn our responses on anyone with it.
    public static func destination(for via: Via, source: TransportAddress, isReliable: Bool) -> TransportAddress {
        guard !isReliable, via.rport == .absent else { return source }
        return TransportAddress(host: source.host, port: via.port ?? 5060)
    }

    /// As above, for a Via that was read but not copied.
    static func destination(for via: ViaReference, source: TransportAddress, isReliable: Bool) -> TransportAddress {
        guard !isReliable, !via.rport.isPresent else { return source }
        return TransportAddress(host: source.host, port: via.hasPort ? via.port : 5060)
    }
}
