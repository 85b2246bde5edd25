/// A rule that a broken endpoint breaks, so that the scenarios can show that they would notice.
public enum Fault: String, Sendable, CaseIterable {
    /// The ACK to a repeated refusal is not sent.
    case dropsACKToRepeatedRefusal
    /// The ACK to a refusal has a branch of its own.
    case givesACKAnotherBranch
    /// An INVITE whose refusal is never acknowledged does not end (timer H).
    case forgetsTimerH
    /// A 2xx to an INVITE is sent once only.
    case neverRepeatsSuccess
    /// A request is sent once only.
    case neverRepeatsRequest
    /// A repeated final answer is passed up again.
    case deliversRepeatedAnswer
    /// A repeated request is passed up again.
    case servesRepeatedRequest
    /// A request that times out is forgotten without a word.
    case hidesTimeout
    /// A failure is told after the final answer.
    case failsAfterTheAnswer
    /// The waits at the end of a transaction never end (timers D, J, K, L and M).
    case neverForgets
    /// Every message is sent twice.
    case sendsEverythingTwice
    /// A request is sent again after its final answer came.
    case repeatsAfterTheAnswer
    /// A repeated request gets another final answer than before.
    case changesItsAnswer
    /// A CANCEL is not noticed.
    case ignoresCancel
    /// A CANCEL is sent before any answer came.
    case cancelsTooEarly
    /// The ACK to a refusal is not noticed, so that the refusal is repeated.
    case ignoresACK
    /// Retransmissions of a request get nothing.
    case ignoresRepeatedRequest

    // In the tables of the machines themselves; `amendment` says which cell.
    /// An INVITE that was refused does not notice its ACK.
    case tableIgnoresACK
    /// Nobody waits for an end of the ACK to a refusal (timer H).
    case tableForgetsTimerH
    /// A refusal is not repeated until its ACK comes (timer G).
    case tableForgetsTimerG
    /// An answered request is forgotten at once (timer J).
    case tableForgetsAnswered
    /// An accepted INVITE is forgotten at once, and absorbs nothing (timer L).
    case tableForgetsAccepted
    /// The 2xx that the transaction user repeats is not sent.
    case tableDropsRepeatedSuccess
    /// 100 is sent again and again.
    case tableRepeatsTrying
    /// The transaction user that never answers a request is not answered for.
    case tableWaitsForTransactionUser
    /// The transaction user that never answers a canceled INVITE is not answered for.
    case tableWaitsForCanceledTransactionUser
    /// A repeated request whose answer has been given gets nothing.
    case tableIgnoresRetransmission
    /// The refusal that comes again gets no ACK.
    case tableDropsACK
    /// The 2xx that comes again is not passed up.
    case tableHidesRepeatedSuccess
    /// An INVITE that rings is repeated all the same (timer A).
    case tableRepeatsRingingINVITE
    /// An INVITE is repeated but once (timer A).
    case tableRepeatsINVITEOnce
    /// A request is repeated but once (timer E).
    case tableRepeatsOnce
    /// An INVITE that nobody answers does not end (timer B).
    case tableForgetsTimerB
    /// A request that nobody answers does not end (timer F).
    case tableForgetsTimerF
    /// A CANCEL leaves before any answer came.
    case tableCancelsAtOnce
    /// A canceled INVITE that nobody answers does not end.
    case tableWaitsForCanceled
}
