import CallCore
import CoreTypes
import Foundation
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
        var networkRefusal: Int32?
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
    /// What the network said of the PBX's port, as long as nothing came from there: the `errno`.
    var networkRefusal: Int32? {
        self.state.withLock { $0.ringing.isEmpty && $0.call == nil ? $0.networkRefusal : nil }
    }
    /// Since the answer; `nil` before.
    var seconds: Duration? { self.state.withLock { $0.answeredAt.map { ContinuousClock.now - $0 } } }

    var signs: CallOutcome.Signs {
        CallOutcome.Signs(
            ringing: self.state.withLock { $0.ringing },
            networkRefusal: self.networkRefusal,
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

    /// Watches the PBX's port from now on: where nothing listens, the call is given up at once by `stop`, and not after the
    /// half minute that SIP waits.
    func watch(_ stop: @escaping @Sendable () -> Void) {
        let isStopped = self.state.withLock { state in
            state.stop = stop
            return state.isStopped
        }
        if isStopped { stop() }
        guard let pbx else { return }
        PortWatch(peer: pbx) { [weak self] code in
            // A PBX that restarts may be there in a moment, and what came from it weighs more than what its kernel said.
            Thread.sleep(forTimeInterval: 1)
            self?.networkRefused(code)
        }.start()
    }

    private func networkRefused(_ code: Int32) {
        let stop = self.state.withLock { state -> (@Sendable () -> Void)? in
            guard state.ringing.isEmpty, state.call == nil, state.stop != nil else { return nil }
            state.networkRefusal = code
            return state.stop
        }
        stop?()
    }

    /// The call is over: what the network says from now on is not about it.
    func endWatch() {
        self.state.withLock { $0.stop = nil }
    }
}
