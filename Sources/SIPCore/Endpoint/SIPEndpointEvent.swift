public import CoreTypes

/// The name of one of our client transactions; never given twice by an endpoint.
public struct ClientTransactionID: Hashable, Sendable {
    let identifier: TransactionTable.Identifier
}

/// The name of one of our server transactions; never given twice by an endpoint.
public struct ServerTransactionID: Hashable, Sendable {
    let identifier: TransactionTable.Identifier

    /// An identifier of no transaction, for tests of machines that only carry it.
    public static func placeholder(_ number: UInt32) -> ServerTransactionID {
        ServerTransactionID(identifier: .init(slot: number, serial: .max))
    }
}

/// What happened at an endpoint; drained by `pollEvent`.
public enum SIPEndpointEvent: Sendable {
    /// A new request came that the transaction user is to answer: any method but ACK and CANCEL, with a To tag or without.
    ///
    /// It is as it came: `received` and `rport` (RFC 3261 section 18.2.1, RFC 3581) are filled in by its responses.
    case request(ServerTransactionID, SIPMessage, from: TransportAddress, on: LocalBinding)
    /// An ACK to a 2xx came; each retransmission is reported too.
    case acknowledged(SIPMessage, from: TransportAddress)
    /// An INVITE was canceled, and the CANCEL answered with 200; the INVITE waits for the transaction user's 487.
    case cancelled(ServerTransactionID)
    /// A response came: every 1xx, the first final one, and for INVITE each 2xx with retransmissions and forks.
    case response(ClientTransactionID, SIPMessage)
    /// A request got no final response; nothing more follows for it.
    case failed(ClientTransactionID, TransactionFailure)
    /// A request of the peer is done with; reported once for each `.request`.
    ///
    /// For an INVITE `acknowledged` says whether the ACK came, for other methods whether a final response was given by
    /// the transaction user.
    case serverTransactionEnded(ServerTransactionID, acknowledged: Bool)
    /// A response could not be delivered; the transaction goes on.
    case undeliverable(ServerTransactionID)
    /// Bytes came that are no message; `answered` says whether a 4xx or 505 was sent. Of many from one source the first
    /// gets a response, and those behind it by `.refused`, where refusals are summed up.
    case malformed(SIPParseError, from: TransportAddress, answered: Bool)
    /// Requests were refused without asking the transaction user: one, or as many as were summed up.
    case refused(RefusalReport)
}

/// Why a request of ours got no final response.
public enum TransactionFailure: Sendable, Hashable {
    /// No final response in 64 times T1, or none after a CANCEL.
    case timeout
    /// No final response in the time that the transaction user gave with the request; an INVITE was canceled.
    case noAnswer
    /// The transport could not deliver the request.
    case transport(TransportFault)
    /// As many client transactions live as the configuration allows; nothing was sent.
    case overloaded
}
