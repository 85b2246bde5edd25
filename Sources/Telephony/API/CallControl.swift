import AudioCore
import CallCore
import CoreTypes
import RTPCore
import Synchronization

/// A call as the user agent keeps it: where its media is, who waits for it, how it ended.
final class CallControl: Sendable {
    private struct State {
        var socket: RTPSocket?
        var leg: MediaLegHandle?
        var media: MediaParameters?
        var answeredBy: AnsweredBy?
        var isAnswered = false
        var endReason: CallEndReason?
        var finalStatistics: MediaStatistics?
        /// Which ways were open last.
        var flow = AudioFlow.open
        var mediaStops = false
        var isDecided = false
        var party: PartyIdentity
        var partyFollowers: [PartyFollower] = []
        var ringing: (@Sendable (Int) -> Void)?
        var recorder: CallRecorder?
    }
    /// A reader of the parties; gone when nobody reads any more.
    private struct PartyFollower {
        weak var parties: EventQueue<PartyIdentity>?
    }
    /// What a call asks of its user agent.
    struct Commands: Sendable {
        /// Ends a call; the reason is given when the application did not ask for it.
        let hangUp: @Sendable (CallID, CallEndReason?) -> Void
        /// Gives up a call that nobody answered.
        let giveUp: @Sendable (CallID) -> Void
        /// Holds a call or resumes it; `false` when no re-INVITE could be sent.
        let hold: @Sendable (CallID, Bool) async -> Bool
        let mediaLoops: MediaLoops
        let ports: PortPool
    }

    let id: CallID
    let incoming: IncomingCallInfo?
    let frames = FrameRing(capacity: 250)
    let speech = SpeechRing(sampleRate: 8_000)
    let digits = EventQueue<Character>(capacity: 64, losing: .newest)
    let flow = EventQueue<AudioFlow>(capacity: 1, losing: .oldest)
    /// It was answered, is over, or was given up.
    private let outcome = Milestone<Void>()
    /// No more media flow.
    private let silence = Milestone<Void>()
    /// It is over, and so are its media.
    private let end = Milestone<CallEndReason>()
    /// The caller gave up, or the call ended otherwise, before anybody decided what to do with it.
    let loss = Milestone<CallEndReason>()
    private let commands: Commands
    private let state: Mutex<State>

    init(
        id: CallID,
        incoming: IncomingCallInfo?,
        party: PartyIdentity,
        socket: RTPSocket?,
        recorder: CallRecorder?,
        commands: Commands,
        ringing: (@Sendable (Int) -> Void)? = nil
    ) {
        self.id = id
        self.incoming = incoming
        self.commands = commands
        self.state = Mutex(State(socket: socket, party: party, ringing: ringing, recorder: recorder))
    }

    var answeredBy: AnsweredBy? { self.state.withLock { $0.answeredBy } }
    var media: MediaParameters? { self.state.withLock { $0.media } }
    var endReason: CallEndReason? { self.state.withLock { $0.endReason } }
    var isAnswered: Bool { self.state.withLock { $0.isAnswered } }

    /// Whether nobody answered or rejected the call before; from now on somebody has.
    func decide() -> Bool {
        self.state.withLock { state in
            defer { state.isDecided = true }
            return !state.isDecided
        }
    }

    func hangUp() {
        self.commands.hangUp(self.id, nil)
    }

    /// Gives up a call that nobody answered; ``handleUnanswered()`` comes soon.
    func giveUp() {
        self.commands.giveUp(self.id)
    }

    func hold(_ isHolding: Bool) async -> Bool {
        await self.commands.hold(self.id, isHolding)
    }

    func sendDTMF(_ digit: Character) {
        if let handle = self.state.withLock({ $0.leg }) { handle.loop.sendDTMF(handle.leg, digit) }
    }

    /// Gives a call that came in its socket; a call that is over by now gives the port back at once.
    func attach(_ socket: RTPSocket, recorder: CallRecorder?) {
        let isOver = self.state.withLock { state in
            guard state.endReason == nil, !state.mediaStops else { return true }
            state.socket = socket
            state.recorder = recorder
            return false
        }
        if isOver { self.commands.ports.close(socket.port) }
    }

    /// Who is at the other end.
    var party: PartyIdentity { self.state.withLock { $0.party } }

    /// Who is at the other end now, and from then on each who comes in their place.
    func parties() -> EventQueue<PartyIdentity> {
        let parties = EventQueue<PartyIdentity>(capacity: 1, losing: .oldest)
        self.state.withLock { state in
            parties.append(state.party)
            guard state.endReason == nil else { return parties.finish() }
            state.partyFollowers.removeAll { $0.parties == nil }
            state.partyFollowers.append(PartyFollower(parties: parties))
        }
        return parties
    }

    // MARK: Events of the engine

    func handleRinging(status: Int) {
        self.state.withLock { $0.ringing }?(status)
    }

    func handleParty(_ party: PartyIdentity) {
        let followers = self.state.withLock { state in
            state.party = party
            return state.partyFollowers
        }
        for follower in followers { follower.parties?.append(party) }
    }

    /// It was given up, and nobody waits for what becomes of its CANCEL: a PBX may need half a minute to say so, or never do.
    func handleUnanswered() {
        self.outcome.reach()
    }

    func handleAnswered(_ answeredBy: AnsweredBy) {
        self.state.withLock { state in
            state.answeredBy = answeredBy
            state.isAnswered = true
            if let handle = state.leg { handle.loop.answered(handle.leg) }
        }
        self.outcome.reach()
    }

    func handleMedia(_ parameters: MediaParameters) {
        self.state.withLock { state in
            state.media = parameters
            guard state.endReason == nil, !state.mediaStops else { return }
            let flow = AudioFlow(parameters)
            if flow != state.flow {
                state.flow = flow
                self.flow.append(flow)
            }
            if let handle = state.leg {
                handle.loop.update(handle.leg, parameters)
            } else if let socket = state.socket {
                let id = self.id
                let hangUp = self.commands.hangUp
                // Now and not on the media thread: what is written as soon as the call is up must have the right rate.
                self.speech.change(sampleRate: parameters.codec.audioRate)
                let loop = self.commands.mediaLoops.loop()
                let endpoints = MediaLeg.Endpoints(
                    frames: self.frames,
                    speech: self.speech,
                    digits: self.digits,
                    recorder: state.recorder,
                    onInactive: { hangUp(id, .mediaTimeout) }
                )
                let leg = loop.add(socket, parameters, .application(endpoints))
                state.leg = MediaLegHandle(loop: loop, leg: leg)
                self.speech.onBegin { loop.speechBegins(leg) }
            }
        }
    }

    func handleMediaEnded() {
        self.stopMedia()
    }

    func handleEnded(_ reason: CallEndReason) {
        let (isFirst, isUndecided, followers) = self.state.withLock { state in
            let isFirst = state.endReason == nil
            if isFirst { state.endReason = reason }
            defer { state.partyFollowers = [] }
            return (isFirst, !state.isDecided, state.partyFollowers)
        }
        guard isFirst else { return }
        if isUndecided { self.loss.reach(reason) }
        self.outcome.reach()
        for follower in followers { follower.parties?.finish() }
        self.stopMedia()
        self.tellEnd()
    }

    /// Ends what is heard and said, and gives the leg and its port back; the call itself may have to wait for the response to
    /// its BYE.
    private func stopMedia() {
        let (isFirst, handle, socket) = self.state.withLock { state in
            let found = (!state.mediaStops, state.leg, state.socket)
            state.mediaStops = true
            state.socket = nil
            return found
        }
        guard isFirst else { return }
        self.frames.finish()
        self.speech.close()
        self.digits.finish()
        self.flow.finish()
        guard let handle else { return self.handleSilence(nil, socket) }
        // Out of the signaling loop's way: the media thread does it when it gets to it.
        handle.loop.remove(handle.leg) { self.handleSilence($0, socket) }
    }

    private func handleSilence(_ statistics: MediaStatistics?, _ socket: RTPSocket?) {
        if let socket { self.commands.ports.close(socket.port) }
        self.state.withLock { $0.finalStatistics = statistics }
        self.silence.reach()
        self.tellEnd()
    }

    /// Lets those go on who wait for the end of the call, when it is over and its media have stopped.
    private func tellEnd() {
        guard self.silence.value != nil, let reason = self.endReason else { return }
        self.end.reach(reason)
    }

    // MARK: Waiting

    /// Returns when the call was answered or is over, or when the task is cancelled.
    func answeredOrEnded() async {
        await self.outcome.wait()
    }

    /// Returns when the call was answered, is over, or was given up, however the task fares.
    func answeredOrGivenUp() async {
        await self.outcome.waitToTheEnd()
    }

    /// Why the call was over before anybody decided; `nil` when the task is cancelled, or the call was decided.
    func lost() async -> CallEndReason? {
        // The loss is reported before the outcome.
        await self.outcome.wait()
        return self.loss.value
    }

    /// Returns when the call is over and its media has stopped, or when the task is cancelled.
    func ended() async -> CallEndReason {
        await self.end.wait() ?? self.endReason ?? .localHangup
    }

    /// Returns when a call that was hung up is over and its media has stopped. A task that is cancelled waits for its media
    /// only, which is soon: the BYE goes on without it.
    func released() async {
        if await self.end.wait() == nil { await self.silence.waitToTheEnd() }
    }

    func statistics() async -> MediaStatistics? {
        let (handle, final) = self.state.withLock { ($0.leg, $0.finalStatistics) }
        if let final { return final }
        guard let handle else { return nil }
        return await handle.loop.statistics(handle.leg)
    }
}

extension AudioFlow {
    /// What the other side said last; our own hold has no other effect, for we hear nothing then.
    init(_ parameters: MediaParameters) {
        guard parameters.sends else {
            self = .held
            return
        }
        self = parameters.receives ? .open : .listening
    }
}
