public import CoreTypes
public import SIPCore

/// A story for ``ScenarioRun``, as a value: who is there, what they want of each other, and what goes wrong.
///
/// Chance fills in everything else: instants, methods, answers, and the fate of every datagram.
public struct Scenario: Sendable {
    /// Somebody on the network.
    public struct Host: Sendable {
        /// What it does.
        public enum Role: Sendable {
            /// Sends the traffic that is planned for it, and answers what it gets.
            case user(Answers)
            /// Passes every request on to several hosts, or several times to one, without a transaction of its own.
            case fork(to: [Int])
            /// Keeps bindings, and challenges.
            case registrar(Registrar.Configuration)
            /// Registers at another host, keeps that up, and unregisters after a while.
            case registrant(at: Int, expires: Duration, until: Duration)
            /// A whole telephone, with sessions and descriptions.
            case telephone
        }

        /// Its name in a ladder.
        public var name: String
        /// What it does.
        public var role: Role
        /// Over what it speaks.
        public var transport: TransportProtocol
        /// The most transactions that it takes, server's and client's.
        public var limits: (server: Int, client: Int)?
        /// Whether it is behind a translator, of a kind that chance chooses.
        public var isBehindNAT: Bool

        /// Makes a host.
        public init(
            _ name: String,
            _ role: Role,
            transport: TransportProtocol = .udp,
            limits: (server: Int, client: Int)? = nil,
            isBehindNAT: Bool = false
        ) {
            self.name = name
            self.role = role
            self.transport = transport
            self.limits = limits
            self.isBehindNAT = isBehindNAT
        }
    }

    /// How a user answers.
    public struct Answers: Sendable {
        /// The final responses that it gives, each as often as the others.
        public var statuses: [Int]
        /// The longest time to the response.
        public var within: Duration
        /// The part of INVITEs that ring before, 0 to 1.
        public var ringing: Double
        /// The part of requests that it never answers, 0 to 1.
        public var silence: Double

        /// Makes a way to answer.
        public init(
            _ statuses: [Int] = [200, 200, 404, 486, 503, 603],
            within: Duration = .seconds(3),
            ringing: Double = 0.5,
            silence: Double = 0
        ) {
            self.statuses = statuses
            self.within = within
            self.ringing = ringing
            self.silence = silence
        }
    }

    /// Requests of one user to another.
    public struct Traffic: Sendable {
        /// The host that sends.
        public var from: Int
        /// The host that gets them.
        public var to: Int
        /// The methods, each as often as the others.
        public var methods: [SIPMethod]
        /// How many.
        public var count: Int
        /// When they are sent: within this time from the start.
        public var within: Duration
        /// The part of INVITEs that is canceled, 0 to 1.
        public var canceled: Double
        /// The longest time to the CANCEL.
        public var canceledWithin: Duration

        /// Makes a plan.
        public init(
            from: Int = 0,
            to: Int = 1,
            _ methods: [SIPMethod],
            count: Int,
            within: Duration = .seconds(5),
            canceled: Double = 0,
            canceledWithin: Duration = .seconds(4)
        ) {
            self.from = from
            self.to = to
            self.methods = methods
            self.count = count
            self.within = within
            self.canceled = canceled
            self.canceledWithin = canceledWithin
        }
    }

    /// Calls of one telephone to another.
    public struct Calls: Sendable {
        /// How many, one way or the other.
        public var count: Int
        /// When they are placed: within this time from the start.
        public var within: Duration
        /// The longest time to the response.
        public var answeredWithin: Duration
        /// The longest time from placing a call to hanging up, by either side or by both.
        public var hungUpWithin: Duration
        /// The part that the called one refuses, 0 to 1.
        public var refused: Double

        /// Makes a plan.
        public init(
            count: Int,
            within: Duration = .seconds(5),
            answeredWithin: Duration = .seconds(3),
            hungUpWithin: Duration = .seconds(20),
            refused: Double = 0.2
        ) {
            self.count = count
            self.within = within
            self.answeredWithin = answeredWithin
            self.hungUpWithin = hungUpWithin
            self.refused = refused
        }
    }

    /// What goes wrong besides the loss.
    public enum Disturbance: Sendable {
        /// The path between two hosts is cut for a while, one way or both, as chance has it.
        case partition(Int, Int, within: Duration, longest: Duration)
        /// Every translator forgets its mappings.
        case rebinding(within: Duration)
        /// The connections between two hosts break.
        case brokenConnection(Int, Int, within: Duration)
    }

    /// What a run must show besides keeping every ``Invariant``.
    public enum Expectation: Sendable {
        /// Without loss, requests sent after the last disturbance get the responses that were planned.
        case answersAsPlanned
        /// Without loss, the registration stands before it is removed, and is removed then.
        case bound
        /// Without loss, every call that was answered is reported to both sides.
        case callsAnswered
    }

    /// Its name, without spaces.
    public var name: String
    /// Who is there; plans name them by their position.
    public var hosts: [Host]
    /// The requests.
    public var traffic: [Traffic]
    /// The calls between the first two hosts, which are telephones then.
    public var calls: Calls?
    /// What goes wrong.
    public var disturbances: [Disturbance]
    /// What must be shown.
    public var expectation: Expectation
    /// The longest time in which everything must be over.
    public var limit: Duration

    /// Makes a scenario.
    public init(
        _ name: String,
        hosts: [Host],
        traffic: [Traffic] = [],
        calls: Calls? = nil,
        disturbances: [Disturbance] = [],
        expectation: Expectation = .answersAsPlanned,
        limit: Duration = .seconds(150)
    ) {
        self.name = name
        self.hosts = hosts
        self.traffic = traffic
        self.calls = calls
        self.disturbances = disturbances
        self.expectation = expectation
        self.limit = limit
    }
}
