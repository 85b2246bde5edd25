import CoreTypes

/// What the endpoint keeps for one transaction of either side: a hundred bytes and the message that may be sent again.
struct TransactionRecord: Sendable {
    /// What happened to a transaction so far, and whose it is.
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8

        /// The endpoint's own transaction (a CANCEL's), of which the transaction user hears nothing.
        static let isInternal = Marks(rawValue: 1 << 0)
        /// A final response was passed up, after which no failure is reported (client).
        static let hasFinal = Marks(rawValue: 1 << 1)
        /// The transaction user's time for a response was over (client).
        static let isOverdue = Marks(rawValue: 1 << 2)
        /// The ACK came or, for other methods, the transaction user gave a final response (server).
        static let isAcknowledged = Marks(rawValue: 1 << 3)
    }

    var machine: TransactionMachine
    let key: TransactionKey
    /// The count of transactions when this one was made: what makes its identifier unique.
    let serial: UInt64
    /// Of a server the hash of the call, by which merged requests and ACKs to a 2xx are found; of a client the hash of
    /// the To tag of the response that was acknowledged.
    var call: UInt64
    /// What is sent again: a client's request, or its ACK; a server's latest response. Empty when nothing is.
    var bytes: [UInt8]
    /// Where the request is that the transaction user has yet to answer.
    var pending = UInt32.max
    /// The address that the transaction talks to, and its neighbors in the list of that address.
    var peer = UInt32.max
    var previous = UInt32.max
    var next = UInt32.max
    var marks: Marks
    /// The number of the dialog that the request of a peer belongs to; the largest outside of known dialogs.
    var dialog = UInt32.max

    /// Whether it is one of ours.
    var isClient: Bool {
        switch self.machine.kind {
        case .inviteClient, .nonInviteClient: true
        case .inviteServer, .nonInviteServer: false
        }
    }
}

/// A request of a peer that may yet be answered.
struct PendingRequest: Sendable {
    /// The request as it came.
    let request: SIPMessage
    /// Where it came from last: what its responses say in the top Via.
    var source: TransportAddress
    /// The To tag of the latest response.
    var sentTag: String?
}
