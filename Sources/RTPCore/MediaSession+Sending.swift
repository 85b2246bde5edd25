public import CoreTypes

extension MediaSession {
    /// Replaces `datagram` by the next RTP packet, which is to be sent to `destination`; call it once per packet time.
    ///
    /// `datagram` keeps its storage. While a key is being said, the packet is a telephone-event and the samples are not
    /// heard. `false` means that nothing is to be sent (held, or no address yet, or `samples` are not exactly
    /// `MediaParameters.samplesPerPacket`); time passes all the same, as by `skip(frames: 1)`.
    public mutating func send(_ samples: Span<Int16>, now: Instant, into datagram: inout [UInt8]) -> Bool {
        guard self.parameters.sends, self.destination != nil, samples.count == self.parameters.samplesPerPacket else {
            self.skip(frames: 1)
            return false
        }
        self.startReports(now: now)
        let isSent: Bool
        if let event = self.nextEvent() {
            self.begin(event, in: &datagram)
            isSent = true
        } else {
            self.sender.begin(&datagram, payloadType: self.parameters.sendPayloadType)
            isSent = self.encoder.encode(samples, appendingTo: &datagram)
        }
        if isSent {
            self.sender.finish(datagram)
            self.reports.hasSent = true
            self.reports.lastSent = now
            self.reports.timestampSent = self.sender.timestamp
        } else {
            self.sender.markNext()
        }
        self.sender.advance(ticks: self.ticksPerPacket)
        return isSent
    }

    /// Queues a key (0 to 9, *, #, A to D) that is said by the next packets in place of audio.
    ///
    /// `false` when it is no key, the peer takes no telephone-events, or 64 keys wait already.
    @discardableResult
    public mutating func sendDigit(_ digit: Character) -> Bool {
        guard self.parameters.telephoneEventSend != nil else { return false }
        return self.events.enqueue(digit)
    }

    /// Whether all queued keys have been said.
    public var hasSentDigits: Bool { self.events.isIdle }

    /// Lets `frames` packet times pass in which nothing is sent: the timestamp moves on and the next packet is marked.
    public mutating func skip(frames: Int) {
        guard frames > 0 else { return }
        let (ticks, overflow) = self.ticksPerPacket.multipliedReportingOverflow(by: frames)
        self.sender.advance(ticks: overflow ? 0 : ticks)
        self.sender.markNext()
    }

    @inline(__always)
    private var ticksPerPacket: Int {
        self.parameters.codec.ticks(samples: self.parameters.samplesPerPacket)
    }

    private mutating func nextEvent() -> TelephoneEventSender.Packet? {
        self.events.next(
            timestamp: self.sender.timestamp,
            packetTime: self.parameters.packetTime,
            clockRate: self.parameters.telephoneEventClockRate
        )
    }

    private mutating func begin(_ packet: TelephoneEventSender.Packet, in datagram: inout [UInt8]) {
        self.sender.begin(
            &datagram,
            payloadType: self.parameters.telephoneEventSend ?? self.parameters.sendPayloadType,
            marker: packet.isFirst,
            timestamp: packet.timestamp
        )
        packet.event.append(to: &datagram)
    }
}
