import CoreTypes
import RTPCore

/// RTCP: what is read is written so that it is read as the same, and a session believes none of it blindly.
enum RTCPTarget {
    static func run(_ bytes: [UInt8]) {
        self.session(bytes)
        guard let packets = RTCPPacket.parse(bytes.span) else { return }
        check(packets.count <= bytes.count / 4 + bytes.count / 2, "\(packets.count) packets in \(bytes.count) bytes")
        var written: [UInt8] = []
        for packet in packets where self.isWritten(packet) { packet.append(to: &written) }
        guard !written.isEmpty else { return }
        check(written.count % 4 == 0, "a compound of \(written.count) bytes")
        if isBrokenOnPurpose, packets.count > 2 { written.removeLast(4) }
        guard let again = RTCPPacket.parse(written.span) else { fatalError("what was written is no compound") }
        check(again == packets.filter(self.isWritten), "written and read as another")
    }

    /// Whether the packet can be written without loss: texts that are no UTF-8 are mended and may grow too long.
    private static func isWritten(_ packet: RTCPPacket) -> Bool {
        switch packet {
        case .senderReport, .receiverReport: true
        case .sourceDescription(source: _, let name): name.utf8.count <= 255
        case .goodbye(sources: _, let reason): reason.map { $0.utf8.count <= 255 } ?? true
        case .extendedReport(source: _, let blocks): blocks.allSatisfy { $0.isKnown }
        case .other: false
        }
    }

    /// A call with media under way, so that reports have something to be about.
    private static func session(_ bytes: [UInt8]) {
        var random = SeededRandom(seed: 3)
        let remote = TransportAddress(host: .v4(0xC000_0201), port: 4000)
        let parameters = MediaParameters(
            codec: .pcmu,
            sendPayloadType: 0,
            receivePayloadTypes: [0],
            remote: remote,
            multiplexesRTCP: true
        )
        var session = MediaSession(parameters, random: &random)
        var listener = Listener()
        var now = Instant.zero
        var datagram: [UInt8] = []
        let silence = [Int16](repeating: 0, count: parameters.samplesPerPacket)
        for number in 0..<3 as Range<UInt8> {
            let packet: [UInt8] =
                [0x80, 0, 0, number, 0, 0, 0, number &* 160, 0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 160)
            session.receive(packet, from: remote, now: now)
            session.send(silence.span, now: now)
            while session.pollTransmit(now: now, into: &datagram) != nil {}
            now += .milliseconds(20)
            listener.listen(to: &session, now: now)
        }
        session.receive(bytes, from: remote, now: now)
        // The same with the session's own number in the first report block, which the fuzzer cannot know.
        if bytes.count >= 12 {
            var aimed = bytes
            let own = session.source
            let place = bytes[1] == 200 ? 28 : 8
            for index in 0..<4 where place + index < aimed.count {
                aimed[place + index] = UInt8(truncatingIfNeeded: own >> UInt32(24 - 8 * index))
            }
            session.receive(aimed, from: remote, now: now)
            session.receive(aimed, on: .rtcp, from: remote, now: now)
        }
        for _ in 0..<4 {
            now = session.deadline ?? now + .seconds(1)
            listener.listen(to: &session, now: now)
        }
        let statistics = session.statistics
        if let trip = statistics.roundTrip { check(trip >= .zero && trip < .seconds(60), "a round trip of \(trip)") }
        if let lost = statistics.remoteFractionLost { check((0...1).contains(lost), "a loss of \(lost)") }
        if let jitter = statistics.remoteJitter { check(jitter >= .zero, "a jitter of \(jitter)") }
    }
}

extension ExtendedReportBlock {
    fileprivate var isKnown: Bool {
        switch self {
        case .receiverReferenceTime, .delaySinceLastReceiverReport, .voIPMetrics: true
        case .other: false
        }
    }
}
