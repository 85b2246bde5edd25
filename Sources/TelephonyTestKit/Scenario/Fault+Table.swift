import SIPCore

extension Fault {
    /// The cell of a machine's table that the fault is in; `nil` for one outside of the machines.
    var amendment: TableAmendment? {
        switch self {
        case .tableIgnoresACK: TableAmendment(.inviteServer, "completed", .ack, isIgnored: true)
        case .tableForgetsTimerH: TableAmendment(.inviteServer, "proceeding", .response(486), withholds: .h)
        case .tableForgetsTimerG: TableAmendment(.inviteServer, "proceeding", .response(486), withholds: .g)
        case .tableForgetsAnswered:
            TableAmendment(.nonInviteServer, "trying", .response(200), adds: .end)
        case .tableForgetsAccepted:
            TableAmendment(.inviteServer, "proceeding", .response(200), adds: .end)
        case .tableDropsRepeatedSuccess: TableAmendment(.inviteServer, "accepted", .response(200), isIgnored: true)
        case .tableRepeatsTrying: TableAmendment(.inviteServer, "proceeding", .timer(.trying), starts: .trying)
        case .tableWaitsForTransactionUser:
            TableAmendment(.nonInviteServer, "proceeding", .timer(.unanswered), isIgnored: true)
        case .tableWaitsForCanceledTransactionUser:
            TableAmendment(.inviteServer, "proceedingCanceled", .timer(.canceled), isIgnored: true)
        case .tableIgnoresRetransmission: TableAmendment(.nonInviteServer, "completed", .request, isIgnored: true)
        case .tableDropsACK: TableAmendment(.inviteClient, "completed", .response(486), isIgnored: true)
        case .tableHidesRepeatedSuccess: TableAmendment(.inviteClient, "accepted", .response(200), isIgnored: true)
        case .tableRepeatsRingingINVITE: TableAmendment(.inviteClient, "calling", .response(180), stays: true)
        case .tableRepeatsINVITEOnce: TableAmendment(.inviteClient, "calling", .timer(.a), withholds: .a)
        case .tableRepeatsOnce: TableAmendment(.nonInviteClient, "trying", .timer(.e), withholds: .e)
        case .tableForgetsTimerB: TableAmendment(.inviteClient, "calling", .timer(.b), isIgnored: true)
        case .tableForgetsTimerF: TableAmendment(.nonInviteClient, "trying", .timer(.f), isIgnored: true)
        case .tableCancelsAtOnce: TableAmendment(.inviteClient, "calling", .cancel, adds: .sendCancel)
        case .tableWaitsForCanceled:
            TableAmendment(.inviteClient, "proceedingCanceled", .timer(.canceled), isIgnored: true)
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
