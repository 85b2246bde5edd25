import CoreTypes
import Testing

@testable import SIPCore

/// A transaction machine that a test can give any input of its table.
protocol DrivenMachine {
    associatedtype State: Hashable & Sendable & CaseIterable & RawRepresentable<String>
    associatedtype Input: Hashable & Sendable & CaseIterable & RawRepresentable<String>
    init(isReliable: Bool, settings: TimerSettings, now: Instant)
    var state: State { get }
    var deadline: Instant? { get }
    var timers: TransactionTimers { get }
    static func transition(_ state: State, _ input: Input) -> Transition<State>
    mutating func handleTimeout(now: Instant) -> TransactionAction
    mutating func handleTransportFailure(now: Instant) -> TransactionAction
    /// Gives an input that is no timer; `nil` for a timer.
    mutating func give(_ input: Input, now: Instant) -> TransactionAction?
    /// The timer behind an input.
    static func timer(of input: Input) -> TimerName?
}

extension DrivenMachine {
    /// Gives any input; a timer is waited for, and `nil` says that it does not run.
    mutating func drive(_ input: Input, now: inout Instant) -> TransactionAction? {
        guard let name = Self.timer(of: input) else { return self.give(input, now: now) }
        guard self.timers.isRunning(name) else { return nil }
        while let deadline = self.deadline {
            now = max(now, deadline)
            var copy = self.timers
            let popped = copy.popDue(now)
            let actions = self.handleTimeout(now: now)
            if popped == name { return actions }
        }
        return nil
    }

    /// Fires everything up to `end`; the instants, in milliseconds, at which each action was asked for.
    mutating func run(until end: Instant) -> [(milliseconds: Int64, actions: TransactionAction)] {
        var result: [(milliseconds: Int64, actions: TransactionAction)] = []
        while let deadline = self.deadline, deadline <= end {
            let actions = self.handleTimeout(now: deadline)
            result.append((deadline.nanoseconds / 1_000_000, actions))
            guard result.count < 1000 else {
                Issue.record("the timers do not come to an end")
                break
            }
        }
        return result
    }

    static var tries: [String] { Input.allCases.map(\.rawValue) }
}

extension InviteClientTransaction: DrivenMachine {
    mutating func give(_ input: Input, now: Instant) -> TransactionAction? {
        switch input {
        case .provisional: self.receive(status: 180, now: now)
        case .success: self.receive(status: 200, now: now)
        case .failure: self.receive(status: 486, now: now)
        case .cancel: self.cancel(now: now)
        case .transportFailure: self.handleTransportFailure(now: now)
        case .timerA, .timerB, .timerC, .timerD, .timerM, .cancelExpired: nil
        }
    }

    static func timer(of input: Input) -> TimerName? {
        switch input {
        case .timerA: .a
        case .timerB: .b
        case .timerC: .c
        case .timerD: .d
        case .timerM: .m
        case .cancelExpired: .canceled
        case .provisional, .success, .failure, .cancel, .transportFailure: nil
        }
    }
}

extension NonInviteClientTransaction: DrivenMachine {
    mutating func give(_ input: Input, now: Instant) -> TransactionAction? {
        switch input {
        case .provisional: self.receive(status: 100, now: now)
        case .final: self.receive(status: 404, now: now)
        case .transportFailure: self.handleTransportFailure(now: now)
        case .timerE, .timerF, .timerK: nil
        }
    }

    static func timer(of input: Input) -> TimerName? {
        switch input {
        case .timerE: .e
        case .timerF: .f
        case .timerK: .k
        case .provisional, .final, .transportFailure: nil
        }
    }
}

extension InviteServerTransaction: DrivenMachine {
    mutating func give(_ input: Input, now: Instant) -> TransactionAction? {
        switch input {
        case .invite: self.receiveInvite(now: now)
        case .ack: self.receiveACK(now: now)
        case .provisional: self.respond(status: 180, now: now)
        case .success: self.respond(status: 200, now: now)
        case .failure: self.respond(status: 486, now: now)
        case .transportFailure: self.handleTransportFailure(now: now)
        case .tryingExpired, .unansweredExpired, .timerG, .timerH, .timerI, .timerL: nil
        }
    }

    static func timer(of input: Input) -> TimerName? {
        switch input {
        case .tryingExpired: .trying
        case .unansweredExpired: .unanswered
        case .timerG: .g
        case .timerH: .h
        case .timerI: .i
        case .timerL: .l
        case .invite, .ack, .provisional, .success, .failure, .transportFailure: nil
        }
    }
}

extension NonInviteServerTransaction: DrivenMachine {
    mutating func give(_ input: Input, now: Instant) -> TransactionAction? {
        switch input {
        case .request: self.receiveRequest(now: now)
        case .provisional: self.respond(status: 100, now: now)
        case .final: self.respond(status: 200, now: now)
        case .transportFailure: self.handleTransportFailure(now: now)
        case .tryingExpired, .unansweredExpired, .timerJ: nil
        }
    }

    static func timer(of input: Input) -> TimerName? {
        switch input {
        case .tryingExpired: .trying
        case .unansweredExpired: .unanswered
        case .timerJ: .j
        case .request, .provisional, .final, .transportFailure: nil
        }
    }
}

extension Instant {
    /// An instant so many milliseconds after the origin.
    static func milliseconds(_ count: Int64) -> Instant {
        Instant(nanoseconds: count * 1_000_000)
    }
}
