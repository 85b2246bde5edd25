public import CallCore

/// A call that came in and waits for an answer: answer or reject it once; dropping it rejects it with 480.
///
/// The caller may give up meanwhile. Then the handler's task is cancelled, unless the call was answered or rejected before: a
/// handler that sleeps, or asks somebody who honors cancellation, ends by itself. One that goes on all the same can ask
/// ``endReason``, and ``answer(recorder:_:)`` throws.
public final class IncomingCall: Sendable {
    // A class, and not a struct that cannot be copied: the compiler takes no such value that is consumed in a switch over one
    // of its own properties, which is the first thing that a handler does with the caller's number.

    /// Who calls.
    public let info: IncomingCallInfo
    /// The call's identifier in this user agent.
    public let id: CallID
    private let agent: UserAgent
    let control: CallControl

    init(info: IncomingCallInfo, control: CallControl, agent: UserAgent) {
        self.info = info
        self.id = control.id
        self.control = control
        self.agent = agent
    }

    deinit {
        if self.control.decide() { self.agent.reject(self.id, status: 480) }
    }

    /// Why the call is over; `nil` while it waits, or is up. `cancelled` when the caller gave up.
    public var endReason: CallEndReason? { self.control.endReason }

    /// Returns when the caller gave up before the call was answered or rejected, and why it is over; `nil` as soon as the task
    /// is cancelled, and when the call was answered.
    ///
    /// The handler's own task is cancelled at the same time; this is for other tasks, and for those who want to know why.
    @discardableResult
    public func cancelled() async -> CallEndReason? {
        await self.control.lost()
    }

    /// Tells the caller that it rings (180).
    public func ring() {
        self.agent.ring(self.id)
    }

    /// Refuses the call, with 486 Busy Here unless another status is given. Does nothing when it was answered or refused before.
    public func reject(status: Int = 486) {
        if self.control.decide() { self.agent.reject(self.id, status: status) }
    }

    /// Answers and runs `body` with the call; leaving `body` hangs up, and so does cancelling the task.
    ///
    /// - Throws: ``TelephonyError/callFailed(_:)`` when the caller gave up (`cancelled`) or the task is cancelled before the call
    ///   is up (`localHangup`), ``TelephonyError/portsExhausted(_:)`` when there is no port for media,
    ///   ``TelephonyError/alreadyDecided`` when it was answered or refused before, and whatever `body` throws.
    public func answer<Result: Sendable>(
        recorder: CallRecorder? = nil,
        _ body: (Call) async throws -> Result
    ) async throws -> Result {
        guard self.control.decide() else { throw TelephonyError.alreadyDecided }
        let call = try await self.agent.answer(self.control, from: self.info, recorder: recorder)
        return try await self.agent.run(call, body)
    }
}
