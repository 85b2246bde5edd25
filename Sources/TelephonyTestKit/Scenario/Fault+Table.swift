import SIPCore

extension Fault {
    /// The cell of a machine's table that the fault is in; `nil` for one outside of the machines.
    var amendment: TableAmendment? {
        switch self {
        case .tableIgnoresACK: TableAmendment(.inviteServer, "completed", .ack, .ignored)
        case .tableForgetsTimerH: TableAmendment(.inviteServer, "proceeding", .response(486), .withholds(.h))
        case .tableForgetsTimerG: TableAmendment(.inviteServer, "proceeding", .response(486), .withholds(.g))
        case .tableForgetsAnswered:
            TableAmendment(.nonInviteServer, "trying", .response(200), .actions(adds: .end))
        case .tableForgetsAccepted:
            TableAmendment(.inviteServer, "proceeding", .response(200), .actions(adds: .end))
        case .tableDropsRepeatedSuccess: TableAmendment(.inviteServer, "accepted", .response(200), .ignored)
        case .tableRepeatsTrying: TableAmendment(.inviteServer, "proceeding", .timer(.trying), .starts(.trying))
        case .tableWaitsForOwner: TableAmendment(.nonInviteServer, "proceeding", .timer(.unanswered), .ignored)
        case .tableWaitsForCanceledOwner:
            TableAmendment(.inviteServer, "proceedingCanceled", .timer(.canceled), .ignored)
        case .tableIgnoresRepetition: TableAmendment(.nonInviteServer, "completed", .request, .ignored)
        case .tableDropsACK: TableAmendment(.inviteClient, "completed", .response(486), .ignored)
        case .tableHidesRepeatedSuccess: TableAmendment(.inviteClient, "accepted", .response(200), .ignored)
        case .tableRepeatsRingingINVITE: TableAmendment(.inviteClient, "calling", .response(180), .stays)
        case .tableRepeatsINVITEOnce: TableAmendment(.inviteClient, "calling", .timer(.a), .withholds(.a))
        case .tableRepeatsOnce: TableAmendment(.nonInviteClient, "trying", .timer(.e), .withholds(.e))
        case .tableForgetsTimerB: TableAmendment(.inviteClient, "calling", .timer(.b), .ignored)
        case .tableForgetsTimerF: TableAmendment(.nonInviteClient, "trying", .timer(.f), .ignored)
        case .tableCancelsAtOnce: TableAmendment(.inviteClient, "calling", .cancel, .actions(adds: .sendCancel))
        case .tableWaitsForCanceled:
            TableAmendment(.inviteClient, "proceedingCanceled", .timer(.canceled), .ignored)
        case .dropsACKToRepeatedRefusal, .givesACKAnotherBranch, .forgetsTimerH, .neverRepeatsSuccess,
            .neverRepeatsRequest, .deliversRepeatedAnswer, .servesRepeatedRequest, .hidesTimeout, .failsAfterTheAnswer,
            .neverForgets, .sendsEverythingTwice, .repeatsAfterTheAnswer, .changesItsAnswer, .ignoresCancel,
            .cancelsTooEarly, .ignoresACK, .ignoresRepeatedRequest:
            nil
        }
    }

    /// Whether the fault is meant to be in a table.
    public var isInTable: Bool {
        self.rawValue.hasPrefix("table")
    }
}
