import CoreTypes
import SIPCore

/// What the four machines have in common, so that one driver serves them all.
protocol TransactionMachine {
    init(isReliable: Bool, settings: TimerSettings, now: Instant)
    var deadline: Instant? { get }
    var isTerminated: Bool { get }
    /// Does the input with that number; what is no input of the machine is nothing.
    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction
    mutating func handleTimeout(now: Instant) -> TransactionAction
    mutating func answerForOwner(now: Instant) -> TransactionAction
}

private let statuses = [100, 180, 199, 200, 202, 299, 300, 404, 486, 500, 603, 699]

extension InviteClientTransaction: TransactionMachine {
    var isTerminated: Bool { self.state == .terminated }

    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction {
        switch command % 4 {
        case 0, 1: self.receive(status: statuses[input.choice(statuses.count)], now: now)
        case 2: self.cancel(now: now)
        default: self.handleTransportFailure(now: now)
        }
    }

    mutating func answerForOwner(now: Instant) -> TransactionAction { [] }
}

extension NonInviteClientTransaction: TransactionMachine {
    var isTerminated: Bool { self.state == .terminated }

    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction {
        switch command % 3 {
        case 0, 1: self.receive(status: statuses[input.choice(statuses.count)], now: now)
        default: self.handleTransportFailure(now: now)
        }
    }

    mutating func answerForOwner(now: Instant) -> TransactionAction { [] }
}

extension InviteServerTransaction: TransactionMachine {
    var isTerminated: Bool { self.state == .terminated }

    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction {
        switch command % 5 {
        case 0: return self.receiveInvite(now: now)
        case 1: return self.receiveACK(now: now)
        case 2: return self.respond(status: statuses[input.choice(statuses.count)], now: now)
        case 3:
            self.handleCancel(now: now)
            return []
        default: return self.handleTransportFailure(now: now)
        }
    }

    mutating func answerForOwner(now: Instant) -> TransactionAction {
        self.respond(status: 500, now: now)
    }
}

extension NonInviteServerTransaction: TransactionMachine {
    var isTerminated: Bool { self.state == .terminated }

    mutating func apply(_ command: Int, _ input: inout FuzzInput, now: Instant) -> TransactionAction {
        switch command % 3 {
        case 0: self.receiveRequest(now: now)
        case 1: self.respond(status: statuses[input.choice(statuses.count)], now: now)
        default: self.handleTransportFailure(now: now)
        }
    }

    mutating func answerForOwner(now: Instant) -> TransactionAction {
        self.respond(status: 500, now: now)
    }
}
