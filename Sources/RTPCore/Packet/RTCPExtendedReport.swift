/// How one direction of a call sounds, as its receiver reports it to the other side (RFC 3611 section 4.7).
public struct VoIPMetrics: Sendable, Hashable {
    /// The stream that the figures are about.
    public var source: UInt32 = 0
    /// Packets lost by the network, in 1/256.
    public var lossRate: UInt8 = 0
    /// Packets that came too late, in 1/256.
    public var discardRate: UInt8 = 0
    /// Packets lost or discarded within bursts, in 1/256.
    public var burstDensity: UInt8 = 0
    /// Packets lost or discarded between bursts, in 1/256.
    public var gapDensity: UInt8 = 0
    /// The mean length of a burst in milliseconds.
    public var burstDuration: UInt16 = 0
    /// The mean length of the time between bursts in milliseconds.
    public var gapDuration: UInt16 = 0
    /// The round trip between the two RTP interfaces in milliseconds.
    public var roundTripDelay: UInt16 = 0
    /// What the receiver itself adds to the delay, in milliseconds.
    public var endSystemDelay: UInt16 = 0
    /// The level of the speech in dBm0; 127 when not known.
    public var signalLevel: Int8 = 127
    /// The level of the noise in dBm0; 127 when not known.
    public var noiseLevel: Int8 = 127
    /// The residual echo return loss in dB; 127 when not known.
    public var residualEchoReturnLoss: UInt8 = 127
    /// How many packets in a row must come for a burst to be over; 16 by the RFC.
    public var minimumGap: UInt8 = 16
    /// The rating R of this part of the way, 0 to 100; 127 when not known.
    public var rating: UInt8 = 127
    /// The rating R of what lies beyond; 127 when not known.
    public var externalRating: UInt8 = 127
    /// The listening quality in tenths of a MOS, 10 to 50; 127 when not known.
    public var listeningScore: UInt8 = 127
    /// The conversational quality in tenths of a MOS, 10 to 50; 127 when not known.
    public var conversationalScore: UInt8 = 127
    /// Bits of concealment and jitter buffer (RFC 3611 section 4.7.6).
    public var receiverConfiguration: UInt8 = 0
    /// The present delay of the jitter buffer in milliseconds.
    public var jitterBufferNominal: UInt16 = 0
    /// The longest delay that it takes on in the present conditions, in milliseconds.
    public var jitterBufferMaximum: UInt16 = 0
    /// The longest delay that it can take on, in milliseconds.
    public var jitterBufferAbsoluteMaximum: UInt16 = 0

    /// Makes metrics in which nothing is known.
    public init() {}
}

/// One block of an extended report (RFC 3611 section 4).
public enum ExtendedReportBlock: Sendable, Hashable {
    /// The time of a receiver that sends no reports of its own streams: NTP format (section 4.4).
    case receiverReferenceTime(UInt64)
    /// What comes back, from which that receiver reckons its round trip (section 4.5).
    case delaySinceLastReceiverReport([Delay])
    /// How the call sounds (section 4.7).
    case voIPMetrics(VoIPMetrics)
    /// A block that is not read here.
    case other(type: UInt8)

    /// What is answered to one receiver's reference time.
    public struct Delay: Sendable, Hashable {
        /// The receiver.
        public var source: UInt32
        /// The middle 32 bits of its reference time.
        public var lastReport: UInt32
        /// The time since that came, in 1/65 536 s.
        public var delay: UInt32

        /// Makes a delay.
        public init(source: UInt32, lastReport: UInt32, delay: UInt32) {
            self.source = source
            self.lastReport = lastReport
            self.delay = delay
        }
    }

    /// Reads the blocks of a report; `nil` when one does not fit.
    static func parse(_ body: Span<UInt8>) -> [ExtendedReportBlock]? {
        var blocks: [ExtendedReportBlock] = []
        var offset = 0
        while offset < body.count {
            guard offset + 4 <= body.count else { return nil }
            let length = Int(body.number16(at: offset + 2)) * 4
            guard offset + 4 + length <= body.count else { return nil }
            let content = body.extracting((offset + 4)..<(offset + 4 + length))
            guard let block = ExtendedReportBlock(type: body[offset], content) else { return nil }
            blocks.append(block)
            offset += 4 + length
        }
        return blocks
    }

    private init?(type: UInt8, _ content: Span<UInt8>) {
        switch type {
        case 4:
            guard content.count == 8 else { return nil }
            self = .receiverReferenceTime(UInt64(content.number32(at: 0)) << 32 | UInt64(content.number32(at: 4)))
        case 5:
            guard content.count.isMultiple(of: 12) else { return nil }
            self = .delaySinceLastReceiverReport(
                (0..<(content.count / 12)).map { index in
                    Delay(
                        source: content.number32(at: index * 12),
                        lastReport: content.number32(at: index * 12 + 4),
                        delay: content.number32(at: index * 12 + 8)
                    )
                }
            )
        case 7:
            guard content.count == VoIPMetrics.length else { return nil }
            self = .voIPMetrics(VoIPMetrics(content))
        default: self = .other(type: type)
        }
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(number32: 0)
        switch self {
        case .receiverReferenceTime(let time):
            bytes[start] = 4
            bytes.append(number32: UInt32(truncatingIfNeeded: time >> 32))
            bytes.append(number32: UInt32(truncatingIfNeeded: time))
        case .delaySinceLastReceiverReport(let delays):
            bytes[start] = 5
            for delay in delays.prefix(31) {
                bytes.append(number32: delay.source)
                bytes.append(number32: delay.lastReport)
                bytes.append(number32: delay.delay)
            }
        case .voIPMetrics(let metrics):
            bytes[start] = 7
            metrics.append(to: &bytes)
        case .other(let type): bytes[start] = type
        }
        let words = UInt16(truncatingIfNeeded: (bytes.count - start) / 4 - 1)
        bytes[start + 2] = UInt8(truncatingIfNeeded: words >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: words)
    }
}

extension VoIPMetrics {
    /// Bytes of the block behind its header.
    fileprivate static let length = 32

    fileprivate init(_ content: Span<UInt8>) {
        self.init()
        self.source = content.number32(at: 0)
        self.lossRate = content[4]
        self.discardRate = content[5]
        self.burstDensity = content[6]
        self.gapDensity = content[7]
        self.burstDuration = content.number16(at: 8)
        self.gapDuration = content.number16(at: 10)
        self.roundTripDelay = content.number16(at: 12)
        self.endSystemDelay = content.number16(at: 14)
        self.signalLevel = Int8(bitPattern: content[16])
        self.noiseLevel = Int8(bitPattern: content[17])
        self.residualEchoReturnLoss = content[18]
        self.minimumGap = content[19]
        self.rating = content[20]
        self.externalRating = content[21]
        self.listeningScore = content[22]
        self.conversationalScore = content[23]
        self.receiverConfiguration = content[24]
        // One octet is reserved.
        self.jitterBufferNominal = content.number16(at: 26)
        self.jitterBufferMaximum = content.number16(at: 28)
        self.jitterBufferAbsoluteMaximum = content.number16(at: 30)
    }

    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.append(number32: self.source)
        bytes += [self.lossRate, self.discardRate, self.burstDensity, self.gapDensity]
        bytes.append(number16: self.burstDuration)
        bytes.append(number16: self.gapDuration)
        bytes.append(number16: self.roundTripDelay)
        bytes.append(number16: self.endSystemDelay)
        bytes += [UInt8(bitPattern: self.signalLevel), UInt8(bitPattern: self.noiseLevel)]
        bytes += [self.residualEchoReturnLoss, self.minimumGap, self.rating, self.externalRating]
        bytes += [self.listeningScore, self.conversationalScore, self.receiverConfiguration, 0]
        bytes.append(number16: self.jitterBufferNominal)
        bytes.append(number16: self.jitterBufferMaximum)
        bytes.append(number16: self.jitterBufferAbsoluteMaximum)
    }
}
