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
    /// Repetitions of a request get nothing.
    case ignoresRepeatedRequest
}
