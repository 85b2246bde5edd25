public import CoreTypes

/// What a server writes into the top Via of a request that it received (RFC 3261 section 18.2.1, RFC 3581 section 4).
public enum ViaRules: Sendable {
    /// The request with `received` and `rport` filled in from where it came.
    ///
    /// `received` is written when sent-by is a name or another address than the source, and always when the client asked
    /// for `rport`; a `received` or a value of `rport` that the client sent itself is never believed. A message that
    /// needs no change is given back as it is. Throws when the message would grow beyond the limit.
    public static func received(
        _ request: SIPMessage,
        from source: TransportAddress
    ) throws(SIPParseError) -> SIPMessage {
        guard request.isRequest else { return request }
        var via = request.topVia
        let asks = via.rport != .absent
        if asks { via.parameters.set("rport", "\(source.port)") }
        if asks || IPAddress(via.host) != source.host {
            via.parameters.set("received", source.host.description)
        } else {
            via.parameters.remove("received")
        }
        guard via != request.topVia else { return request }
        let range = request.core.topVia.whole.range
        var bytes: [UInt8] = []
        bytes.reserveCapacity(request.length + 64)
        bytes += request.storage[..<range.lowerBound]
        bytes += via.description.utf8
        bytes += request.storage[range.upperBound..<request.length]
        return try SIPMessage(bytes)
    }
}
