/// The durations behind the transaction timers, as a value: each endpoint has its own, none is global.
///
/// RFC 3261 section 17 and its table 4, RFC 6026 section 8, RFC 4320 section 4.
public struct TimerSettings: Sendable, Equatable {
    /// T1, the estimate of the round-trip time.
    public var t1: Duration
    /// T2, the longest time between retransmissions of a non-INVITE request or of an INVITE's response.
    public var t2: Duration
    /// T4, how long a message can stay in the network.
    public var t4: Duration
    /// Timer C: how long an INVITE may stay without a new provisional response before it is canceled.
    ///
    /// RFC 3261 gives it to proxies (section 16.6); here it sees that an INVITE ends when its callee went away.
    public var c: Duration
    /// Timer D on an unreliable transport: how long an INVITE with a final response waits for retransmissions of it.
    public var d: Duration
    /// How long the transaction user may take to respond to an INVITE before the endpoint sends 100 (section 17.2.1: 200 ms).
    public var tryingDelay: Duration
    /// How long an INVITE may stay without a new response of the transaction user before the endpoint responds with 500.
    public var inviteResponseLimit: Duration
    /// How long a request other than INVITE may stay without a response of the transaction user before the endpoint responds with 500.
    public var responseLimit: Duration
    /// How long the transaction user may take to respond to a canceled INVITE before the endpoint responds with 487.
    public var canceledResponseLimit: Duration
    /// Whether requests and responses are sent again on an unreliable transport (timers A, E and G).
    public var retransmits: Bool

    /// Makes the settings of RFC 3261, with those that it leaves open.
    public init(t1: Duration = .milliseconds(500), t2: Duration = .seconds(4), t4: Duration = .seconds(5)) {
        self.t1 = t1
        self.t2 = t2
        self.t4 = t4
        self.c = .seconds(190)
        self.d = Swift.max(.seconds(32), t1 * 64)
        self.tryingDelay = .milliseconds(200)
        self.inviteResponseLimit = .seconds(300)
        // Just before the client's timer F, after which nobody listens to the response.
        self.responseLimit = t1 * 60
        self.canceledResponseLimit = t1 * 20
        self.retransmits = true
    }

    /// The settings for diagnostics: each message is sent once, and the time limits stay.
    public static var noRetransmissions: TimerSettings {
        var settings = TimerSettings()
        settings.retransmits = false
        return settings
    }

    /// 64 times T1: how long a transaction tries (timers B, F, H, J, L and M).
    public var transactionTimeout: Duration {
        self.t1 * 64
    }

    /// The time after which a non-INVITE client has reached T2: when a 100 is due and does no harm (RFC 4320 section 4.1).
    public var nonInviteTryingDelay: Duration {
        var interval = self.t1
        var total = Duration.zero
        while interval < self.t2, interval > .zero {
            total += interval
            interval = interval * 2
        }
        return total
    }
}
