import CoreTypes
import Glibc
import SIPCore
import SIPDiagnostics

/// Runs a ``ProbeEngine`` over a ``ProbeSocket``: a plain loop, for a program that does one thing at a time.
struct Probe: ~Copyable {
    /// What became of a request, the network's own errors included.
    enum Outcome: Sendable {
        /// What SIP says.
        case engine(ProbeEngine.Outcome)
        /// What the network says: an `errno`, and the host that reported it where that is known.
        case unreachable(Int32, by: IPAddress?)
    }

    private var engine: ProbeEngine
    private let socket: ProbeSocket
    private let peer: TransportAddress
    private let ladder: Ladder
    private var random: SeededRandom
    /// Our own address on the route to the peer.
    let local: TransportAddress

    /// Opens a socket to `peer`.
    init(
        to peer: TransportAddress,
        from port: UInt16,
        credentials: DigestCredentials?,
        realms: [String] = [],
        requestTimeout: Duration,
        retransmits: Bool = true,
        ladder: Ladder
    ) throws(ProbeSocket.Failure) {
        let socket = try ProbeSocket(to: peer, from: port)
        self.local = socket.local
        self.peer = peer
        self.ladder = ladder
        self.random = SeededRandom.system()
        self.engine = ProbeEngine(
            to: Destination(address: peer, binding: LocalBinding(transport: .udp, address: socket.local)),
            credentials: credentials,
            realms: realms,
            requestTimeout: requestTimeout,
            retransmits: retransmits,
            random: SeededRandom.system()
        )
        self.socket = socket
    }

    /// A request with what every request needs but CSeq and Via.
    mutating func makeRequest(
        _ method: SIPMethod,
        uri: SIPURI,
        from: SIPURI,
        to: SIPURI,
        callID: String? = nil
    ) throws(SIPBuildError) -> SIPMessageBuilder {
        var sender = NameAddress(uri: from)
        sender.parameters.set("tag", self.random.token(12))
        var request = SIPMessageBuilder(request: method, uri: uri)
        try request.replace(.maxForwards, "70")
        try request.replace(.from, sender.description)
        try request.replace(.to, NameAddress(uri: to).description)
        try request.replace(.callID, callID ?? self.random.token(24))
        return request
    }

    /// Random numbers for a machine that makes its own tags.
    mutating func makeRandom() -> SeededRandom {
        self.random.split()
    }

    /// Something that nobody can guess.
    mutating func token() -> String {
        self.random.token(24)
    }

    /// Sends a request, again with credentials when it is challenged, and waits for what becomes of it.
    mutating func ask(_ request: SIPMessageBuilder, method: SIPMethod, uri: SIPURI) -> Outcome {
        self.engine.start(request, method: method, uri: uri, now: MonotonicClock.now)
        var trouble: Outcome?
        while true {
            if let code = self.flush() { return .unreachable(code, by: self.socket.takeReporter()) }
            if let outcome = self.engine.pollOutcome() {
                // Silence, after the network had said why.
                if case .timeout = outcome, let trouble { return trouble }
                return .engine(outcome)
            }
            let now = MonotonicClock.now
            switch self.socket.wait(until: self.engine.deadline ?? now + .seconds(1)) {
            case .datagram(let bytes):
                self.note(.received, bytes)
                self.engine.receive(bytes, now: MonotonicClock.now)
            case .refused(let code):
                let reporter = self.socket.takeReporter()
                self.noteRefusal(code, reporter)
                let refusal = Outcome.unreachable(code, by: reporter)
                // A closed port stays closed. A host that cannot be reached now may be in a moment: it is asked again.
                if code == ECONNREFUSED { return refusal }
                trouble = refusal
            case .nothing: self.engine.handleTimeout(now: MonotonicClock.now)
            }
        }
    }

    private func noteRefusal(_ code: Int32, _ reporter: IPAddress?) {
        let source = reporter.map { ", says \($0)" } ?? ""
        self.ladder.note("the network refuses: \(String(cString: strerror(code)))\(source)", at: MonotonicClock.now)
    }

    private mutating func flush() -> Int32? {
        while let bytes = self.engine.pollTransmit() {
            self.note(.sent, bytes)
            do {
                try self.socket.send(bytes)
            } catch {
                self.noteRefusal(error.code, nil)
                // An error of an earlier datagram comes out here as well, and is none of this one.
                guard error.code == ECONNREFUSED || (try? self.socket.send(bytes)) == nil else { continue }
                return error.code
            }
        }
        return nil
    }

    private func note(_ direction: Ladder.Direction, _ bytes: [UInt8]) {
        self.ladder.record(bytes, direction, local: self.local, remote: self.peer, at: MonotonicClock.now)
    }
}
