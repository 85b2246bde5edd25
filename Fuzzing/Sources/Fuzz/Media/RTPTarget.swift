import CoreTypes
import RTPCore

/// A media session that gets any datagrams from any source at any time, and is polled as its interface asks.
///
/// The input is four bytes of parameters, then commands: a packet of a stream with its numbers a little off, or raw bytes.
enum RTPTarget {
    private static let sources: [TransportAddress] = [
        TransportAddress(host: .v4(0xC000_0201), port: 4000), TransportAddress(host: .v4(0xC000_0202), port: 4000),
        TransportAddress(host: .v6(0x2001_0DB8_0000_0000, 1), port: 5004),
    ]

    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        self.checkPacket(bytes)
        var random = SeededRandom(seed: 3)
        let parameters = self.parameters(&input)
        var session = MediaSession(parameters, random: &random)
        var far = MediaSession(parameters, random: &random)
        var isRelayed = false
        var listener = Listener()
        var now = Instant.zero
        var sequence: UInt16 = input.number16()
        var timestamp: UInt32 = 0xFFFF_F000
        var datagram: [UInt8] = []
        var commands = 0
        while !input.isEmpty, commands < 512 {
            commands += 1
            let command = input.byte()
            let source = self.sources[Int(command >> 4 & 3) % self.sources.count]
            switch command & 0x0F {
            case 0...7:
                // The next packet of a stream, or one that is lost, late, repeated, far off, of another stream.
                let shift = Int(Int8(bitPattern: input.byte()))
                let number = sequence &+ UInt16(truncatingIfNeeded: command & 0x80 == 0 ? 0 : shift)
                let kind = input.byte()
                datagram = self.packet(kind, number, timestamp &+ UInt32(truncatingIfNeeded: shift), &input)
                sequence &+= 1
                timestamp &+= UInt32(parameters.codec.clockRate / 50)
                now += .milliseconds(Int(input.byte()) % 64)
                session.receive(datagram, from: source, now: now)
            case 8:
                let raw = input.take(Int(input.byte()))
                session.receive(raw, on: command & 0x80 == 0 ? .rtp : .rtcp, from: source, now: now)
            case 9: now += input.step()
            case 10: sequence = input.number16()
            case 11: timestamp = input.number32()
            case 12:
                let samples = [Int16](repeating: 99, count: parameters.samplesPerPacket)
                let isSent = session.send(samples.span, now: now)
                check(!isSent || !isRelayed, "a relayed session speaks")
                if isSent {
                    let transmit = session.pollTransmit(now: now, into: &datagram)
                    check(transmit != nil, "a packet was made and does not leave")
                    check(RTPPacket(datagram.span) != nil, "what left is no RTP packet")
                }
            case 13: session.sendDTMF("5")
            case 14:
                session.skip(frames: Int(input.byte()))
                if command & 0x80 != 0 { session.restartQuality() }
            case 15 where command & 0x80 != 0:
                let readers = MediaReaderKind.allCases
                let reader = readers[Int(command >> 4 & 7) % readers.count]
                isRelayed = reader == .relay
                session.setReader(reader)
                far.setReader(reader)
            default: session.update(self.parameters(&input))
            }
            if isRelayed {
                self.passOn(&session, to: &far, now: now, into: &datagram)
            } else {
                listener.listen(to: &session, now: now)
            }
        }
        session.setReader(.reorderBuffer)
        // At each deadline something is done about it.
        for _ in 0..<8 {
            guard let deadline = session.deadline else { break }
            now = max(now, deadline)
            listener.listen(to: &session, now: now)
            if let next = session.deadline { check(next > now, "the deadline that was met is still there") }
        }
        session.close()
        var last = 0
        while session.pollTransmit(now: now, into: &datagram) != nil { last += 1 }
        check(last <= 2, "\(last) datagrams leave at the end")
        check(session.deadline == nil || session.statistics.packetsReceived > 0, "a session that is over waits")
    }

    /// Relays what came; never more than was stored, and nothing that a peer would not take for RTP of ours.
    private static func passOn(
        _ session: inout MediaSession,
        to far: inout MediaSession,
        now: Instant,
        into datagram: inout [UInt8]
    ) {
        var passed = 0
        while session.relayNext(to: &far, now: now) {
            passed += 1
            check(far.pollTransmit(now: now, into: &datagram)?.component == .rtp, "a relayed packet does not leave")
            check(passed <= 64, "more was passed on than can have come")
            let packet = RTPPacket(datagram.span)
            check(packet?.source == far.source, "a relayed packet that is no RTP packet of ours")
            check(packet?.payload.isEmpty == false, "a relayed packet without payload")
        }
    }

    private static func parameters(_ input: inout FuzzInput) -> MediaParameters {
        let manners = input.byte()
        let codecs = AudioCodec.allCases
        let codec = codecs[input.choice(codecs.count)]
        let type = codec.staticPayloadType ?? 96
        let policies: [SourceLatch.Policy] = [.standard, .signaledOnly, .open]
        return MediaParameters(
            codec: codec,
            sendPayloadType: type,
            receivePayloadTypes: [type],
            telephoneEventSend: 101,
            telephoneEventReceive: 101,
            remote: manners & 8 == 0 ? self.sources[0] : nil,
            sends: manners & 16 == 0,
            receives: manners & 32 == 0,
            packetTime: .milliseconds(manners & 64 == 0 ? 20 : 40),
            latch: policies[Int(manners & 3) % policies.count],
            multiplexesRTCP: manners & 4 == 0
        )
    }

    /// One packet: the kind chooses its payload type, marker, padding, extension and stream.
    private static func packet(
        _ kind: UInt8,
        _ sequence: UInt16,
        _ timestamp: UInt32,
        _ input: inout FuzzInput
    ) -> [UInt8] {
        let types: [UInt8] = [0, 8, 9, 96, 101, 13, 111, 72]
        let hasExtension = kind & 0x10 != 0
        let isPadded = kind & 0x20 != 0
        var bytes: [UInt8] = [0x80 | (hasExtension ? 0x10 : 0) | (isPadded ? 0x20 : 0)]
        bytes.append(types[Int(kind & 7)] | (kind & 8 != 0 ? 0x80 : 0))
        bytes += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: timestamp >> UInt32(shift))) }
        bytes += [0, 0, 0, kind >> 6]
        if hasExtension { bytes += input.take(4) }
        bytes += input.take(Int(input.byte()))
        if isPadded { bytes.append(input.byte()) }
        return bytes
    }

    private static func checkPacket(_ bytes: [UInt8]) {
        guard let packet = RTPPacket(bytes.span) else { return }
        check(packet.payload.upperBound <= bytes.count, "a payload outside of the datagram")
        check(packet.extensionBytes.upperBound <= bytes.count, "an extension outside of the datagram")
        check(packet.payload.lowerBound >= RTPPacket.minimumHeaderLength, "a payload inside of the header")
        check(packet.payloadType < 128, "a payload type of eight bits")
        for index in 0..<packet.contributingSourceCount {
            check(packet.contributingSource(at: index, in: bytes.span) != nil, "a source that is listed is not there")
        }
        check(packet.contributingSource(at: packet.contributingSourceCount, in: bytes.span) == nil, "one too many")
    }
}

extension MediaSession {
    /// Receives a copy of a datagram that is used again.
    mutating func receive(
        _ datagram: [UInt8],
        on component: MediaComponent = .rtp,
        from source: TransportAddress,
        now: Instant
    ) {
        var copy = datagram
        var span = copy.mutableSpan
        self.receive(&span, on: component, from: source, now: now)
    }
}

/// The application of a session: takes what it gives, and checks it.
struct Listener {
    private var samples: [Int16] = []
    private var datagram: [UInt8] = []
    private(set) var digits: [Character] = []

    mutating func listen(to session: inout MediaSession, now: Instant) {
        var pops = 0
        let frame = session.popJitterBuffer(160, into: &self.samples, now: now)
        check(self.samples.count == 160 && frame.concealed + frame.comfortNoise <= 160, "\(frame)")
        while let audio = session.popAudio(into: &self.samples, now: now) {
            pops += 1
            check(pops <= 4096, "there is no end of audio")
            check(!self.samples.isEmpty && self.samples.count <= 5_760, "\(self.samples.count) samples at once")
            check(audio.sampleRate > 0, "samples without a rate")
            check(audio.missingBefore >= .zero && audio.suppressedBefore >= .zero, "less than nothing is missing")
            check(audio.suppressedBefore <= audio.missingBefore, "\(audio)")
            if isBrokenOnPurpose, audio.isConcealed, audio.missingBefore > .zero { fatalError("broken on purpose") }
        }
        while let digit = session.popDigit() {
            if self.digits.count < 256 { self.digits.append(digit) }
        }
        while session.pollTransmit(now: now, into: &self.datagram) != nil {
            if MediaDatagramKind(self.datagram.span) == .rtp { continue }
            check(RTCPPacket.parse(self.datagram.span) != nil, "the report that left is none")
            check(self.datagram.count <= 1_500, "a report of \(self.datagram.count) bytes")
        }
        let statistics = session.statistics
        check(statistics.audioMissing >= .zero && statistics.audioConcealed >= .zero, "\(statistics)")
        check(statistics.jitter >= .zero && statistics.reorderHold >= .zero, "\(statistics)")
        check(statistics.packetsReceived <= 1 << 20 && statistics.rejectedSources <= 1 << 20, "\(statistics)")
    }
}
