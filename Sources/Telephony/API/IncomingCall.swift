public import CallCore

/// A call that came in and waits for an answer: answer or reject it once; dropping it rejects it.
public struct IncomingCall: ~Copyable, Sendable {
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

    /// Tells the caller that it rings (180).
    public func ring() {
        self.agent.ring(self.id)
    }

    /// Refuses the call, with 486 Busy Here unless another status is given.
    public consuming func reject(status: Int = 486) {
        if self.control.decide() { self.agent.reject(self.id, status: status) }
    }

    /// Answers and runs `body` with the call; leaving `body` hangs up.
    ///
    /// - Throws: ``TelephonyError`` when the caller gave up or there is no port for media, and whatever `body` throws.
    public consuming func answer<Result: Sendable>(
        recorder: CallRecorder? = nil,
        _ body: (Call) async throws -> Result
    ) async throws -> Result {
        _ = self.control.decide()
        let call = try await self.agent.answer(self.control, from: self.info, recorder: recorder)
        return try await self.agent.run(call, body)
    }
}
