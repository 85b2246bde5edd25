public import CoreTypes

/// One side of the negotiation of a call's audio (RFC 3264).
///
/// It is a value: a failed call of `receiveOffer` or `receiveAnswer` leaves it as it was, and an owner that may have to
/// take a successful one back (because the re-INVITE fails after all) keeps a copy.
public struct OfferAnswer: Sendable {
    /// Where we receive audio.
    public let local: TransportAddress
    /// What we can do, in the order of preference.
    public private(set) var capabilities: [AudioCapability]
    /// Whether DTMF digits are offered and taken (RFC 4733).
    public let telephoneEvent: Bool
    /// Whether our offers ask to put RTCP on RTP's port (RFC 5761). An offer that asks is always granted it.
    public let offersControlMultiplexing: Bool
    /// The ways that we want, hold apart.
    public let direction: MediaDirection
    /// Whether we hold the call.
    public private(set) var isHolding = false
    /// What was agreed on last.
    public private(set) var audio: NegotiatedAudio?
    /// Whether an offer of ours waits for its answer.
    public var isOfferPending: Bool {
        self.pending != nil
    }

    private let sessionID: UInt64
    /// Our last description that left: the next one has the same version only when it is the same.
    private var lastSent: SessionDescription?
    private var pending: Pending?
    /// The offer that was answered last: the answer in a 200 may differ from that in the 183 before it.
    private var answered: Pending?
    /// The m= lines of the session, which never become fewer (RFC 3264 section 8), and which of them is ours.
    private var slots: [MediaDescription] = []
    private var audioSlot = 0
    private var numbers = PayloadNumbers()

    private struct Pending: Sendable {
        var formats: [AudioCapability]
        var direction: MediaDirection
    }

    /// Makes one side of a call's negotiation.
    ///
    /// `sessionID` is a random number, of which 63 bits are used because some peers read it as signed; `address` and
    /// `port` are where we receive; `capabilities` stand in the order of preference.
    public init(
        sessionID: UInt64,
        address: IPAddress,
        port: UInt16,
        capabilities: [AudioCapability],
        telephoneEvent: Bool = true,
        direction: MediaDirection = .sendReceive,
        offersControlMultiplexing: Bool = false
    ) {
        self.sessionID = sessionID & UInt64(Int64.max)
        self.local = TransportAddress(host: address, port: port)
        self.capabilities = capabilities
        self.telephoneEvent = telephoneEvent
        self.direction = direction
        self.offersControlMultiplexing = offersControlMultiplexing
    }

    /// Holds the call or resumes it; the next offer or answer says so.
    public mutating func hold(_ isHolding: Bool) {
        self.isHolding = isHolding
    }

    /// Makes an offer: the first of the call, one for a re-INVITE, or one because the peer's INVITE had none.
    ///
    /// The agreed codec comes first and keeps its number (RFC 3264 section 8.3.2). An offer that waits is replaced.
    public mutating func makeOffer() -> SessionDescription {
        let direction = self.offeredDirection
        let formats = self.capabilities + (self.telephoneEvent ? self.telephoneEvents() : [])
        let multiplexes = self.offersControlMultiplexing || self.audio?.isControlMultiplexed == true
        let line = self.audioLine(formats: formats, profile: "RTP/AVP", direction, multiplexes: multiplexes)
        if self.slots.isEmpty {
            self.slots = [line]
            self.audioSlot = 0
        }
        var media = self.slots.map(\.refused)
        media[self.audioSlot] = line
        self.pending = Pending(formats: formats, direction: direction)
        self.numbers.note(formats)
        return self.stamped(media)
    }

    /// Forgets the offer that waits: the peer refused the re-INVITE that carried it (RFC 3261 section 14.1).
    public mutating func offerFailed() {
        self.pending = nil
    }

    /// Answers an offer with its first codec that we have and the DTMF digits of that codec's clock rate.
    ///
    /// RFC 3264 section 6. Other m= lines are refused by port 0, directions and holds are mirrored. Throws `SDPError`
    /// with the status that refuses the offer.
    public mutating func receiveOffer(_ offer: SessionDescription) throws(SDPError) -> Negotiated {
        guard self.pending == nil else { throw .offerPending }
        let slot = try self.chooseSlot(offer)
        let line = offer.media[slot]
        let formats = line.payloadFormats
        guard let (theirs, ours) = self.firstCommon(formats, self.capabilities) else { throw .noCommonCodec }
        let remote = try self.remote(of: line, in: offer)
        let direction = remote.direction.reversed.intersection(self.wantedDirection)
        let event = self.telephoneEvent ? self.telephoneEvent(in: formats, clockRate: theirs.clockRate) : nil
        let multiplexes = line.attribute("rtcp-mux") != nil
        var audio = NegotiatedAudio(
            codecName: ours.encodingName,
            clockRate: ours.clockRate,
            channels: ours.channels,
            sendPayloadType: theirs.payloadType,
            receivePayloadTypes: [theirs.payloadType],
            telephoneEventSend: event?.payloadType,
            telephoneEventReceive: event?.payloadType,
            telephoneEventClockRate: event?.clockRate ?? ours.clockRate,
            remoteAddress: remote.address,
            remoteControlAddress: line.controlAddress(remote.address, isMultiplexed: multiplexes),
            isControlMultiplexed: multiplexes,
            direction: direction,
            packetTime: line.packetTime,
            formatParameters: theirs.formatParameters
        )
        audio.wantsExtendedReports = line.wantsExtendedReports
        audio.isRemoteUnknown = remote.isUnknown
        // The answer has the offer's numbers and spelling, but our own format parameters.
        var codec = theirs
        codec.formatParameters = ours.formatParameters
        var answered = [codec]
        if var event {
            event.formatParameters = OfferAnswer.events
            answered.append(event)
        }
        var media = offer.media.map(\.refused)
        media[slot] = self.audioLine(formats: answered, profile: line.profile, direction, multiplexes: multiplexes)
        self.slots = media
        self.audioSlot = slot
        self.answered = nil
        self.numbers.note(answered)
        self.agree(on: audio, number: theirs.payloadType)
        return Negotiated(audio: audio, answer: self.stamped(media))
    }

    /// Takes the answer to the offer that waits: its topmost codec that we offered is sent, and all of them may come.
    ///
    /// RFC 3264 sections 6 and 7. A further answer to the same offer replaces the first, because a PBX may send one
    /// in a 183 and another one in the 200. Throws `SDPError` when the call cannot have audio.
    public mutating func receiveAnswer(_ answer: SessionDescription) throws(SDPError) -> Negotiated {
        guard let pending = self.pending ?? self.answered else { throw .noOfferPending }
        guard self.audioSlot < answer.media.count else { throw .noAudio }
        let line = answer.media[self.audioSlot]
        guard line.port != 0 else { throw .refused }
        guard line.isPlainAudio else { throw .noAudio }
        let formats = line.payloadFormats(known: pending.formats)
        let voices = pending.formats.filter { !$0.isTelephoneEvent }
        guard let (theirs, ours) = self.firstCommon(formats, voices) else { throw .noCommonCodec }
        let remote = try self.remote(of: line, in: answer)
        let offeredMultiplexing = self.offersControlMultiplexing || self.audio?.isControlMultiplexed == true
        let multiplexes = offeredMultiplexing && line.attribute("rtcp-mux") != nil
        let event = self.telephoneEvent(in: formats, clockRate: theirs.clockRate)
        let ourEvent = event.flatMap { event in
            pending.formats.first { $0.isTelephoneEvent && $0.clockRate == event.clockRate }
        }
        var audio = NegotiatedAudio(
            codecName: ours.encodingName,
            clockRate: ours.clockRate,
            channels: ours.channels,
            sendPayloadType: theirs.payloadType,
            receivePayloadTypes: OfferAnswer.numbers(ours, theirs, offered: pending.formats),
            telephoneEventSend: ourEvent == nil ? nil : event?.payloadType,
            telephoneEventReceive: ourEvent?.payloadType,
            telephoneEventClockRate: ourEvent?.clockRate ?? ours.clockRate,
            remoteAddress: remote.address,
            remoteControlAddress: line.controlAddress(remote.address, isMultiplexed: multiplexes),
            isControlMultiplexed: multiplexes,
            direction: remote.direction.reversed.intersection(pending.direction),
            packetTime: line.packetTime,
            formatParameters: theirs.formatParameters
        )
        audio.wantsExtendedReports = line.wantsExtendedReports
        audio.isRemoteUnknown = remote.isUnknown
        audio.alternatives = OfferAnswer.alternatives(to: ours, in: formats, offered: voices, all: pending.formats)
        audio.otherTelephoneEvents = OfferAnswer.events(besides: ourEvent, in: formats, offered: pending.formats)
        self.pending = nil
        self.answered = pending
        self.agree(on: audio, number: ours.payloadType)
        return Negotiated(audio: audio, answer: answer)
    }
}

// MARK: - Choosing

extension OfferAnswer {
    private static let events = "0-15"

    /// The ways that we allow an answer.
    private var wantedDirection: MediaDirection {
        self.isHolding ? self.direction.intersection(.sendOnly) : self.direction
    }

    /// The ways that we offer: a hold of a call that the peer holds already is inactive (RFC 3264 section 8.4).
    private var offeredDirection: MediaDirection {
        guard self.isHolding, self.audio?.direction.sends == false else { return self.wantedDirection }
        return .inactive
    }

    /// The m= line that carries the audio: the one of before while it serves, else the first that has a codec of ours.
    private func chooseSlot(_ offer: SessionDescription) throws(SDPError) -> Int {
        let live = offer.media.indices.filter { offer.media[$0].isPlainAudio }
        guard !live.isEmpty else { throw .noAudio }
        let serving = live.filter { self.firstCommon(offer.media[$0].payloadFormats, self.capabilities) != nil }
        guard let first = serving.first else { throw .noCommonCodec }
        return self.audio != nil && serving.contains(self.audioSlot) ? self.audioSlot : first
    }

    private func firstCommon(
        _ theirs: [AudioCapability],
        _ ours: [AudioCapability]
    ) -> (theirs: AudioCapability, ours: AudioCapability)? {
        for format in theirs {
            if let match = ours.first(where: { $0.isSameEncoding(as: format) }) { return (format, match) }
        }
        return nil
    }

    /// The DTMF digits of the codec's own clock rate (RFC 4733 section 2.1); those of 8000 Hz where a peer has no other.
    private func telephoneEvent(in formats: [AudioCapability], clockRate: Int) -> AudioCapability? {
        let events = formats.filter(\.isTelephoneEvent)
        return events.first { $0.clockRate == clockRate } ?? events.first { $0.clockRate == 8_000 }
    }

    private func remote(
        of line: MediaDescription,
        in description: SessionDescription
    ) throws(SDPError) -> (address: TransportAddress?, direction: MediaDirection, isUnknown: Bool) {
        let direction = description.direction(of: line)
        let connection = description.connection(of: line)
        guard let connection, connection.isInternet, let host = connection.ipAddress, self.isUsable(host) else {
            // Nothing could ever be heard there, and nobody will say where to send.
            guard direction != .receiveOnly else { throw .unusableAddress }
            return (nil, direction, true)
        }
        // The hold of RFC 2543: nothing may be sent there, yet music may come (RFC 3264 section 8.4).
        if host.isUnspecified { return (nil, direction.intersection(.sendOnly), false) }
        guard host.isIPv6 == self.local.host.isIPv6 else { throw .incompatibleAddress }
        return (TransportAddress(host: host, port: line.port), direction, false)
    }

    /// Whether something may be sent there: to one machine, and not to ourselves in place of the peer.
    private func isUsable(_ host: IPAddress) -> Bool {
        switch host.kind {
        case .unspecified, .linkLocal, .privateNetwork, .sharedNetwork, .global: true
        case .loopback: self.local.host.isLoopback
        case .multicast, .broadcast, .reserved: false
        }
    }

    /// The numbers that a codec may come by: ours, and the peer's where it means nothing else to us.
    private static func numbers(
        _ ours: AudioCapability,
        _ theirs: AudioCapability,
        offered: [AudioCapability]
    ) -> [UInt8] {
        let isOurs = offered.contains { $0.payloadType == theirs.payloadType }
        return isOurs ? [ours.payloadType] : [ours.payloadType, theirs.payloadType]
    }

    /// The codecs of an answer besides the one that is sent.
    private static func alternatives(
        to first: AudioCapability,
        in formats: [AudioCapability],
        offered voices: [AudioCapability],
        all: [AudioCapability]
    ) -> [NegotiatedFormat] {
        var taken = [first]
        return formats.compactMap { theirs in
            guard let ours = voices.first(where: { $0.isSameEncoding(as: theirs) }), !taken.contains(ours) else {
                return nil
            }
            taken.append(ours)
            return NegotiatedFormat(
                codecName: ours.encodingName,
                clockRate: ours.clockRate,
                sendPayloadType: theirs.payloadType,
                receivePayloadTypes: self.numbers(ours, theirs, offered: all)
            )
        }
    }

    /// The numbers of DTMF digits besides the agreed one: those that go with the other codecs' clocks.
    private static func events(
        besides first: AudioCapability?,
        in formats: [AudioCapability],
        offered: [AudioCapability]
    ) -> [UInt8] {
        formats.filter(\.isTelephoneEvent).flatMap { theirs in
            let ours = offered.first { $0.isTelephoneEvent && $0.clockRate == theirs.clockRate }
            return ours.map { self.numbers($0, theirs, offered: offered) } ?? []
        }.filter { $0 != first?.payloadType }
    }

    /// From now on the agreed codec comes first and has the agreed number; no other format may have that number.
    private mutating func agree(on audio: NegotiatedAudio, number: UInt8) {
        self.audio = audio
        let agreed = AudioCapability(
            encodingName: audio.codecName,
            clockRate: audio.clockRate,
            channels: audio.channels,
            payloadType: number
        )
        guard let index = self.capabilities.firstIndex(where: { $0.isSameEncoding(as: agreed) }) else { return }
        var first = self.capabilities.remove(at: index)
        first.payloadType = number
        self.capabilities.insert(first, at: 0)
        let fixed = [number] + (audio.telephoneEventReceive.map { [$0] } ?? [])
        for other in self.capabilities.indices.dropFirst() where fixed.contains(self.capabilities[other].payloadType) {
            let taken = self.capabilities.map(\.payloadType) + fixed
            self.capabilities[other].payloadType = self.numbers.number(for: self.capabilities[other], avoiding: taken)
        }
    }
}

// MARK: - Writing

extension OfferAnswer {
    /// A telephone-event format for each clock rate that our codecs use; the agreed one keeps its number.
    private func telephoneEvents() -> [AudioCapability] {
        let agreed = self.audio?.telephoneEventReceive
        var taken = self.capabilities.map(\.payloadType) + (agreed.map { [$0] } ?? [])
        var events: [AudioCapability] = []
        for rate in self.capabilities.map(\.clockRate) where !events.contains(where: { $0.clockRate == rate }) {
            let number = self.audio?.telephoneEventClockRate == rate ? agreed : nil
            var event = AudioCapability(
                encodingName: "telephone-event",
                clockRate: rate,
                payloadType: 101,
                formatParameters: OfferAnswer.events
            )
            event.payloadType = number ?? self.numbers.number(for: event, avoiding: taken, preferred: 101)
            taken.append(event.payloadType)
            events.append(event)
        }
        return events
    }

    private func audioLine(
        formats: [AudioCapability],
        profile: String,
        _ direction: MediaDirection,
        multiplexes: Bool
    ) -> MediaDescription {
        var attributes: [SDPAttribute] = []
        for format in formats {
            attributes.append(SDPAttribute("rtpmap", format.rtpmap))
            if let parameters = format.formatParameters {
                attributes.append(SDPAttribute("fmtp", "\(format.payloadType) \(parameters)"))
            }
        }
        attributes.append(SDPAttribute("ptime", "20"))
        if multiplexes { attributes.append(SDPAttribute("rtcp-mux")) }
        attributes.append(SDPAttribute(direction.rawValue))
        return MediaDescription(
            kind: "audio",
            port: self.local.port,
            profile: profile,
            formats: formats.map { String($0.payloadType) },
            attributes: attributes
        )
    }

    /// A description of these media, whose version goes up by one when it differs from the last (RFC 3264 section 8).
    private mutating func stamped(_ media: [MediaDescription]) -> SessionDescription {
        let connection = SDPConnection(self.local.host)
        var description = SessionDescription(
            origin: SDPOrigin(
                sessionID: self.sessionID,
                sessionVersion: self.lastSent?.origin.sessionVersion ?? 1,
                connection: connection
            ),
            connection: connection,
            lines: [SDPLine("t", "0 0")],
            media: media
        )
        if let lastSent = self.lastSent, lastSent != description { description.origin.sessionVersion &+= 1 }
        self.lastSent = description
        return description
    }
}
