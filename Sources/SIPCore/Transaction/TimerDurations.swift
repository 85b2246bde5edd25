import CoreTypes

/// The durations of `TimerSettings` as each timer needs them, worked out once per endpoint and shared by its machines.
public struct TimerDurations: Sendable {
    /// Whether requests and responses are sent again on an unreliable transport (timers A, E and G).
    let retransmits: Bool
    private let first: Int64
    private let longest: Int64
    private let t4: Int64
    private let transaction: Int64
    private let c: Int64
    private let d: Int64
    private let trying: Int64
    private let lateTrying: Int64
    private let inviteResponse: Int64
    private let response: Int64
    private let canceledResponse: Int64

    /// Works out the durations.
    public init(_ settings: TimerSettings) {
        // Never zero, so that no clock stands still.
        self.first = max(settings.t1.nanoseconds, 1_000_000)
        self.longest = max(settings.t2.nanoseconds, 1_000_000)
        self.t4 = settings.t4.nanoseconds
        self.transaction = settings.transactionTimeout.nanoseconds
        self.c = settings.c.nanoseconds
        self.d = settings.d.nanoseconds
        self.trying = settings.tryingDelay.nanoseconds
        self.lateTrying = settings.nonInviteTryingDelay.nanoseconds
        self.inviteResponse = settings.inviteResponseLimit.nanoseconds
        self.response = settings.responseLimit.nanoseconds
        self.canceledResponse = settings.canceledResponseLimit.nanoseconds
        self.retransmits = settings.retransmits
    }

    /// The time until something is retransmitted that was retransmitted so many times: T1, doubled each time, and for timers E
    /// and G never more than T2.
    func interval(of name: TimerName, after retransmissions: UInt8) -> Duration {
        let doubled = self.first.multipliedReportingOverflow(by: 1 << Int64(min(retransmissions, 40)))
        let interval = doubled.overflow ? Int64.max : doubled.partialValue
        return .nanoseconds(name == .a ? interval : min(interval, self.longest))
    }

    /// How long a timer that does not repeat runs.
    func wait(_ name: TimerName, _ kind: TransactionKind, isReliable: Bool) -> Duration {
        switch name {
        case .b, .f, .h, .l, .m: .nanoseconds(self.transaction)
        case .c: .nanoseconds(self.c)
        // Where nothing is lost nothing is retransmitted that had to be waited for.
        case .d: .nanoseconds(isReliable ? 0 : self.d)
        case .i, .k: .nanoseconds(isReliable ? 0 : self.t4)
        case .j: .nanoseconds(isReliable ? 0 : self.transaction)
        case .trying: .nanoseconds(kind == .inviteServer ? self.trying : self.lateTrying)
        case .unanswered: .nanoseconds(kind == .inviteServer ? self.inviteResponse : self.response)
        case .canceled: .nanoseconds(kind == .inviteServer ? self.canceledResponse : self.transaction)
        // These have a time of their own.
        case .a, .e, .g, .noAnswer: .zero
        }
    }
}
