import CoreTypes
import Testing

@testable import SIPCore

/// A transaction machine that a test can give any input of its table.
struct DrivenMachine<Rules: TransactionRules> {
    private var machine: TransactionMachine
    private let durations: TimerDurations

    init(
        _ rules: Rules.Type,
        isReliable: Bool = false,
        _ settings: TimerSettings = TimerSettings(),
        noAnswerAt: Instant? = nil
    ) {
        self.durations = TimerDurations(settings)
        self.machine = TransactionMachine(
            Rules.kind,
            isReliable: isReliable,
            noAnswerAt: noAnswerAt,
            durations: self.durations,
            now: .zero
        )
    }

    var state: Rules.State? { self.machine.state(Rules.self) }
    var deadline: Instant? { self.machine.deadline }
    var timers: TransactionTimers { self.machine.timers }

    mutating func handle(_ event: TransactionEvent, at milliseconds: Int64) -> TransactionAction {
        self.machine.handle(event, durations: self.durations, now: .milliseconds(milliseconds))
    }

    mutating func handleTimeout(at milliseconds: Int64) -> TransactionAction {
        self.machine.handleTimeout(durations: self.durations, now: .milliseconds(milliseconds))
    }

    /// Gives any input; a timer is waited for, and `nil` says that it does not fire in this state.
    mutating func drive(_ input: Rules.Input, now: inout Instant) -> TransactionAction? {
        guard let event = Rules.event(of: input) else { return nil }
        guard case .timer(let name) = event else {
            return self.machine.handle(event, durations: self.durations, now: now)
        }
        guard self.timers.isRunning(name) else { return nil }
        let former = self.state
        while self.state == former, let deadline = self.deadline {
            now = max(now, deadline)
            var copy = self.timers
            let popped = copy.popDue(now)
            let actions = self.machine.handleTimeout(durations: self.durations, now: now)
            if popped == name { return actions }
        }
        return nil
    }

    /// Fires everything up to `end`; the instants, in milliseconds, at which each action was asked for.
    mutating func run(until end: Int64) -> [(milliseconds: Int64, actions: TransactionAction)] {
        var result: [(milliseconds: Int64, actions: TransactionAction)] = []
        while let deadline = self.deadline, deadline <= .milliseconds(end) {
            let actions = self.machine.handleTimeout(durations: self.durations, now: deadline)
            result.append((deadline.nanoseconds / 1_000_000, actions))
            guard result.count < 1000 else {
                Issue.record("the timers do not come to an end")
                break
            }
        }
        return result
    }
}

extension TransactionRules {
    /// An event that is this input.
    static func event(of input: Input) -> TransactionEvent? {
        let events: [TransactionEvent] =
            [.request, .ack, .response(180), .response(200), .response(486), .cancel, .transportFailure]
            + TimerName.allCases.map { .timer($0) }
        return events.first { self.input(of: $0) == input }
    }
}

extension Instant {
    /// An instant so many milliseconds after the origin.
    static func milliseconds(_ count: Int64) -> Instant {
        Instant(nanoseconds: count * 1_000_000)
    }
}
