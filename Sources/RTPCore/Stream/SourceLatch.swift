public import CoreTypes

/// Learns where the peer's media really comes from (symmetric RTP, RFC 4961), and refuses everybody else.
///
/// The signaled address always wins: it is accepted at once, and takes the stream back from whoever has it. Behind a NAT
/// media come from elsewhere: from another port of the signaled host, or from the host that the signaling comes from.
/// Those have to send a steady stream first, two that compete keep each other out, and the better known host wins
/// (see `Policy.Learning` for who else may be learned). After a second of media the source is locked: one that is known no
/// better follows it only when it was silent, and from another host only with the *same* stream (SSRC and numbers, which
/// somebody off the path cannot know).
public struct SourceLatch: Sendable {
    /// Who may become the source of a stream, and when.
    public struct Policy: Sendable, Hashable {
        /// Which addresses may be learned besides the one that was signaled.
        public enum Learning: Sendable, Hashable {
            /// None: media comes from the signaled address or not at all.
            case none
            /// Other ports of the signaled host, and the host that the signaling comes from.
            case knownHosts
            /// Those and the network of the signaled address (/24, or /64 for IPv6); any, when that address is private.
            case nearbyOrPrivate
            /// Any address that sends a steady stream, also where none was signaled.
            case any
        }

        /// Which addresses may be learned.
        public var learning: Learning
        /// How many packets in sequence a source has to send before it is learned.
        public var probationPackets: Int
        /// How long those packets have to span at least.
        public var probationTime: Duration
        /// After how much media a source is locked.
        public var lockAfter: Duration
        /// How long a locked source must be silent before the same stream may go on from elsewhere.
        public var relearnAfter: Duration
        /// The host that the signaling comes from: where a peer behind a NAT, or one that gave no usable address, is met.
        public var signalingHost: IPAddress?

        /// Makes a policy.
        public init(
            learning: Learning = .knownHosts,
            probationPackets: Int = 4,
            probationTime: Duration = .milliseconds(40),
            lockAfter: Duration = .seconds(1),
            relearnAfter: Duration = .seconds(2),
            signalingHost: IPAddress? = nil
        ) {
            self.learning = learning
            self.probationPackets = probationPackets
            self.probationTime = probationTime
            self.lockAfter = lockAfter
            self.relearnAfter = relearnAfter
            self.signalingHost = signalingHost
        }

        /// The safe default.
        public static let standard = Policy()
        /// The signaled address only.
        public static let signaledOnly = Policy(learning: .none)
        /// Whoever sends a steady stream first.
        public static let open = Policy(learning: .any)
    }

    /// What to do with a packet.
    public enum Verdict: Sendable, Hashable {
        /// It comes from the source.
        case accepted
        /// It comes from the source from now on: what was kept of it comes first.
        case learned
        /// It may turn out to come from the source: keep it or drop it.
        case candidate
        /// It comes from somebody else.
        case refused
    }

    /// How well an address is known, the better the higher.
    private enum Standing: Int, Comparable {
        case stranger, signalingHost, signaledHost, signaled

        static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Candidate {
        var address: TransportAddress
        var standing: Standing
        var source: UInt32
        var sequence: Wrapping<UInt16>
        var count: Int
        var first: Instant
        var last: Instant
    }

    /// How long a source that is not locked must be silent before another may follow it, and a rival is forgotten.
    static let pause: Duration = .milliseconds(200)
    private static let maximumCandidates = 4

    /// The address that media was learned from, or `nil`.
    public private(set) var learned: TransportAddress?
    /// Whether that address is locked.
    public private(set) var isLocked = false
    private var policy: Policy
    private var signaled: TransportAddress?
    private var since = Instant.zero
    private var lastHeard = Instant.zero
    private var source: UInt32 = 0
    private var sequence = Wrapping<UInt16>(0)
    private var candidates: [Candidate] = []

    /// Makes a latch for media that was signaled to come from and go to `signaled`.
    public init(_ policy: Policy, signaled: TransportAddress?) {
        self.policy = policy
        self.signaled = signaled
        self.candidates.reserveCapacity(SourceLatch.maximumCandidates)
    }

    /// Where to send: the learned source, and the signaled address until there is one.
    public var destination: TransportAddress? {
        self.learned ?? self.signaled
    }

    /// Takes the outcome of a new offer/answer.
    ///
    /// A changed address begins anew; the same one keeps the source and lets another follow once it is silent.
    /// With `nil` (hold by 0.0.0.0) the source stays, unless the description `isUnknown`: then what was signaled before
    /// does not count any more, and the source is to be learned.
    public mutating func update(_ policy: Policy, signaled: TransportAddress?, isUnknown: Bool = false) {
        self.policy = policy
        self.candidates.removeAll(keepingCapacity: true)
        self.isLocked = false
        guard signaled != self.signaled, signaled != nil || isUnknown else { return }
        self.signaled = signaled
        self.learned = nil
    }

    /// Whether a datagram from there may belong to the call at all; the cheap question that comes before all others.
    @inline(__always)
    public func mayBeHeard(_ address: TransportAddress) -> Bool {
        address == self.learned || self.standing(of: address) != nil
    }

    /// The hosts that may be heard; `nil` when they cannot be listed.
    public var hosts: [IPAddress]? {
        switch self.policy.learning {
        case .none: return [self.signaled?.host].compactMap(\.self)
        case .knownHosts:
            let hosts = [self.signaled?.host, self.policy.signalingHost, self.learned?.host].compactMap(\.self)
            return hosts.enumerated().filter { hosts.firstIndex(of: $0.element) == $0.offset }.map(\.element)
        case .nearbyOrPrivate, .any: return nil
        }
    }

    /// Judges an RTP packet with a payload type that was negotiated.
    public mutating func judge(
        _ address: TransportAddress,
        source: UInt32,
        sequence: Wrapping<UInt16>,
        now: Instant
    ) -> Verdict {
        if address == self.learned {
            self.heard(source: source, sequence: sequence, now: now)
            return .accepted
        }
        guard let standing = self.standing(of: address) else { return .refused }
        let move = self.move(to: address, standing, source: source, sequence: sequence, now: now)
        switch move {
        case .refused: return .refused
        case .probation:
            guard self.passesProbation(address, standing, source: source, sequence: sequence, now: now)
            else { return .candidate }
        case .atOnce: break
        }
        self.learned = address
        self.isLocked = false
        self.since = now
        self.candidates.removeAll(keepingCapacity: true)
        self.heard(source: source, sequence: sequence, now: now)
        return .learned
    }

    /// Whether a packet without a stream, such as RTCP, comes from the host that media is exchanged with.
    public func isPeer(_ address: TransportAddress) -> Bool {
        address.host == self.learned?.host || address.host == self.signaled?.host
    }

    private mutating func heard(source: UInt32, sequence: Wrapping<UInt16>, now: Instant) {
        self.lastHeard = now
        self.source = source
        self.sequence = sequence
        guard !self.isLocked, now - self.since >= self.policy.lockAfter else { return }
        self.isLocked = true
        self.candidates.removeAll(keepingCapacity: true)
    }

    private enum Move {
        case atOnce, probation, refused
    }

    /// Whether the stream may come from another address than the learned one from now on.
    private func move(
        to address: TransportAddress,
        _ standing: Standing,
        source: UInt32,
        sequence: Wrapping<UInt16>,
        now: Instant
    ) -> Move {
        guard let learned, let present = self.standing(of: learned) else {
            return standing == .signaled ? .atOnce : .probation
        }
        let silence = now - self.lastHeard
        if standing > present {
            // Whoever forges one packet of the signaled address must not cut off the same host behind a NAT.
            let isSameHostAlive = present == .signaledHost && silence < SourceLatch.pause
            return standing == .signaled && !isSameHostAlive ? .atOnce : .probation
        }
        guard self.isLocked else { return silence >= SourceLatch.pause ? .probation : .refused }
        guard silence >= self.policy.relearnAfter else { return .refused }
        if address.host == learned.host { return .probation }
        let further = self.sequence.distance(to: sequence)
        let isSameStream = source == self.source && further > 0 && further < RTPReceiver.maximumDropout
        return isSameStream ? .probation : .refused
    }

    /// How well an address is known; `nil` for one that may never be learned.
    @inline(__always)
    private func standing(of address: TransportAddress) -> Standing? {
        if let signaled {
            if address == signaled { return .signaled }
            if self.policy.learning == .none { return nil }
            if address.host == signaled.host { return .signaledHost }
        }
        switch self.policy.learning {
        case .none: return nil
        case .knownHosts: return address.host == self.policy.signalingHost ? .signalingHost : nil
        case .nearbyOrPrivate:
            if address.host == self.policy.signalingHost { return .signalingHost }
            guard let signaled else { return nil }
            return signaled.host.isPrivate || signaled.host.isNear(address.host) ? .stranger : nil
        case .any: return address.host == self.policy.signalingHost ? .signalingHost : .stranger
        }
    }

    /// Counts a packet of a candidate; `true` when it has sent enough and has no rival that is known as well.
    private mutating func passesProbation(
        _ address: TransportAddress,
        _ standing: Standing,
        source: UInt32,
        sequence: Wrapping<UInt16>,
        now: Instant
    ) -> Bool {
        let found = self.candidates.firstIndex { $0.address == address }
        let index = found ?? self.room(now: now)
        let fresh = Candidate(
            address: address,
            standing: standing,
            source: source,
            sequence: sequence,
            count: 1,
            first: now,
            last: now
        )
        if found == nil {
            if index == self.candidates.count { self.candidates.append(fresh) } else { self.candidates[index] = fresh }
        } else {
            let steps = self.candidates[index].sequence.distance(to: sequence)
            if self.candidates[index].source == source, (1...3).contains(steps) {
                self.candidates[index].count += 1
                self.candidates[index].sequence = sequence
                self.candidates[index].last = now
            } else if self.candidates[index].source != source || steps != 0 {
                self.candidates[index] = fresh
            }
        }
        let candidate = self.candidates[index]
        guard candidate.count >= self.policy.probationPackets, now - candidate.first >= self.policy.probationTime
        else { return false }
        return !self.candidates.contains { rival in
            rival.address != address && rival.standing >= standing && rival.count > 1
                && now - rival.last < SourceLatch.pause
        }
    }

    /// The place for another candidate: a new one, or that of the least known that was silent the longest.
    private func room(now: Instant) -> Int {
        guard self.candidates.count >= SourceLatch.maximumCandidates else { return self.candidates.count }
        return self.candidates.indices.min {
            let (left, right) = (self.candidates[$0], self.candidates[$1])
            return (left.standing.rawValue, left.last) < (right.standing.rawValue, right.last)
        } ?? 0
    }
}

extension IPAddress {
    /// Whether both are in one /24, or one /64 for IPv6.
    func isNear(_ other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4(let left), .v4(let right)): left >> 8 == right >> 8
        case (.v6(let left, _), .v6(let right, _)): left == right
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}
