/// What one receiver says about one stream (RFC 3550 section 6.4.1).
public struct ReportBlock: Sendable, Hashable {
    /// The stream that the block is about.
    public var source: UInt32
    /// Loss since the previous report, in 1/256.
    public var fractionLost: UInt8
    /// Loss since the beginning; negative when duplicates were counted by the peer. 24 bits on the wire.
    public var cumulativeLost: Int32
    /// The highest sequence number, with the count of its cycles above.
    public var highestSequence: UInt32
    /// Interarrival jitter in ticks of the stream's clock.
    public var jitter: UInt32
    /// The middle 32 bits of the NTP time of the latest sender report, or 0.
    public var lastSenderReport: UInt32
    /// The time since that report came, in 1/65 536 s.
    public var delaySinceLastSenderReport: UInt32

    /// Makes a block.
    public init(
        source: UInt32,
        fractionLost: UInt8 = 0,
        cumulativeLost: Int32 = 0,
        highestSequence: UInt32 = 0,
        jitter: UInt32 = 0,
        lastSenderReport: UInt32 = 0,
        delaySinceLastSenderReport: UInt32 = 0
    ) {
        self.source = source
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }
}

/// What a sender says about its own stream (RFC 3550 section 6.4.1).
public struct SenderInformation: Sendable, Hashable {
    /// The time of the report in NTP format: seconds above, fractions of 2^-32 s below.
    public var time: UInt64
    /// The same moment on the stream's clock.
    public var timestamp: UInt32
    /// Packets sent so far.
    public var packetCount: UInt32
    /// Bytes of payload sent so far.
    public var octetCount: UInt32

    /// Makes the information.
    public init(time: UInt64, timestamp: UInt32, packetCount: UInt32, octetCount: UInt32) {
        self.time = time
        self.timestamp = timestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }
}

/// One packet of an RTCP compound (RFC 3550 section 6).
public enum RTCPPacket: Sendable, Hashable {
    /// SR: a sender's numbers and what it hears.
    case senderReport(source: UInt32, SenderInformation, [ReportBlock])
    /// RR: what somebody who does not send hears.
    case receiverReport(source: UInt32, [ReportBlock])
    /// SDES: the canonical name of a source; other items are skipped.
    case sourceDescription(source: UInt32, canonicalName: String)
    /// BYE: sources that leave.
    case goodbye(sources: [UInt32], reason: String?)
    /// XR: more than a report block can say (RFC 3611).
    case extendedReport(source: UInt32, [ExtendedReportBlock])
    /// A packet that is not read here, such as APP and feedback.
    case other(type: UInt8)

    /// Reads a compound; `nil` when its structure is broken anywhere (RFC 3550 appendix A.2), whatever it holds.
    public static func parse(_ bytes: Span<UInt8>) -> [RTCPPacket]? {
        var packets: [RTCPPacket] = []
        var offset = 0
        guard bytes.count >= 4 else { return nil }
        while offset < bytes.count {
            guard offset + 4 <= bytes.count, bytes[offset] >> 6 == 2 else { return nil }
            let length = (Int(bytes.number16(at: offset + 2)) + 1) * 4
            var end = offset + length
            guard end <= bytes.count else { return nil }
            let next = end
            if bytes[offset] & 0x20 != 0 {
                // Only the last packet of a compound may be padded.
                let padding = Int(bytes[end - 1])
                guard next == bytes.count, padding > 0, padding % 4 == 0, padding <= length - 4 else { return nil }
                end -= padding
            }
            let body = bytes.extracting((offset + 4)..<end)
            guard RTCPPacket.read(body, type: bytes[offset + 1], count: Int(bytes[offset] & 0x1F), into: &packets)
            else { return nil }
            offset = next
        }
        return packets
    }

    private static func read(_ body: Span<UInt8>, type: UInt8, count: Int, into packets: inout [RTCPPacket]) -> Bool {
        switch type {
        case 200:
            guard body.count >= 24 + count * 24 else { return false }
            let information = SenderInformation(
                time: UInt64(body.number32(at: 4)) << 32 | UInt64(body.number32(at: 8)),
                timestamp: body.number32(at: 12),
                packetCount: body.number32(at: 16),
                octetCount: body.number32(at: 20)
            )
            let blocks = RTCPPacket.blocks(body, at: 24, count: count)
            packets.append(.senderReport(source: body.number32(at: 0), information, blocks))
        case 201:
            guard body.count >= 4 + count * 24 else { return false }
            packets.append(
                .receiverReport(source: body.number32(at: 0), RTCPPacket.blocks(body, at: 4, count: count))
            )
        case 202:
            return RTCPPacket.readDescriptions(body, count: count, into: &packets)
        case 203:
            guard body.count >= count * 4 else { return false }
            var reason: String?
            if body.count > count * 4 {
                let length = Int(body[count * 4])
                guard count * 4 + 1 + length <= body.count else { return false }
                reason = RTCPPacket.text(body, at: count * 4 + 1, length: length)
            }
            packets.append(.goodbye(sources: (0..<count).map { body.number32(at: $0 * 4) }, reason: reason))
        case 207:
            guard body.count >= 4, let blocks = ExtendedReportBlock.parse(body.extracting(4..<body.count)) else {
                return false
            }
            packets.append(.extendedReport(source: body.number32(at: 0), blocks))
        default:
            packets.append(.other(type: type))
        }
        return true
    }

    private static func blocks(_ body: Span<UInt8>, at start: Int, count: Int) -> [ReportBlock] {
        (0..<count).map { index in
            let offset = start + index * 24
            let lost = body.number32(at: offset + 4)
            return ReportBlock(
                source: body.number32(at: offset),
                fractionLost: UInt8(truncatingIfNeeded: lost >> 24),
                // 24 bits, signed: shifted up and back down so that the sign spreads.
                cumulativeLost: Int32(truncatingIfNeeded: lost << 8) >> 8,
                highestSequence: body.number32(at: offset + 8),
                jitter: body.number32(at: offset + 12),
                lastSenderReport: body.number32(at: offset + 16),
                delaySinceLastSenderReport: body.number32(at: offset + 20)
            )
        }
    }

    private static func readDescriptions(_ body: Span<UInt8>, count: Int, into packets: inout [RTCPPacket]) -> Bool {
        var offset = 0
        for _ in 0..<count {
            guard offset + 4 <= body.count else { return false }
            let source = body.number32(at: offset)
            offset += 4
            while true {
                guard offset < body.count else { return false }
                let item = body[offset]
                if item == 0 {
                    offset = (offset / 4 + 1) * 4
                    break
                }
                guard offset + 2 <= body.count else { return false }
                let length = Int(body[offset + 1])
                guard offset + 2 + length <= body.count else { return false }
                if item == 1 {
                    let name = RTCPPacket.text(body, at: offset + 2, length: length)
                    packets.append(.sourceDescription(source: source, canonicalName: name))
                }
                offset += 2 + length
            }
        }
        return true
    }

    private static func text(_ body: Span<UInt8>, at start: Int, length: Int) -> String {
        String(decoding: (start..<(start + length)).map { body[$0] }, as: UTF8.self)
    }
}
