public import CoreTypes

/// How the numbers of a relayed stream become those of ours: by offsets, so that losses, order and pauses stay visible.
struct RelayedStream: Sendable, Equatable {
    /// The stream that the offsets are for.
    var epoch: UInt32?
    /// What our numbers are ahead of the unwrapped ones of the stream.
    var sequence: Int64 = 0
    /// What our timestamps are ahead of the stream's.
    var timestamp: UInt32 = 0
    /// The highest number that was passed on, where the next stream goes on.
    var highest: Int64 = 0
    /// The timestamp of that packet, as we sent it.
    var latest = Wrapping<UInt32>(0)
}

extension MediaSession {
    /// Begins or ends passing packets on to another session as they are, without decoding them.
    ///
    /// While it lasts, `popAudio`, `popJitterBuffer` and `send` are not to be called.
    public mutating func setRelayed(_ isRelayed: Bool) {
        guard isRelayed != self.isRelayed else { return }
        self.isRelayed = isRelayed
        // What we say ourselves comes behind the last packet that was passed on.
        if self.relay.epoch != nil { self.skip(frames: 1) }
        self.buffer.removeAll()
        self.buffer.forgetOrder()
        self.timeline.reset()
        self.plan = nil
        self.relay = RelayedStream()
        self.sender.markNext()
    }

    /// Makes the next packet that came here the next one that `other` sends; `false` when there is none, or it cannot
    /// be sent.
    ///
    /// Call it until it gives `false`, right after `receive`: nothing is held back or put into order. The packet gets the
    /// SSRC and the payload type that `other` negotiated, and numbers that keep its distance to those around it
    /// (RFC 3550 section 7.1). Both sessions must speak the same codec; `datagram` keeps its storage.
    public mutating func relayNext(
        to other: inout MediaSession,
        now: Instant,
        into datagram: inout [UInt8]
    ) -> Bool {
        while let entry = self.buffer.store.first {
            defer { self.buffer.store.removeFirst() }
            let isSent =
                self.buffer.store.withFirstPayload { payload in
                    // What counts by another clock than the stream has no timestamp that could be passed on.
                    let codec = entry.codec ?? self.parameters.codec
                    return codec.clockRate == self.parameters.codec.clockRate
                        && other.relay(entry, payload, codec: codec, now: now, into: &datagram)
                } ?? false
            if isSent { return true }
        }
        return false
    }

    /// Writes a packet of another session's peer as our next one.
    private mutating func relay(
        _ entry: PacketStore.Entry,
        _ payload: Span<UInt8>,
        codec: AudioCodec,
        now: Instant,
        into datagram: inout [UInt8]
    ) -> Bool {
        guard self.parameters.sends, self.destination != nil, !payload.isEmpty else { return false }
        let payloadType: UInt8
        switch entry.kind {
        case .audio:
            guard let type = self.parameters.sendPayloadType(for: codec) else { return false }
            payloadType = type
        case .comfortNoise: payloadType = 13
        case .placeholder:
            guard let event = self.parameters.telephoneEventSend else { return false }
            payloadType = event
        }
        self.startReports(now: now)
        let begins = self.relay.epoch != entry.position.epoch
        if begins { self.follow(entry) }
        let sequence = entry.position.sequence &+ self.relay.sequence
        let timestamp = Wrapping(entry.timestamp.value &+ self.relay.timestamp)
        self.sender.take(sequence: Wrapping(UInt16(truncatingIfNeeded: sequence)), timestamp: timestamp)
        self.sender.begin(&datagram, payloadType: payloadType, marker: entry.isMarked || begins)
        datagram.append(payload)
        self.sender.finish(datagram)
        if sequence >= self.relay.highest {
            self.relay.highest = sequence
            self.relay.latest = timestamp
        }
        self.reports.hasSent = true
        self.reports.lastSent = now
        self.reports.timestampSent = timestamp
        return true
    }

    /// Lets another stream go on where ours stands: the next number, and a packet time later.
    private mutating func follow(_ entry: PacketStore.Entry) {
        let isFirst = self.relay.epoch == nil
        let next = isFirst ? Int64(self.sender.sequence.value) : self.relay.highest &+ 1
        let ticks = self.parameters.codec.ticks(samples: self.parameters.samplesPerPacket)
        let timestamp = isFirst ? self.sender.timestamp : self.relay.latest.advanced(by: ticks)
        self.relay.epoch = entry.position.epoch
        self.relay.sequence = next &- entry.position.sequence
        self.relay.timestamp = timestamp.value &- entry.timestamp.value
        self.relay.highest = next
    }
}
