public import CoreTypes

/// Learns where the peer's media really comes from (symmetric RTP, RFC 4961), and refuses everybody else.
///
/// Media from the signaled address is accepted at once. Another source has to be near it (see `Policy.Learning`) and to
/// send a steady stream while nobody else does; two that compete keep each other out. After a second of media the source
/// is locked: it changes by a new offer/answer only, or when it was silent and the *same* stream (SSRC and numbers, which
/// somebody off the path cannot know) goes on from elsewhere.
public struct SourceLatch: Sendable {
    /// Who may become the source of a stream, and when.
    public struct Policy: Sendable, Hashable {
        /// Which addresses may be learned besides the one that was signaled.
        public enum Learning: Sendable, Hashable {
            /// None: media comes from the signaled address or not at all.
            case none
            /// Those in the network of the signaled address (/24, or /64 for IPv6); any, when that address is private.
            case nearbyOrPrivate
            /// Any address that sends a steady stream.
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

        /// Makes a policy.
        public init(
            learning: Learning = .nearbyOrPrivate,
            probationPackets: Int = 4,
            probationTime: Duration = .milliseconds(40),
            lockAfter: Duration = .seconds(1),
            relearnAfter: Duration = .seconds(2)
        ) {
            self.learning = learning
            self.probationPackets = probationPackets
            self.probationTime = probationTime
            self.lockAfter = lockAfter
            self.relearnAfter = relearnAfter
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

    private struct Candidate {
        var address: TransportAddress
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
    /// With `nil` (hold by 0.0.0.0) the source stays.
    public mutating func update(_ policy: Policy, signaled: TransportAddress?) {
        self.policy = policy
        self.candidates.removeAll(keepingCapacity: true)
        self.isLocked = false
        guard let signaled, signaled != self.signaled else { return }
        self.signaled = signaled
        self.learned = nil
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
        guard self.mayMove(to: address, source: source, sequence: sequence, now: now) else { return .refused }
        if address != self.signaled, !self.passesProbation(address, source: source, sequence: sequence, now: now) {
            return .candidate
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
        address.host == self.destination?.host
    }

    private mutating func heard(source: UInt32, sequence: Wrapping<UInt16>, now: Instant) {
        self.lastHeard = now
        self.source = source
        self.sequence = sequence
        guard !self.isLocked, now - self.since >= self.policy.lockAfter else { return }
        self.isLocked = true
        self.candidates.removeAll(keepingCapacity: true)
    }

    private func mayMove(
        to address: TransportAddress,
        source: UInt32,
        sequence: Wrapping<UInt16>,
        now: Instant
    ) -> Bool {
        let silence = now - self.lastHeard
        if address == self.signaled {
            return self.learned == nil || !self.isLocked || silence >= self.policy.relearnAfter
        }
        guard self.mayLearn(address) else { return false }
        guard self.learned != nil else { return true }
        guard self.isLocked else { return silence >= SourceLatch.pause }
        let further = self.sequence.distance(to: sequence)
        return silence >= self.policy.relearnAfter && source == self.source
            && further > 0 && further < RTPReceiver.maximumDropout
    }

    private func mayLearn(_ address: TransportAddress) -> Bool {
        guard let signaled else { return false }
        switch self.policy.learning {
        case .none: return false
        case .any: return true
        case .nearbyOrPrivate: return signaled.host.isPrivateNetwork || signaled.host.isNear(address.host)
        }
    }

    /// Counts a packet of a candidate; `true` when it has sent enough and has no rival.
    private mutating func passesProbation(
        _ address: TransportAddress,
        source: UInt32,
        sequence: Wrapping<UInt16>,
        now: Instant
    ) -> Bool {
        let found = self.candidates.firstIndex { $0.address == address }
        let index = found ?? self.room(now: now)
        let fresh = Candidate(address: address, source: source, sequence: sequence, count: 1, first: now, last: now)
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
            rival.address != address && rival.count > 1 && now - rival.last < SourceLatch.pause
        }
    }

    /// The place for another candidate: a new one, or that of the one that was silent the longest.
    private func room(now: Instant) -> Int {
        guard self.candidates.count >= SourceLatch.maximumCandidates else { return self.candidates.count }
        return self.candidates.indices.min { self.candidates[$0].last < self.candidates[$1].last } ?? 0
    }
}

extension IPAddress {
    /// Whether the address has a meaning in some private network only, so that a NAT stands between (RFC 1918 and so on).
    var isPrivateNetwork: Bool {
        switch self {
        case .v4(let value):
            return value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8 || value >> 16 == 0xA9FE
                || value >> 22 == 0x64_40 >> 6
        case .v6(let upper, _):
            return upper >> 57 == 0xFC >> 1 || upper >> 54 == 0xFE80 >> 6
        }
    }

    /// Whether both are in one /24, or one /64 for IPv6.
    func isNear(_ other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4(let left), .v4(let right)): left >> 8 == right >> 8
        case (.v6(let left, _), .v6(let right, _)): left == right
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}
