import CoreTypes
import SIPCore

/// One of the four machines, with the durations that it was made with.
struct DrivenTransaction {
    private var machine: TransactionMachine
    private let durations: TimerDurations
    private static let statuses = [100, 180, 199, 200, 202, 299, 300, 404, 486, 500, 603, 699]

    init(_ kind: TransactionKind, isReliable: Bool, settings: TimerSettings, noAnswerAt: Instant?) {
        self.durations = TimerDurations(settings)
        self.machine = TransactionMachine(
            kind,
            isReliable: isReliable,
            noAnswerAt: noAnswerAt,
            durations: self.durations,
            now: .zero
        )
    }

    var kind: TransactionKind { self.machine.kind }
    var deadline: Instant? { self.machine.deadline }
    var isTerminated: Bool { self.machine.isTerminated }

    /// Gives the event with that number; one that the machine does not know must mean nothing.
    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction {
        let event: TransactionEvent =
            switch command % 6 {
            case 0, 1: .response(Self.statuses[input.choice(Self.statuses.count)])
            case 2: .request
            case 3: .ack
            case 4: .cancel
            default: .transportFailure
            }
        return self.machine.handle(event, durations: self.durations, now: now)
    }

    mutating func handleTimeout(now: Instant) -> TransactionAction {
        self.machine.handleTimeout(durations: self.durations, now: now)
    }

    mutating func respondForTransactionUser(now: Instant) -> TransactionAction {
        switch self.machine.kind {
        case .inviteServer, .nonInviteServer:
            self.machine.handle(.response(500), durations: self.durations, now: now)
        case .inviteClient, .nonInviteClient: []
        }
    }
}
