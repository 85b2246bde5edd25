public import CoreTypes

/// One leg of a call: datagrams in, PCM out; PCM in, datagrams out. No socket, no clock.
///
/// After `receive`, read by the session's reader (`MediaReaderKind`): call `popAudio` until it gives `nil`, and `popDigit`
/// likewise. Call `send` (or `skip`) once for each packet time by a clock of your own, never driven by what comes in, and
/// `pollTransmit` until it gives `nil`. At `deadline` call `popAudio` and `pollTransmit` again.
///
/// Nothing that arrives can trap or grow memory: what is not understood is counted and dropped. Nothing is allocated per
/// packet once buffers have their size.
public struct MediaSession: ~Copyable, Sendable {
    var parameters: MediaParameters
    /// The numbers that codecs had before: packets by them may be on their way still (RFC 3264 section 8.3.2).
    var formerPayloadTypes: [AlternativeCodec] = []
    var random: SeededRandom
    var counters = MediaStatistics()

    var latch: SourceLatch
    var receiver: RTPReceiver
    /// What came and was not read yet.
    var store = PacketStore(capacity: MediaSession.maximumPackets)
    var reader: MediaReader
    /// Where the reader lies, for who asks for memory that the next `popAudio` or `popJitterBuffer` will want.
    ///
    /// With a thousand legs little of it is in the processor's cache when a leg's turn comes: not to wait for it saves a
    /// twentieth of the time. Never read or written by it; and kept here, for to look at the reader would be to wait.
    package internal(set) var readerMemory: MediaReaderMemory
    var recording: Owned<Recording>?
    var clock: MediaClock
    var newcomers = KeptDatagrams()
    var suspects = KeptDatagrams()
    var eventReceiver = TelephoneEventReceiver()
    var digits: [Character] = []
    var hasDigits = false

    var sender: RTPSender
    var encoder: PayloadEncoder
    var expectedLoss = ExpectedLoss()
    var eventSender = TelephoneEventSender()
    var hasChangedSource = false
    /// The RTP packet that was made last, until `pollTransmit` gives it.
    var outgoing: [UInt8] = []
    var hasOutgoing = false
    var ending = MediaEnding.open

    var reports: ReportState
    var schedule: RTCPScheduler

    /// Makes a session; `random` gives its SSRC, its first numbers and its canonical name.
    public init(
        _ parameters: MediaParameters,
        reader: MediaReaderKind = .reorderBuffer,
        random: inout SeededRandom
    ) {
        self.parameters = parameters
        self.latch = SourceLatch(parameters.latch, signaled: parameters.remote)
        self.receiver = RTPReceiver(clockRate: parameters.codec.clockRate)
        let reader = MediaReader(reader, codec: parameters.codec)
        self.readerMemory = reader.memory
        self.reader = reader
        self.clock = MediaClock(rate: parameters.codec.clockRate)
        self.encoder = PayloadEncoder(parameters.codec, opus: parameters.opus)
        self.sender = RTPSender(random: &random)
        self.schedule = RTCPScheduler()
        self.reports = ReportState(canonicalName: random.token(24))
        self.random = SeededRandom(entropy: (random.next(), random.next(), random.next(), random.next()))
        self.digits.reserveCapacity(MediaSession.maximumDigits)
        self.outgoing.reserveCapacity(MediaSession.usualDatagram)
    }

    /// Takes the outcome of a new offer/answer; the streams keep their SSRC and numbers.
    ///
    /// A changed remote address makes the latch learn anew, and one that is the same unlocks it.
    public mutating func update(_ parameters: MediaParameters) {
        let old = self.parameters
        self.parameters = parameters
        self.formerPayloadTypes = old.received.filter { parameters.receives(codec: $0.codec) }
        self.latch.update(parameters.latch, signaled: parameters.remote, isUnknown: parameters.learnsRemote)
        if parameters.codec != old.codec {
            self.encoder = PayloadEncoder(parameters.codec, opus: self.opusSettings)
            self.clock = MediaClock(rate: parameters.codec.clockRate)
            self.receiver.setClockRate(parameters.codec.clockRate)
            switch self.reader {
            case .reorderBuffer(let reader): reader.value.change(to: parameters.codec, in: &self.store)
            case .jitterBuffer:
                self.store.removeAll()
                self.adopt(MediaReader(.jitterBuffer, codec: parameters.codec))
            case .relay: self.store.removeAll()
            }
            if self.recording != nil { self.setRecorded(true) }
        } else if parameters.opus != old.opus {
            self.encoder.apply(self.opusSettings)
        }
        if parameters.telephoneEventSend == nil { self.eventSender.removeAll() }
        if !old.sends || parameters.codec != old.codec { self.sender.markNext() }
    }

    /// Where RTP goes: the learned source of the peer's media, before that the signaled address.
    @inline(__always)
    public var destination: TransportAddress? {
        self.parameters.remote != nil
            ? self.latch.destination : self.parameters.learnsDestination ? self.latch.learned : nil
    }

    /// The hosts that may be heard; `nil` when they cannot be listed. For a filter before the session.
    public var hosts: [IPAddress]? {
        guard var hosts = self.latch.hosts else { return nil }
        if let control = self.parameters.remoteControl?.host, !hosts.contains(control) { hosts.append(control) }
        return hosts
    }

    /// Where RTCP goes: the address of RTP when they share a port, else the signaled one, else the port above RTP's.
    ///
    /// Behind a NAT the signaled port is not the one that reaches the peer: it is used only while RTP goes to the
    /// signaled address itself.
    @inline(__always)
    public var rtcpDestination: TransportAddress? {
        guard var address = self.destination else { return nil }
        if self.parameters.multiplexesRTCP { return address }
        if let control = self.parameters.remoteControl, address == self.parameters.remote { return control }
        guard address.port < .max else { return nil }
        address.port += 1
        return address
    }

    /// The SSRC of what is sent.
    public var source: UInt32 { self.sender.source }

    /// When `popAudio` and `pollTransmit` have to be called again at the latest; `nil` while nothing is under way.
    public var deadline: Instant? {
        var hold: Instant?
        if case .reorderBuffer(let reader) = self.reader { hold = reader.value.deadline(of: self.store) }
        return switch (hold, self.ending == .open ? self.schedule.deadline : nil) {
        case (let hold?, let report?): min(hold, report)
        case (let hold?, nil): hold
        case (nil, let report): report
        }
    }

    /// Begins the measure of quality anew, as when a call is answered: how it rang is no part of how it sounds.
    public mutating func restartQuality() {
        self.counters.bursts = LossBursts()
        self.counters.late = 0
        self.counters.audioReceived = .zero
        self.counters.audioConcealed = .zero
        self.counters.audioMissing = .zero
        self.counters.audioSuppressed = .zero
    }

    /// What was counted so far.
    public var statistics: MediaStatistics {
        var statistics = self.counters
        statistics.packetsSent = self.sender.packets + self.counters.packetsSent
        statistics.bytesSent = self.sender.octets + self.counters.bytesSent
        statistics.packetsReceived = self.receiver.received
        statistics.packetsLost = self.receiver.lost
        statistics.duplicates = self.receiver.duplicates
        statistics.reordered = self.receiver.reordered
        statistics.jitter = self.receiver.jitter
        if case .reorderBuffer(let reader) = self.reader { statistics.reorderHold = reader.value.hold }
        return statistics
    }

    static let maximumDigits = 32
    /// Beyond that the oldest packet that nobody read is dropped.
    static let maximumPackets = 64
    /// A header and 20 ms of what most codecs make of them.
    private static let usualDatagram = 192
}

/// Datagrams that are kept until it is known whether they belong to the call: a few, of one source at a time.
struct KeptDatagrams: Sendable {
    struct Owner: Sendable, Equatable {
        var address: TransportAddress
        var source: UInt32
    }

    static let capacity = 8
    private var owner: Owner?
    private var kept: [(bytes: [UInt8], arrival: Instant)] = []

    /// Keeps a datagram of `owner` in place of those of another.
    ///
    /// With `isContested` the first owner stays until it is silent, so that nobody can push another's speech out.
    mutating func keep(_ datagram: Span<UInt8>, of owner: Owner, isContested: Bool, now: Instant) {
        if owner != self.owner {
            if isContested, let last = self.kept.last, now - last.arrival < SourceLatch.pause { return }
            self.kept.removeAll(keepingCapacity: true)
            self.owner = owner
        }
        guard datagram.count <= PacketStore.maximumPayload else { return }
        if self.kept.count >= KeptDatagrams.capacity { self.kept.removeFirst() }
        self.kept.append(((0..<datagram.count).map { datagram[$0] }, now))
    }

    /// Gives what was kept of `owner` and forgets everything.
    mutating func take(of owner: Owner) -> [(bytes: [UInt8], arrival: Instant)] {
        let taken = owner == self.owner ? self.kept : []
        self.forget()
        return taken
    }

    mutating func forget() {
        guard self.owner != nil else { return }
        self.owner = nil
        self.kept = []
    }
}
