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

    /// Lets another stream go on where ours stands: the next number, and a packet time later.
    mutating func follow(
        _ entry: PacketStore.Entry,
        sequence: Wrapping<UInt16>,
        timestamp: Wrapping<UInt32>,
        packetTicks: Int
    ) {
        let isFirst = self.epoch == nil
        let next = isFirst ? Int64(sequence.value) : self.highest &+ 1
        let start = isFirst ? timestamp : self.latest.advanced(by: packetTicks)
        self.epoch = entry.position.epoch
        self.sequence = next &- entry.position.sequence
        self.timestamp = start.value &- entry.timestamp.value
        self.highest = next
    }
}

extension MediaSession {
    /// Makes the next packet that came here the next one that `other` sends; `false` when there is none, when it cannot
    /// be sent, or when the one before was not polled.
    ///
    /// Both sessions have the reader `relay`. Call it until it gives `false`, right after `receive`, and poll `other` each
    /// time: nothing is held back or put into order. The packet gets the SSRC and the payload type that `other`
    /// negotiated, and numbers that keep its distance to those around it (RFC 3550 section 7.1). Both sessions must speak
    /// the same codec.
    public mutating func relayNext(to other: inout MediaSession, now: Instant) -> Bool {
        guard self.isRelayed, !other.hasOutgoing else { return false }
        let clockRate = self.parameters.codec.clockRate
        while let entry = self.store.first {
            defer { self.store.removeFirst() }
            // What counts by another clock than the stream has no timestamp that could be passed on.
            let codec = entry.codec ?? self.parameters.codec
            guard codec.clockRate == clockRate else { continue }
            let isSent = self.store.withFirstPayload { other.relay(entry, $0, codec: codec, now: now) }
            if isSent == true { return true }
        }
        return false
    }

    /// Whether what comes is passed on as it is, and what is sent comes from another session.
    var isRelayed: Bool { self.reader.isRelay }

    /// Writes a packet of another session's peer as our next one.
    private mutating func relay(
        _ entry: PacketStore.Entry,
        _ payload: Span<UInt8>,
        codec: AudioCodec,
        now: Instant
    ) -> Bool {
        guard case .relay(var stream) = self.reader, self.ending == .open else { return false }
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
        let begins = stream.epoch != entry.position.epoch
        if begins {
            let ticks = self.parameters.codec.ticks(samples: self.parameters.samplesPerPacket)
            stream.follow(entry, sequence: self.sender.sequence, timestamp: self.sender.timestamp, packetTicks: ticks)
        }
        let sequence = entry.position.sequence &+ stream.sequence
        let timestamp = Wrapping(entry.timestamp.value &+ stream.timestamp)
        self.sender.take(sequence: Wrapping(UInt16(truncatingIfNeeded: sequence)), timestamp: timestamp)
        self.sender.begin(&self.outgoing, payloadType: payloadType, marker: entry.isMarked || begins)
        self.outgoing.append(payload)
        if sequence >= stream.highest {
            stream.highest = sequence
            stream.latest = timestamp
        }
        self.reader = .relay(stream)
        self.finish(timestamp: timestamp, now: now)
        return true
    }
}
