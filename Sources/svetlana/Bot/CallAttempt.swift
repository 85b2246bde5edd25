import CallCore
import CoreTypes
import SIPCore
import SIPDiagnostics
import Synchronization
import Telephony

/// One call that the bot places, as it is seen while it goes on: what came back, who answered, who gave it up.
final class CallAttempt: Sendable {
    private struct State {
        var id: CallID?
        var call: Call?
        var ringing: [Int] = []
        var began = ContinuousClock.now
        var firstSign: ContinuousClock.Instant?
        var answeredAt: ContinuousClock.Instant?
        var stop: (@Sendable () -> Void)?
        var isCancelled = false
        var isStopped = false
    }
    private let target: SIPURI?
    private let caller: SIPURI?
    private let pbx: TransportAddress?
    private let state = Mutex(State())

    init(target: SIPURI?, caller: SIPURI?, pbx: TransportAddress?) {
        self.target = target
        self.caller = caller
        self.pbx = pbx
    }

    var id: CallID? { self.state.withLock { $0.id } }
    var call: Call? { self.state.withLock { $0.call } }
    /// Whether who asked for the call gave it up.
    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }
    /// Since the answer; `nil` before.
    var seconds: Duration? { self.state.withLock { $0.answeredAt.map { ContinuousClock.now - $0 } } }

    var signs: CallOutcome.Signs {
        CallOutcome.Signs(
            ringing: self.state.withLock { $0.ringing },
            pbx: self.pbx
        )
    }

    func placed(_ id: CallID) {
        self.state.withLock { $0.id = id }
    }

    func rings(_ status: Int) {
        self.state.withLock { state in
            if state.ringing.count < 32 { state.ringing.append(status) }
            if state.firstSign == nil { state.firstSign = .now }
        }
    }

    func answered(_ call: Call) {
        self.state.withLock { state in
            state.call = call
            state.answeredAt = .now
        }
    }

    func cancel() {
        self.state.withLock { $0.isCancelled = true }
    }

    /// Who answered, as far as the signaling tells; `nil` before somebody did.
    var judgement: AnswerJudgement? {
        guard let target, let answer = self.call?.answeredBy else { return nil }
        let (ringing, pickup) = self.state.withLock { state in
            // Without a sign of ringing the whole time counts: it was no longer than that.
            (state.ringing, state.answeredAt.map { $0 - (state.firstSign ?? state.began) })
        }
        return AnswerJudgement(
            answer,
            target: target,
            caller: self.caller,
            pbx: self.pbx,
            ringing: ringing,
            pickup: pickup
        )
    }

    // MARK: Giving it up

    /// Ends the attempt by cancelling its task.
    func stop() {
        let stop = self.state.withLock { state in
            state.isStopped = true
            return state.stop
        }
        stop?()
    }

    /// Sets what ends the attempt; at once for one that was ended before.
    func stops(by stop: @escaping @Sendable () -> Void) {
        let isStopped = self.state.withLock { state in
            state.stop = stop
            return state.isStopped
        }
        if isStopped { stop() }
    }
}
