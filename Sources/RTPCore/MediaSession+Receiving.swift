public import CoreTypes

extension MediaSession {
    /// Takes a datagram that came to the media port, or to the port of RTCP; what does not belong there is counted.
    ///
    /// - Parameters:
    ///   - datagram: The datagram, which may be changed: a protected one is unprotected in place.
    ///   - component: The port that it came to.
    ///   - now: When the datagram came; the kernel's time of arrival is best.
    /// - Returns: `false` when nothing was done with it, for it came from somebody who is not the peer.
    @discardableResult
    public mutating func receive(
        _ datagram: inout MutableSpan<UInt8>,
        on component: MediaComponent = .rtp,
        from source: TransportAddress,
        now: Instant
    ) -> Bool {
        guard self.isOfCall(source) else { return false }
        // The one place where nothing of a packet was read yet: here SRTP unprotects it, once there is SRTP.
        switch MediaDatagramKind(datagram.span) {
        case .rtp where component == .rtp: return self.receiveRTP(datagram.span, from: source, now: now)
        case .rtcp: self.receiveRTCP(datagram.span, from: source, now: now)
        case .rtp, .stun, .dtls, .unknown: self.counters.malformed += 1
        }
        return true
    }

    /// Whether a datagram may be of the call, by nothing but where it comes from: a flood must cost as little as can be.
    @inline(__always)
    private mutating func isOfCall(_ address: TransportAddress) -> Bool {
        if self.latch.mayBeHeard(address) || self.latch.isPeer(address) { return true }
        if address.host == self.parameters.remoteControl?.host { return true }
        self.counters.rejectedSources += 1
        return false
    }

    /// Gives the next DTMF digit of the peer, once, as soon as its first packet is here (RFC 4733).
    public mutating func popDigit() -> Character? {
        // Asked for each packet: the flag spares a look at memory that is far away.
        guard self.hasDigits else { return nil }
        let digit = self.digits.removeFirst()
        self.hasDigits = !self.digits.isEmpty
        return digit
    }

    private enum Meaning: Equatable {
        case audio(AudioCodec)
        case event
        case comfortNoise
        case unknown
    }

    @inline(__always)
    private func meaning(of payloadType: UInt8) -> Meaning {
        if self.parameters.receivePayloadTypes.contains(payloadType) { return .audio(self.parameters.codec) }
        if payloadType == self.parameters.telephoneEventReceive { return .event }
        return self.rareMeaning(of: payloadType)
    }

    private func rareMeaning(of payloadType: UInt8) -> Meaning {
        if let codec = MediaSession.codec(of: payloadType, in: self.parameters.alternatives) { return .audio(codec) }
        if self.parameters.otherTelephoneEvents.contains(payloadType) { return .event }
        if let codec = MediaSession.codec(of: payloadType, in: self.formerPayloadTypes) { return .audio(codec) }
        return payloadType == 13 ? .comfortNoise : .unknown
    }

    private static func codec(of payloadType: UInt8, in formats: [AlternativeCodec]) -> AudioCodec? {
        for format in formats where format.receivePayloadTypes.contains(payloadType) { return format.codec }
        return nil
    }

    private mutating func receiveRTP(_ datagram: Span<UInt8>, from address: TransportAddress, now: Instant) -> Bool {
        guard let packet = RTPPacket(datagram) else {
            self.counters.malformed += 1
            return true
        }
        let meaning = self.meaning(of: packet.payloadType)
        if meaning == .unknown {
            self.counters.unknownPayloadTypes += 1
            // It proves nothing about its sender, but it explains a number of the stream that is known.
            guard address == self.latch.learned, packet.source == self.receiver.source else { return false }
        }
        guard self.parameters.receives else {
            self.counters.unexpected += 1
            return true
        }
        let owner = KeptDatagrams.Owner(address: address, source: packet.source)
        switch self.latch.judge(address, source: packet.source, sequence: packet.sequenceNumber, now: now) {
        case .accepted: break
        case .learned:
            let kept = self.newcomers.take(of: owner)
            self.counters.rejectedSources -= UInt64(kept.count)
            for datagram in kept { self.replay(datagram.bytes, from: address, now: datagram.arrival) }
        case .candidate:
            self.newcomers.keep(datagram, of: owner, isContested: true, now: now)
            self.counters.rejectedSources += 1
            return true
        case .refused:
            self.counters.rejectedSources += 1
            return false
        }
        self.accept(packet, datagram, meaning, from: address, now: now)
        return true
    }

    /// Takes a datagram that was kept, now that its source is known.
    private mutating func replay(_ bytes: [UInt8], from address: TransportAddress, now: Instant) {
        guard let packet = RTPPacket(bytes.span) else { return }
        self.accept(packet, bytes.span, self.meaning(of: packet.payloadType), from: address, now: now)
    }

    private mutating func accept(
        _ packet: RTPPacket,
        _ datagram: Span<UInt8>,
        _ meaning: Meaning,
        from address: TransportAddress,
        now: Instant
    ) {
        if packet.source == self.sender.source { self.resolveCollision() }
        switch self.receiver.receive(source: packet.source, sequence: packet.sequenceNumber, now: now) {
        case .accepted(let position, isReordered: _):
            // The stream goes on, so what did not fit it was a stray.
            self.suspects.forget()
            self.store(packet, datagram, meaning, at: position, now: now)
        case .duplicate, .stale:
            break
        case .suspect:
            let owner = KeptDatagrams.Owner(address: address, source: packet.source)
            self.suspects.keep(datagram, of: owner, isContested: false, now: now)
        case .restarted:
            self.counters.streamRestarts += 1
            for kept in self.suspects.take(of: .init(address: address, source: packet.source)) {
                self.recount(kept.bytes, now: kept.arrival)
            }
            self.recount(packet, datagram, now: now)
        }
    }

    private mutating func recount(_ bytes: [UInt8], now: Instant) {
        guard let packet = RTPPacket(bytes.span) else { return }
        self.recount(packet, bytes.span, now: now)
    }

    /// Takes a packet of the stream that has just begun; anything that does not fit it even now is dropped.
    private mutating func recount(_ packet: RTPPacket, _ datagram: Span<UInt8>, now: Instant) {
        let verdict = self.receiver.receive(source: packet.source, sequence: packet.sequenceNumber, now: now)
        guard case .accepted(let position, isReordered: _) = verdict else { return }
        self.store(packet, datagram, self.meaning(of: packet.payloadType), at: position, now: now)
    }

    private mutating func store(
        _ packet: RTPPacket,
        _ datagram: Span<UInt8>,
        _ meaning: Meaning,
        at position: StreamPosition,
        now: Instant
    ) {
        self.startReports(now: now)
        self.counters.bytesReceived += UInt64(packet.payload.count)
        self.counters.lastReceived = now
        let payload = datagram.extracting(packet.payload)
        var entry = PacketStore.Entry(
            position: position,
            timestamp: self.clock.timestamp(besideAudio: packet.timestamp),
            kind: .placeholder,
            arrival: now
        )
        entry.isMarked = packet.marker
        let insertion: ReorderBuffer.Insertion
        switch meaning {
        case .audio(let codec):
            entry.kind = .audio
            entry.codec = codec
            entry.timestamp = self.clock.timestamp(packet.timestamp, rate: codec.clockRate, at: position)
            self.receiver.setClockRate(codec.clockRate)
            self.receiver.measureJitter(timestamp: packet.timestamp, now: now)
            insertion = self.insert(entry, payload: payload)
            self.recording?.value.insert(entry, payload: payload)
        case .event:
            self.hear(payload, packet, now: now)
            // It explains its number; whoever relays needs the event itself.
            insertion = self.insert(entry, payload: self.isRelayed ? payload : Span())
            self.recording?.value.insert(entry, payload: Span())
        case .comfortNoise:
            self.counters.comfortNoisePackets += 1
            entry.kind = .comfortNoise
            insertion = self.insert(entry, payload: payload)
            self.recording?.value.insert(entry, payload: payload)
        case .unknown:
            insertion = self.insert(entry, payload: Span())
            self.recording?.value.insert(entry, payload: Span())
        }
        switch insertion {
        case .stored: break
        case .storedDroppingOldest: self.counters.overflowed += 1
        case .ignored: self.counters.malformed += 1
        case .late: self.counters.late += 1
        }
    }

    private mutating func hear(_ payload: Span<UInt8>, _ packet: RTPPacket, now: Instant) {
        guard let event = TelephoneEvent(payload) else {
            self.counters.malformed += 1
            return
        }
        let begun = self.eventReceiver.receive(event, source: packet.source, timestamp: packet.timestamp, now: now)
        guard let digit = begun?.digit else { return }
        self.counters.digitsReceived += 1
        // Nobody sends so many digits between two polls: a flood is not stored.
        guard self.digits.count < MediaSession.maximumDigits else { return }
        self.digits.append(digit)
        self.hasDigits = true
    }

    /// The peer has our SSRC (RFC 3550 section 8.2): we take another, once, since a reflector would have that one too.
    private mutating func resolveCollision() {
        guard !self.hasChangedSource else { return }
        self.hasChangedSource = true
        self.counters.packetsSent = self.sender.packets
        self.counters.bytesSent = self.sender.octets
        self.sender.changeSource(random: &self.random)
    }
}
