import CoreTypes

extension SIPEndpoint {
    /// How an endpoint behaves; a value, given at the start.
    public struct Configuration: Sendable {
        /// The durations of the transaction timers.
        public var timers: TimerSettings
        /// The methods that the transaction user serves, in the order of the Allow header.
        public var allowedMethods: [SIPMethod]
        /// The option tags that a Require of the peer may name (RFC 3261 section 8.2.2.3): those that the transaction user carries
        /// out, and no other.
        public var supportedOptions: Set<String>
        /// Which bodies the transaction user reads and sends.
        public var content: ContentPolicy
        /// What User-Agent and Server say; empty leaves them out.
        public var userAgent: String
        /// The limits that a message must keep to.
        public var messageLimits: SIPLimits
        /// The most server transactions outside of known dialogs that live at once; more get 503.
        public var maximumServerTransactions: Int
        /// The most server transactions that one known dialog has at once; more get 500, but for a BYE.
        public var maximumTransactionsPerDialog: Int
        /// The most client transactions that live at once; more fail at once.
        public var maximumClientTransactions: Int
        /// Who may send requests.
        public var admission: AdmissionPolicy
        /// Whether the transaction user tells of each of its dialogs (`setDialog`), so that a To tag of no dialog counts for nothing:
        /// such a request gets 481 without a transaction, and an ACK is dropped.
        public var knowsDialogs: Bool
        /// How many refusals of broken or unserved requests one source gets where nobody is known.
        public var refusalRate: AbuseGuard.Rate
        /// How many refusals one source gets that is known.
        public var knownRefusalRate: AbuseGuard.Rate
        /// How many refusals one stranger gets.
        public var rejectionRate: AbuseGuard.Rate
        /// How often one stranger gets a 200 that says what we can do.
        public var inquiryRate: AbuseGuard.Rate
        /// Refusals are reported one by one when this is zero, else once at the start and once an interval for each source.
        public var refusalInterval: Duration

        /// Makes a configuration that serves everyone.
        public init() {
            self.timers = TimerSettings()
            self.allowedMethods = [
                .invite, .ack, .cancel, .bye, .options, .info, .update, .notify, .refer, .message, .prack,
            ]
            self.supportedOptions = []
            self.content = ContentPolicy()
            self.userAgent = ""
            self.messageLimits = SIPLimits()
            self.maximumServerTransactions = 20_000
            self.maximumTransactionsPerDialog = 256
            self.maximumClientTransactions = 20_000
            self.admission = .everyone
            self.knowsDialogs = false
            self.refusalRate = AbuseGuard.Rate(burst: 10, interval: .seconds(1))
            self.knownRefusalRate = AbuseGuard.Rate(burst: 100, interval: .milliseconds(10))
            self.rejectionRate = AbuseGuard.Rate(burst: 1, interval: .seconds(5))
            self.inquiryRate = AbuseGuard.Rate(burst: 10, interval: .seconds(1))
            self.refusalInterval = .zero
        }
    }

    /// How much lives in an endpoint; all zero when it has nothing left to do.
    public struct Gauges: Sendable, Equatable {
        /// The client transactions.
        public var clientTransactions = 0
        /// The server transactions.
        public var serverTransactions = 0
        /// The transactions that wait for a timer.
        public var timers = 0
        /// The addresses that live transactions talk to.
        public var peers = 0
        /// The messages that wait to be polled.
        public var transmits = 0
        /// The events that wait to be polled.
        public var events = 0

        /// Makes gauges that read zero.
        public init() {}
    }

    /// How often things happened since the endpoint was made.
    public struct Counters: Sendable, Equatable {
        /// Requests that came, retransmissions included.
        public var requestsReceived: UInt64 = 0
        /// Responses that came, retransmissions included.
        public var responsesReceived: UInt64 = 0
        /// Requests and responses that a timer sent again.
        public var retransmissionsSent: UInt64 = 0
        /// Retransmissions of requests and responses that were absorbed.
        public var retransmissionsReceived: UInt64 = 0
        /// Responses that belong to no request of ours.
        public var strayResponses: UInt64 = 0
        /// Responses to requests of ours that were dropped, for they came from another host than the request went to.
        public var misplacedResponses: UInt64 = 0
        /// Retransmissions, ACK and CANCEL that were dropped, for they came from a host that has no part in what they name.
        public var misplacedRequests: UInt64 = 0
        /// Bytes that are no message.
        public var malformed: UInt64 = 0
        /// Requests that were refused without asking the transaction user.
        public var refused: UInt64 = 0
        /// Strangers' questions what we can do, whether answered or not.
        public var inquiries: UInt64 = 0
        /// Responses without a transaction that a rate, or their length, kept back.
        public var suppressed: UInt64 = 0
        /// Transactions that got no response or no ACK in time.
        public var timeouts: UInt64 = 0
        /// Requests that the transaction user never answered.
        public var unanswered: UInt64 = 0

        /// Makes counters that read zero.
        public init() {}
    }
}
