public import CallCore
public import CoreTypes
public import RTPCore
public import SIPCore

/// An ``AgentEngine`` on the network of a ``Simulation``, with a simple application: it answers or not, and talks.
public final class SimulatedAgent: SimulatedHost {
    /// What becomes of calls that come in.
    public enum Answering: Sendable {
        /// Nothing: the test decides.
        case manual
        /// It rings.
        case ring
        /// Answered at once, or after ringing for a while.
        case answer(after: Duration = .zero)
        /// Refused with a status.
        case reject(status: Int)
    }

    /// What becomes of calls that come in.
    public var answering = Answering.manual
    /// Whether answered calls carry audio: a packet each 20 ms.
    public let carriesMedia: Bool
    /// All events of the engine.
    public private(set) var events: [AgentEvent] = []
    /// The calls that came in, in order.
    public private(set) var incoming: [(call: CallID, info: IncomingCallInfo)] = []
    /// The calls that were refused before they were reported as incoming, and why.
    public private(set) var refused: [(info: IncomingCallInfo, reason: CallEndReason)] = []
    /// The calls that were answered, with who did it.
    public private(set) var answered: [CallID: AnsweredBy] = [:]
    /// The calls that ended, with the reason.
    public private(set) var ended: [CallID: CallEndReason] = [:]
    /// Who came to the other end of each call after it began.
    public private(set) var parties: [CallID: [PartyIdentity]] = [:]
    /// What media of each call is, or was last.
    public private(set) var media: [CallID: MediaParameters] = [:]
    /// The legs that carry audio.
    public private(set) var legs: [CallID: SimulatedLeg] = [:]
    /// The calls of which the engine reported that nobody answers, and nobody need wait.
    public private(set) var unanswered: [CallID] = []
    /// The addresses of names; an engine's question for another name gets none.
    public var names: [String: [IPAddress]] = [:]
    /// How long a question takes; `nil` for a name server that is silent.
    public var lookupTime: Duration? = .zero
    /// What was asked for, in order.
    public private(set) var questions: [TargetQuestion] = []
    private var lookups: [(question: TargetQuestion, at: Instant)] = []
    /// How many times the engine ended the same call; more than one is a defect.
    public private(set) var endings: [CallID: Int] = [:]

    /// The address that it signals from.
    public let signaling: TransportAddress
    private var engine: AgentEngine
    private var random: SeededRandom
    private let clock: SimulatedClock
    private var waiting = DeadlineQueue<CallID>()
    private var ports: [CallID: UInt16] = [:]
    private var nextPort: UInt16 = 40_000

    /// Puts an agent on the network of a simulation.
    public init(
        _ simulation: Simulation,
        at address: IPAddress,
        seed: UInt64,
        codecs: [AudioCodec] = [.pcmu, .pcma],
        peers: [IPAddress] = [],
        domains: [String] = [],
        maximumCalls: Int = 100,
        carriesMedia: Bool = false
    ) {
        let configuration = AgentEngine.Configuration(
            productName: "Simulated",
            codecs: codecs,
            peers: peers,
            domains: domains,
            maximumCalls: maximumCalls
        )
        self.clock = simulation.clock
        self.signaling = TransportAddress(host: address, port: 5_060)
        self.carriesMedia = carriesMedia
        self.random = SeededRandom(seed: seed)
        self.engine = AgentEngine(configuration: configuration, random: SeededRandom(seed: seed &+ 1))
        simulation.add(self)
    }

    /// What the engine holds.
    public var gauges: AgentGauges { self.engine.gauges }

    /// What the endpoint counted.
    public var counters: SIPEndpoint.Counters { self.engine.counters }

    /// Gives the engine a command.
    public func perform<Result>(_ body: (inout AgentEngine, Instant) -> Result) -> Result {
        defer { self.drain(now: self.clock.now) }
        return body(&self.engine, self.clock.now)
    }

    /// Adds an account whose PBX is at `pbx`, or at one of the alternatives.
    public func add(
        _ identity: Identity,
        at pbx: TransportAddress,
        alternatives: [TransportAddress] = []
    ) -> IdentityID {
        let destination = Destination(address: pbx, binding: self.binding)
        return self.perform { engine, now in
            engine.add(identity, at: destination, alternatives: alternatives, now: now)
        }
    }

    /// Places a call.
    public func call(_ target: SIPURI, from identity: IdentityID, noAnswerLimit: Duration? = nil) -> CallID? {
        let port = self.takePort()
        let media = LocalMedia(address: self.address, port: port)
        let call = self.perform { engine, now in
            engine.call(target, from: identity, media: media, noAnswerLimit: noAnswerLimit, now: now)
        }
        if let call { self.open(call, port) }
        return call
    }

    /// Answers a call that came in.
    public func answer(_ call: CallID) {
        let port = self.takePort()
        self.open(call, port)
        let media = LocalMedia(address: self.address, port: port)
        self.perform { engine, now in engine.answer(call, media: media, now: now) }
    }

    /// Ends a call.
    public func hangUp(_ call: CallID) {
        self.perform { engine, now in engine.hangUp(call, now: now) }
    }

    // MARK: On the network

    /// Its address.
    public var address: IPAddress { self.signaling.host }

    /// When something is due.
    public var deadline: Instant? {
        let lookup = self.lookups.map(\.at).min()
        let own = [self.engine.deadline, self.waiting.earliest, lookup] + self.legs.values.map(\.deadline)
        return own.compactMap(\.self).min()
    }

    /// A datagram came.
    public func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant)
    {
        if destination.port == self.signaling.port {
            self.engine.receive(bytes, from: source, on: self.binding, now: now)
        } else {
            for (call, leg) in self.legs where self.ports[call] == destination.port {
                leg.receive(bytes, from: source, now: now)
            }
        }
        self.drain(now: now)
    }

    /// The deadline has come.
    public func handleTimeout(now: Instant) {
        while let call = self.waiting.popExpired(now) { self.answer(call) }
        if let due = self.engine.deadline, due <= now { self.engine.handleTimeout(now: now) }
        for leg in self.legs.values { leg.handleTimeout(now: now) }
        self.drain(now: now)
    }

    /// The next datagram that leaves.
    public func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        if let transmit = self.engine.pollTransmit() { return (transmit.bytes, self.signaling, transmit.to) }
        for (call, leg) in self.legs {
            guard let (bytes, to) = leg.pollTransmit(), let port = self.ports[call] else { continue }
            return (bytes, TransportAddress(host: self.address, port: port), to)
        }
        return nil
    }

    // MARK: Inside

    private var binding: LocalBinding { LocalBinding(transport: .udp, address: self.signaling) }

    private func takePort() -> UInt16 {
        defer { self.nextPort = self.nextPort == 59_998 ? 40_000 : self.nextPort + 2 }
        return self.nextPort
    }

    private func open(_ call: CallID, _ port: UInt16) {
        self.ports[call] = port
        // The media may have been reported before the port was known, when everything happened at once.
        self.updateLeg(call)
    }

    private func updateLeg(_ call: CallID) {
        guard self.carriesMedia, self.ended[call] == nil, self.ports[call] != nil, let parameters = self.media[call]
        else {
            return
        }
        if let leg = self.legs[call] {
            leg.update(parameters)
        } else {
            self.legs[call] = SimulatedLeg(parameters, random: &self.random, now: self.clock.now)
        }
    }

    private func drain(now: Instant) {
        while let question = self.engine.pollQuestion() {
            self.questions.append(question)
            if let time = self.lookupTime { self.lookups.append((question, now + time)) }
        }
        self.answerLookups(now: now)
        while let event = self.engine.pollEvent() {
            self.events.append(event)
            switch event {
            case .incoming(let call, let info):
                self.incoming.append((call, info))
                self.decide(call, now: now)
            case .answered(let call, let answeredBy): self.answered[call] = answeredBy
            case .media(let call, let parameters):
                self.media[call] = parameters
                self.updateLeg(call)
            case .mediaEnded(let call): self.legs[call]?.stop()
            case .ended(let call, let reason):
                self.ended[call] = reason
                self.endings[call, default: 0] += 1
                self.waiting.cancel(call)
                self.legs[call]?.stop()
                self.ports[call] = nil
            case .identityChanged(let call, let party): self.parties[call, default: []].append(party)
            case .callRefused(_, let info, let reason): self.refused.append((info, reason))
            case .unanswered(let call): self.unanswered.append(call)
            case .ringing, .registered, .registrationFailed, .bindings, .unregistered, .refused: break
            }
        }
    }

    /// Answers the questions whose time has come, from the table of names.
    private func answerLookups(now: Instant) {
        while let index = self.lookups.firstIndex(where: { $0.at <= now }) {
            let question = self.lookups.remove(at: index).question
            self.engine.handleResolved(question, self.names[question.name] ?? [], now: now)
        }
    }

    private func decide(_ call: CallID, now: Instant) {
        switch self.answering {
        case .manual: break
        case .ring: self.engine.ring(call, now: now)
        case .answer(after: .zero): self.answer(call)
        case .answer(after: let delay):
            self.engine.ring(call, now: now)
            self.waiting.schedule(call, at: now + delay)
        case .reject(let status): self.engine.reject(call, status: status, now: now)
        }
    }
}

/// The audio of one simulated call: sends a steady tone and counts what it hears.
public final class SimulatedLeg {
    /// How much was heard.
    public private(set) var heard: Duration = .zero
    /// The DTMF digits that the other side sent.
    public private(set) var digits: [Character] = []
    /// The media's figures.
    public var statistics: MediaStatistics { self.session.statistics }

    private var session: MediaSession
    private var parameters: MediaParameters
    private var samples: [Int16] = []
    private var packet: [UInt8] = []
    private var outbox: [(bytes: [UInt8], to: TransportAddress)] = []
    private var nextTick: Instant?

    init(_ parameters: MediaParameters, random: inout SeededRandom, now: Instant) {
        self.parameters = parameters
        self.session = MediaSession(parameters, random: &random)
        self.nextTick = now
    }

    /// Sends a DTMF digit.
    public func sendDTMF(_ digit: Character) {
        _ = self.session.sendDTMF(digit)
    }

    var deadline: Instant? { self.nextTick }

    func update(_ parameters: MediaParameters) {
        self.parameters = parameters
        self.session.update(parameters)
    }

    func stop() {
        self.nextTick = nil
        self.outbox = []
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress, now: Instant) {
        var bytes = bytes
        var datagram = bytes.mutableSpan
        self.session.receive(&datagram, from: source, now: now)
        self.listen(now: now)
    }

    func handleTimeout(now: Instant) {
        guard let tick = self.nextTick, tick <= now else { return }
        self.nextTick = tick + .milliseconds(20)
        self.listen(now: now)
        let frame = (0..<(self.parameters.codec.audioRate / 50)).map { Int16($0 % 16 < 8 ? 4_000 : -4_000) }
        self.session.send(frame.span, now: now)
        while let transmit = self.session.pollTransmit(now: now, into: &self.packet) {
            self.outbox.append((self.packet, transmit.destination))
        }
    }

    func pollTransmit() -> (bytes: [UInt8], to: TransportAddress)? {
        self.outbox.isEmpty ? nil : self.outbox.removeFirst()
    }

    private func listen(now: Instant) {
        while let audio = self.session.popAudio(into: &self.samples, now: now) {
            self.heard += .nanoseconds(Int64(self.samples.count) * 1_000_000_000 / Int64(audio.sampleRate))
        }
        while let digit = self.session.popDigit() { self.digits.append(digit) }
    }
}
