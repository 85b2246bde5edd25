import SIPCore

extension Fault {
    /// The cell of a machine's table that the fault is in; `nil` for one outside of the machines.
    var amendment: TableAmendment? {
        switch self {
        case .tableIgnoresACK: TableAmendment(.inviteServer, "completed", .ack, isIgnored: true)
        case .tableForgetsTimerH: TableAmendment(.inviteServer, "proceeding", .response(486), withholds: .h)
        case .tableForgetsTimerG: TableAmendment(.inviteServer, "proceeding", .response(486), withholds: .g)
        case .tableForgetsCompleted:
            TableAmendment(.nonInviteServer, "trying", .response(200), adds: .end)
        case .tableForgetsAccepted:
            TableAmendment(.inviteServer, "proceeding", .response(200), adds: .end)
        case .tableDropsRetransmittedSuccess: TableAmendment(.inviteServer, "accepted", .response(200), isIgnored: true)
        case .tableResendsTrying: TableAmendment(.inviteServer, "proceeding", .timer(.trying), starts: .trying)
        case .tableWaitsForTransactionUser:
            TableAmendment(.nonInviteServer, "proceeding", .timer(.unanswered), isIgnored: true)
        case .tableWaitsForCanceledTransactionUser:
            TableAmendment(.inviteServer, "proceedingCanceled", .timer(.canceled), isIgnored: true)
        case .tableIgnoresRetransmission: TableAmendment(.nonInviteServer, "completed", .request, isIgnored: true)
        case .tableDropsACK: TableAmendment(.inviteClient, "completed", .response(486), isIgnored: true)
        case .tableHidesRetransmittedSuccess: TableAmendment(.inviteClient, "accepted", .response(200), isIgnored: true)
        case .tableRetransmitsRingingINVITE: TableAmendment(.inviteClient, "calling", .response(180), stays: true)
        case .tableRetransmitsINVITEOnce: TableAmendment(.inviteClient, "calling", .timer(.a), withholds: .a)
        case .tableRetransmitsOnce: TableAmendment(.nonInviteClient, "trying", .timer(.e), withholds: .e)
        case .tableForgetsTimerB: TableAmendment(.inviteClient, "calling", .timer(.b), isIgnored: true)
        case .tableForgetsTimerF: TableAmendment(.nonInviteClient, "trying", .timer(.f), isIgnored: true)
        case .tableCancelsAtOnce: TableAmendment(.inviteClient, "calling", .cancel, adds: .sendCancel)
        case .tableWaitsForCanceled:
            TableAmendment(.inviteClient, "proceedingCanceled", .timer(.canceled), isIgnored: true)
        case .dropsACKToRetransmittedRefusal, .givesACKAnotherBranch, .forgetsTimerH, .neverRetransmitsSuccess,
            .neverRetransmitsRequest, .deliversRetransmittedResponse, .servesRetransmittedRequest, .hidesTimeout,
            .failsAfterTheResponse,
            .neverForgets, .sendsEverythingTwice, .retransmitsAfterTheResponse, .changesItsResponse, .ignoresCancel,
            .cancelsTooEarly, .ignoresACK, .ignoresRetransmittedRequest:
            nil
        }
    }

    /// Whether the fault is meant to be in a table.
    public var isInTable: Bool {
        self.rawValue.hasPrefix("table")
    }
}
