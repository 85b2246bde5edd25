/// A rule that a broken endpoint breaks, so that the scenarios can show that they would notice.
public enum Fault: String, Sendable, CaseIterable {
    /// The ACK to a retransmitted refusal is not sent.
    case dropsACKToRetransmittedRefusal
    /// The ACK to a refusal has a branch of its own.
    case givesACKAnotherBranch
    /// An INVITE whose refusal is never acknowledged does not end (timer H).
    case forgetsTimerH
    /// A 2xx to an INVITE is sent once only.
    case neverRetransmitsSuccess
    /// A request is sent once only.
    case neverRetransmitsRequest
    /// A retransmitted final response is passed up again.
    case deliversRetransmittedResponse
    /// A retransmitted request is passed up again.
    case servesRetransmittedRequest
    /// A request that times out is forgotten without a word.
    case hidesTimeout
    /// A failure is reported after the final response.
    case failsAfterTheResponse
    /// The waits at the end of a transaction never end (timers D, J, K, L and M).
    case neverForgets
    /// Every message is sent twice.
    case sendsEverythingTwice
    /// A request is sent again after its final response came.
    case retransmitsAfterTheResponse
    /// A retransmitted request gets another final response than before.
    case changesItsResponse
    /// A CANCEL is not noticed.
    case ignoresCancel
    /// A CANCEL is sent before any response came.
    case cancelsTooEarly
    /// The ACK to a refusal is not noticed, so that the refusal is retransmitted.
    case ignoresACK
    /// Retransmissions of a request get nothing.
    case ignoresRetransmittedRequest

    // In the tables of the machines themselves; `amendment` says which cell.
    /// An INVITE that was refused does not notice its ACK.
    case tableIgnoresACK
    /// Nobody waits for an end of the ACK to a refusal (timer H).
    case tableForgetsTimerH
    /// A refusal is not retransmitted until its ACK comes (timer G).
    case tableForgetsTimerG
    /// A request with a final response is forgotten at once (timer J).
    case tableForgetsCompleted
    /// An accepted INVITE is forgotten at once, and absorbs nothing (timer L).
    case tableForgetsAccepted
    /// The 2xx that the transaction user retransmits is not sent.
    case tableDropsRetransmittedSuccess
    /// 100 is sent again and again.
    case tableResendsTrying
    /// Nobody responds in place of a transaction user that never responds to a request.
    case tableWaitsForTransactionUser
    /// Nobody responds in place of a transaction user that never responds to a canceled INVITE.
    case tableWaitsForCanceledTransactionUser
    /// A retransmitted request whose answer has been given gets nothing.
    case tableIgnoresRetransmission
    /// The refusal that comes again gets no ACK.
    case tableDropsACK
    /// The 2xx that comes again is not passed up.
    case tableHidesRetransmittedSuccess
    /// An INVITE that rings is retransmitted all the same (timer A).
    case tableRetransmitsRingingINVITE
    /// An INVITE is retransmitted but once (timer A).
    case tableRetransmitsINVITEOnce
    /// A request is retransmitted but once (timer E).
    case tableRetransmitsOnce
    /// An INVITE that gets no response does not end (timer B).
    case tableForgetsTimerB
    /// A request that gets no response does not end (timer F).
    case tableForgetsTimerF
    /// A CANCEL leaves before any response came.
    case tableCancelsAtOnce
    /// A canceled INVITE that nobody answers does not end.
    case tableWaitsForCanceled
}
