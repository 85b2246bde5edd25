public import CoreTypes

/// The two ports of a leg, named as in RFC 8445.
public enum MediaComponent: Sendable, Hashable {
    /// The port of RTP, and of RTCP that is multiplexed with it (RFC 5761).
    case rtp
    /// The port of RTCP alone (RFC 3550 section 11).
    case rtcp
}

/// Where a datagram of a session goes.
public struct MediaTransmit: Sendable, Hashable {
    /// The address of the peer.
    public var destination: TransportAddress
    /// The port of ours that it leaves from.
    public var component: MediaComponent
}

/// How a session ends.
enum MediaEnding: Sendable {
    /// It goes on: to `due`.
    case open
    /// The BYE is to be sent: to `over`.
    case due
    /// Nothing leaves any more.
    case over
}

extension MediaSession {
    /// Makes the next RTP packet, for `pollTransmit` to give; call it once per packet time.
    ///
    /// While a DTMF digit is being sent, the packet is a telephone-event and the samples are not heard. `false` means that
    /// nothing is to be sent (held, no address yet, or `samples` are not exactly `MediaParameters.samplesPerPacket`); time
    /// passes all the same, as by `skip(frames: 1)`. While the session is relayed or over it does nothing. A packet that was not
    /// polled is lost.
    @discardableResult
    public mutating func send(_ samples: Span<Int16>, now: Instant) -> Bool {
        guard !self.isRelayed, self.ending == .open else { return false }
        guard self.parameters.sends, self.destination != nil, samples.count == self.parameters.samplesPerPacket else {
            self.skip(frames: 1)
            return false
        }
        self.startReports(now: now)
        let isSent: Bool
        if let event = self.nextEvent() {
            self.begin(event)
            isSent = true
        } else {
            self.sender.begin(&self.outgoing, payloadType: self.parameters.sendPayloadType)
            isSent = self.encoder.encode(samples, appendingTo: &self.outgoing)
        }
        if isSent {
            self.finish(timestamp: self.sender.timestamp, now: now)
        } else {
            self.sender.markNext()
        }
        self.sender.advance(ticks: self.ticksPerPacket)
        return isSent
    }

    /// Replaces `datagram` by what is to leave next, and says where it goes; `nil` when nothing is to be sent now.
    ///
    /// All that leaves comes out here: speech and DTMF digits after `send`, packets that another session relayed to this one,
    /// reports when they are due (RFC 3550 section 6.3; the time in them is that of `now`'s clock, as section 4 allows who
    /// has no wall clock), and the BYE after `close`. Call it after each of these, and at `deadline`, until it gives `nil`.
    /// `datagram` keeps its storage.
    public mutating func pollTransmit(now: Instant, into datagram: inout [UInt8]) -> MediaTransmit? {
        let component: MediaComponent
        if self.hasOutgoing {
            self.hasOutgoing = false
            datagram.removeAll(keepingCapacity: true)
            datagram.append(contentsOf: self.outgoing)
            component = .rtp
        } else if self.writeReport(now: now, into: &datagram) {
            component = .rtcp
        } else {
            return nil
        }
        guard let destination = component == .rtp ? self.destination : self.rtcpDestination else { return nil }
        // The one place where a packet is whole and has not left: here SRTP protects it, once there is SRTP.
        return MediaTransmit(
            destination: destination,
            component: self.parameters.multiplexesRTCP ? .rtp : component
        )
    }

    /// Ends the session: the BYE is the last that `pollTransmit` gives, unless nothing was ever sent.
    public mutating func close() {
        if self.ending == .open { self.ending = .due }
    }

    /// Queues a DTMF digit (0 to 9, *, #, A to D) that the next packets carry in place of audio.
    ///
    /// `false` when it is no digit, the peer takes no telephone-events, or 64 digits wait already.
    @discardableResult
    public mutating func sendDTMF(_ digit: Character) -> Bool {
        guard self.parameters.telephoneEventSend != nil else { return false }
        return self.eventSender.enqueue(digit)
    }

    /// Whether all queued digits have been sent.
    public var hasSentDigits: Bool { self.eventSender.isIdle }

    /// Lets `frames` packet times pass in which nothing is sent: the timestamp moves on and the next packet is marked.
    public mutating func skip(frames: Int) {
        guard frames > 0 else { return }
        let (ticks, overflow) = self.ticksPerPacket.multipliedReportingOverflow(by: frames)
        self.sender.advance(ticks: overflow ? 0 : ticks)
        self.sender.markNext()
    }

    /// Counts the packet that was written, and leaves it to `pollTransmit`.
    mutating func finish(timestamp: Wrapping<UInt32>, now: Instant) {
        self.sender.finish(self.outgoing)
        self.hasOutgoing = true
        self.reports.hasSent = true
        self.reports.lastSent = now
        self.reports.timestampSent = timestamp
    }

    @inline(__always)
    private var ticksPerPacket: Int {
        self.parameters.codec.ticks(samples: self.parameters.samplesPerPacket)
    }

    private mutating func nextEvent() -> TelephoneEventSender.Packet? {
        self.eventSender.next(
            timestamp: self.sender.timestamp,
            packetTime: self.parameters.packetTime,
            clockRate: self.parameters.telephoneEventClockRate
        )
    }

    private mutating func begin(_ packet: TelephoneEventSender.Packet) {
        self.sender.begin(
            &self.outgoing,
            payloadType: self.parameters.telephoneEventSend ?? self.parameters.sendPayloadType,
            marker: packet.isFirst,
            timestamp: packet.timestamp
        )
        packet.event.append(to: &self.outgoing)
    }
}
