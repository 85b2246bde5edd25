internal import CoreTypes

/// What reports need to know besides the streams' own numbers.
struct ReportState: Sendable {
    let canonicalName: String
    var hasSent = false
    var hasReported = false
    var lastSent = Instant.zero
    var timestampSent = Wrapping<UInt32>(0)
    var lastSenderReport: UInt32 = 0
    var lastSenderReportArrival = Instant.zero
    /// The latest reference time of a peer that only receives (RFC 3611 section 4.4).
    var lastReference: (source: UInt32, time: UInt32, arrival: Instant)?
    /// What is reported of the peer's stream; kept, so that no report takes memory.
    var blocks: [ReportBlock] = []

    init(canonicalName: String) {
        self.canonicalName = canonicalName
        self.blocks.reserveCapacity(1)
    }
}

extension MediaSession {
    /// Replaces `datagram` by a compound report when one is due, or by the last one with BYE; `false` when neither is.
    @inline(__always)
    mutating func writeReport(now: Instant, into datagram: inout [UInt8]) -> Bool {
        switch self.ending {
        case .open:
            // Asked for each packet: most of the time nothing is due.
            guard let deadline = self.schedule.deadline, deadline <= now else { return false }
            return self.writeRegularReport(now: now, into: &datagram)
        case .due: return self.writeGoodbye(now: now, into: &datagram)
        case .over: return false
        }
    }

    private mutating func writeRegularReport(now: Instant, into datagram: inout [UInt8]) -> Bool {
        guard self.schedule.isDue(now: now, self.population(now: now), random: &self.random),
            self.rtcpDestination != nil
        else { return false }
        datagram.removeAll(keepingCapacity: true)
        self.appendReport(now: now, to: &datagram)
        self.countReport(datagram)
        return true
    }

    private mutating func writeGoodbye(now: Instant, into datagram: inout [UInt8]) -> Bool {
        self.ending = .over
        guard self.reports.hasSent || self.reports.hasReported, self.rtcpDestination != nil else { return false }
        datagram.removeAll(keepingCapacity: true)
        self.appendReport(now: now, to: &datagram)
        RTCPPacket.goodbye(sources: [self.sender.source], reason: nil).append(to: &datagram)
        self.countReport(datagram)
        return true
    }

    mutating func startReports(now: Instant) {
        guard self.schedule.deadline == nil else { return }
        self.schedule.start(now: now, self.population(now: now), random: &self.random)
    }

    mutating func receiveRTCP(_ datagram: Span<UInt8>, from address: TransportAddress, now: Instant) {
        guard self.isReporter(address) else {
            self.counters.rejectedSources += 1
            return
        }
        guard let packets = RTCPPacket.parse(datagram) else {
            self.counters.malformed += 1
            return
        }
        self.counters.reportsReceived += 1
        self.schedule.count(bytes: datagram.count + MediaSession.datagramOverhead)
        for packet in packets {
            switch packet {
            case .senderReport(let source, let information, let blocks):
                if source == self.receiver.source {
                    self.reports.lastSenderReport = UInt32(truncatingIfNeeded: information.time >> 16)
                    self.reports.lastSenderReportArrival = now
                }
                self.read(blocks, now: now)
            case .receiverReport(_, let blocks):
                self.read(blocks, now: now)
            case .goodbye(let sources, _):
                if let source = self.receiver.source, sources.contains(source) { self.counters.peerSaidGoodbye = true }
            case .extendedReport(let source, let blocks): self.read(blocks, of: source, now: now)
            case .sourceDescription, .other:
                break
            }
        }
    }

    /// Whether reports may come from there: the hosts of the media, and the one that is signaled for RTCP (RFC 3605).
    private func isReporter(_ address: TransportAddress) -> Bool {
        self.latch.isPeer(address) || address.host == self.parameters.remoteControl?.host
    }

    private mutating func read(_ blocks: [ExtendedReportBlock], of source: UInt32, now: Instant) {
        for block in blocks {
            switch block {
            case .receiverReferenceTime(let time):
                self.reports.lastReference = (source, UInt32(truncatingIfNeeded: time >> 16), now)
            case .delaySinceLastReceiverReport(let delays):
                guard let ours = delays.first(where: { $0.source == self.sender.source }) else { continue }
                self.measureTrip(report: ours.lastReport, delay: ours.delay, now: now)
            case .voIPMetrics(let metrics):
                if metrics.source == self.sender.source { self.counters.remoteMetrics = metrics }
            case .other: break
            }
        }
    }

    private mutating func read(_ blocks: [ReportBlock], now: Instant) {
        for block in blocks where block.source == self.sender.source {
            self.counters.remoteFractionLost = Double(block.fractionLost) / 256
            self.counters.remoteJitter = .nanoseconds(
                Int64(block.jitter) * 1_000_000_000 / Int64(self.parameters.codec.clockRate)
            )
            self.measureTrip(report: block.lastSenderReport, delay: block.delaySinceLastSenderReport, now: now)
            if self.expectedLoss.reported(Double(block.fractionLost) / 256) { self.encoder.apply(self.opusSettings) }
        }
    }

    /// How Opus is encoded: as it was negotiated, prepared for the loss that there is.
    var opusSettings: OpusSettings {
        var settings = self.parameters.opus
        settings.expectedLossPercent = max(settings.expectedLossPercent, self.expectedLoss.percent)
        return settings
    }

    /// Takes what came back of a report's time: its middle 32 bits, and how long the peer kept it in 1/65 536 s.
    private mutating func measureTrip(report: UInt32, delay: UInt32, now: Instant) {
        guard report != 0 else { return }
        let present = UInt32(truncatingIfNeeded: MediaSession.networkTime(now) >> 16)
        // The peer rounds, so that a short trip may look negative.
        let trip = max(Wrapping(report &+ delay).distance(to: Wrapping(present)), 0)
        // More than a minute is no trip but a lie.
        guard trip < 60 << 16 else { return }
        self.counters.roundTrip = .nanoseconds(Int64(trip) * 1_000_000_000 >> 16)
    }

    private mutating func appendReport(now: Instant, to datagram: inout [UInt8]) {
        self.reports.blocks.removeAll(keepingCapacity: true)
        if var block = self.receiver.makeReport() {
            if self.reports.lastSenderReport != 0 {
                let delay = now - self.reports.lastSenderReportArrival
                block.lastSenderReport = self.reports.lastSenderReport
                block.delaySinceLastSenderReport = UInt32(clamping: Int64(delay.inSeconds * 65_536))
            }
            self.reports.blocks.append(block)
            if self.expectedLoss.heard(Double(block.fractionLost) / 256) { self.encoder.apply(self.opusSettings) }
        }
        let blocks = self.reports.blocks
        if self.isSender(now: now) {
            let information = SenderInformation(
                time: MediaSession.networkTime(now),
                timestamp: self.timestamp(at: now),
                packetCount: UInt32(truncatingIfNeeded: self.sender.packets),
                octetCount: UInt32(truncatingIfNeeded: self.sender.octets)
            )
            RTCPPacket.senderReport(source: self.sender.source, information, blocks).append(to: &datagram)
        } else {
            RTCPPacket.receiverReport(source: self.sender.source, blocks).append(to: &datagram)
        }
        RTCPPacket.sourceDescription(source: self.sender.source, canonicalName: self.reports.canonicalName)
            .append(to: &datagram)
        let extended = self.extendedBlocks(now: now)
        if !extended.isEmpty {
            RTCPPacket.extendedReport(source: self.sender.source, extended).append(to: &datagram)
        }
    }

    /// What an extended report would say: the delay of a reference time that came, and metrics where they were requested.
    private func extendedBlocks(now: Instant) -> [ExtendedReportBlock] {
        var blocks: [ExtendedReportBlock] = []
        if let reference = self.reports.lastReference {
            let delay = UInt32(clamping: Int64((now - reference.arrival).inSeconds * 65_536))
            blocks.append(
                .delaySinceLastReceiverReport([
                    .init(source: reference.source, lastReport: reference.time, delay: delay)
                ])
            )
        }
        guard self.parameters.sendsExtendedReports, let source = self.receiver.source else { return blocks }
        if !self.isSender(now: now) { blocks.append(.receiverReferenceTime(MediaSession.networkTime(now))) }
        let statistics = self.statistics
        if let quality = statistics.inboundQuality(codec: self.parameters.codec) {
            let packet = self.parameters.packetTime
            blocks.append(.voIPMetrics(VoIPMetrics(source: source, quality, statistics, packetTime: packet)))
        }
        return blocks
    }

    private mutating func countReport(_ datagram: [UInt8]) {
        self.reports.hasReported = true
        self.counters.reportsSent += 1
        self.schedule.count(bytes: datagram.count + MediaSession.datagramOverhead)
    }

    /// Whether we sent within the last two intervals (RFC 3550 section 6.4).
    @inline(__always)
    private func isSender(now: Instant) -> Bool {
        self.reports.hasSent && now - self.reports.lastSent < .seconds(10)
    }

    @inline(__always)
    private func population(now: Instant) -> RTCPScheduler.Population {
        let hears = self.receiver.source != nil
        let weSend = self.isSender(now: now)
        return .init(members: hears ? 2 : 1, senders: (hears ? 1 : 0) + (weSend ? 1 : 0), weSend: weSend)
    }

    /// The stream's clock at `now`, reckoned from the last packet.
    private func timestamp(at now: Instant) -> UInt32 {
        let elapsed = max((now - self.reports.lastSent).nanoseconds, 0) / 1_000
        let ticks = elapsed * Int64(self.parameters.codec.clockRate) / 1_000_000
        return self.reports.timestampSent.advanced(by: Int(ticks)).value
    }

    /// An instant in NTP format: 32 bits of seconds, 32 of their fraction.
    static func networkTime(_ instant: Instant) -> UInt64 {
        let (seconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = UInt64(truncatingIfNeeded: max(rest, 0)) << 32 / 1_000_000_000
        return UInt64(truncatingIfNeeded: seconds) << 32 | fraction
    }

    /// UDP and IPv4 headers, which count for the bandwidth.
    private static let datagramOverhead = 28
}
