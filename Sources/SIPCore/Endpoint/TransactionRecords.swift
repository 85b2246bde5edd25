import CoreTypes

/// What the endpoint keeps for a request of ours.
struct ClientRecord: Sendable {
    /// The machine that fits the method.
    enum Machine: Sendable {
        case invite(InviteClientTransaction)
        case other(NonInviteClientTransaction)
    }

    var machine: Machine
    /// The request as it was sent, with our Via.
    let request: SIPMessage
    let destination: Destination
    /// Whether the request is the endpoint's own CANCEL, of which the owner hears nothing.
    let isCancel: Bool
    /// Whether a final answer was passed up, after which no failure is told.
    var hasFinal = false

    var deadline: Instant? {
        switch self.machine {
        case .invite(let machine): machine.deadline
        case .other(let machine): machine.deadline
        }
    }

    mutating func receive(status: Int, now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.receive(status: status, now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.receive(status: status, now: now)
        }
    }

    mutating func cancel(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.cancel(now: now)
        // Nothing but an INVITE takes so long that canceling it made sense (RFC 3261 section 9.1).
        case .other: return []
        }
    }

    mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.handleTimeout(now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.handleTimeout(now: now)
        }
    }

    mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.handleTransportFailure(now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.handleTransportFailure(now: now)
        }
    }
}

/// What the endpoint keeps for a request of a peer.
struct ServerRecord: Sendable {
    /// The machine that fits the method.
    enum Machine: Sendable {
        case invite(InviteServerTransaction)
        case other(NonInviteServerTransaction)
    }

    var machine: Machine
    /// The request, with `received` and `rport` filled in.
    let request: SIPMessage
    /// Where answers go.
    let responseAddress: TransportAddress
    let binding: LocalBinding
    /// Whether the endpoint itself answers (a CANCEL), so that the owner hears nothing of it.
    let isInternal: Bool
    /// The To tag of answers for which the owner gave none.
    let localTag: String
    /// The latest answer, for repetitions.
    var lastResponse: [UInt8]?
    /// The To tag of the latest answer.
    var sentTag: String?
    /// Whether the ACK came or, for other methods, the owner gave a final answer.
    var isAcknowledged = false

    var deadline: Instant? {
        switch self.machine {
        case .invite(let machine): machine.deadline
        case .other(let machine): machine.deadline
        }
    }

    var isCanceled: Bool {
        switch self.machine {
        case .invite(let machine): machine.isCanceled
        case .other: false
        }
    }

    /// Takes a repetition of the request.
    mutating func receiveAgain(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.receiveInvite(now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.receiveRequest(now: now)
        }
    }

    mutating func receiveACK(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.receiveACK(now: now)
        case .other: return []
        }
    }

    /// Takes a CANCEL; says whether it is the first one and comes before the final answer.
    mutating func handleCancel(now: Instant) -> Bool {
        switch self.machine {
        case .invite(var machine):
            guard !machine.isCanceled else { return false }
            machine.handleCancel(now: now)
            self.machine = .invite(machine)
            return machine.isCanceled
        case .other: return false
        }
    }

    mutating func respond(status: Int, now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.respond(status: status, now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.respond(status: status, now: now)
        }
    }

    mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.handleTimeout(now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.handleTimeout(now: now)
        }
    }

    mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        switch self.machine {
        case .invite(var machine):
            defer { self.machine = .invite(machine) }
            return machine.handleTransportFailure(now: now)
        case .other(var machine):
            defer { self.machine = .other(machine) }
            return machine.handleTransportFailure(now: now)
        }
    }
}
