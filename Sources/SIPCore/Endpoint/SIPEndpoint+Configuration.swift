public import CoreTypes

extension SIPEndpoint {
    /// How an endpoint behaves; a value, given at the start.
    public struct Configuration: Sendable {
        /// The durations of the transaction timers.
        public var timers: TimerSettings
        /// The methods that the owner serves, in the order of the Allow header.
        public var allowedMethods: [SIPMethod]
        /// The option tags that a Require of the peer may name (RFC 3261 section 8.2.2.3).
        public var supportedOptions: Set<String>
        /// Which bodies the owner reads and sends.
        public var content: ContentPolicy
        /// What User-Agent and Server say; empty leaves them out.
        public var userAgent: String
        /// The limits that a message must keep to.
        public var messageLimits: SIPLimits
        /// The most server transactions that live at once; more are answered 503.
        public var maximumServerTransactions: Int
        /// The most client transactions that live at once; more fail at once.
        public var maximumClientTransactions: Int
        /// Who may send requests.
        public var admission: AdmissionPolicy
        /// How many refusals of broken or unserved requests one source gets.
        public var refusalRate: AbuseGuard.Rate
        /// How many 403 one source gets that the admission policy keeps out.
        public var rejectionRate: AbuseGuard.Rate

        /// Makes a configuration that serves everyone.
        public init() {
            self.timers = TimerSettings()
            self.allowedMethods = [
                .invite, .ack, .cancel, .bye, .options, .info, .update, .notify, .refer, .message, .prack,
            ]
            self.supportedOptions = ["timer", "replaces", "norefersub"]
            self.content = ContentPolicy()
            self.userAgent = ""
            self.messageLimits = SIPLimits()
            self.maximumServerTransactions = 20_000
            self.maximumClientTransactions = 20_000
            self.admission = .everyone
            self.refusalRate = AbuseGuard.Rate(burst: 10, interval: .seconds(1))
            self.rejectionRate = AbuseGuard.Rate(burst: 1, interval: .seconds(5))
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
        /// Requests that came, repetitions included.
        public var requestsReceived: UInt64 = 0
        /// Answers that came, repetitions included.
        public var responsesReceived: UInt64 = 0
        /// Requests and answers that a timer sent again.
        public var retransmissionsSent: UInt64 = 0
        /// Repetitions of requests and answers that were absorbed.
        public var retransmissionsReceived: UInt64 = 0
        /// Answers that belong to no request of ours.
        public var strayResponses: UInt64 = 0
        /// Bytes that are no message.
        public var malformed: UInt64 = 0
        /// Requests that were refused without asking the owner.
        public var refused: UInt64 = 0
        /// Refusals that the rate limit kept back.
        public var suppressed: UInt64 = 0
        /// Transactions that got no answer or no ACK in time.
        public var timeouts: UInt64 = 0
        /// Requests that the owner never answered.
        public var unanswered: UInt64 = 0

        /// Makes counters that read zero.
        public init() {}
    }
}

/// Who may send requests that start something; what belongs to a dialog or a transaction always passes.
public enum AdmissionPolicy: Sendable, Equatable {
    /// Everyone.
    case everyone
    /// The given addresses; `everyone` names methods that others may send too (OPTIONS, say).
    case only(Set<IPAddress>, everyone: Set<SIPMethod>)

    func admits(_ method: SIPMethod, hasToTag: Bool, from source: IPAddress) -> Bool {
        switch self {
        case .everyone: true
        case .only(let addresses, let methods):
            // A request inside of a dialog is matched by its tags, which a stranger cannot know.
            hasToTag || methods.contains(method) || addresses.contains(source)
        }
    }
}
