import CoreTypes
import RTPCore

// Arrays in place of spans, which the macros of Testing cannot take.

extension RTPPacket {
    init?(_ bytes: [UInt8]) { self.init(bytes.span) }
}

extension RTCPPacket {
    static func parse(_ bytes: [UInt8]) -> [RTCPPacket]? { self.parse(bytes.span) }
}

extension MediaDatagramKind {
    init(_ bytes: [UInt8]) { self.init(bytes.span) }
}

extension TelephoneEvent {
    init?(_ bytes: [UInt8]) { self.init(bytes.span) }
}

/// An encoder and a decoder in a reference, since the macros of Testing copy what they look at.
final class OpusPair {
    private var encoder: OpusEncoder
    private var decoder: OpusDecoder

    struct Unavailable: Error {}

    init(_ settings: OpusSettings = OpusSettings()) throws {
        guard let encoder = OpusEncoder(settings), let decoder = OpusDecoder() else {
            throw Unavailable()
        }
        self.encoder = encoder
        self.decoder = decoder
    }

    func encode(_ samples: [Int16]) -> [UInt8]? {
        var packet: [UInt8] = []
        return self.encoder.encode(samples.span, appendingTo: &packet) ? packet : nil
    }

    func apply(_ settings: OpusSettings) {
        self.encoder.apply(settings)
    }

    func decode(_ packet: [UInt8]) -> [Int16]? {
        var samples: [Int16] = []
        return self.decoder.decode(packet.span, into: &samples) ? samples : nil
    }

    func recover(from packet: [UInt8], count: Int) -> [Int16]? {
        var samples: [Int16] = []
        return self.decoder.recover(packet.span, count: count, into: &samples) ? samples : nil
    }

    func conceal(_ count: Int) -> [Int16]? {
        var samples: [Int16] = []
        return self.decoder.conceal(count: count, into: &samples) ? samples : nil
    }
}

/// A session in a reference, with arrays and buffers of its own.
final class Leg {
    var session: MediaSession
    private var datagram: [UInt8] = []
    private var samples: [Int16] = []

    init(_ parameters: MediaParameters, seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed)
        self.session = MediaSession(parameters, random: &random)
    }

    var statistics: MediaStatistics { self.session.statistics }

    func send(_ samples: [Int16], now: Instant) -> [UInt8]? {
        self.session.send(samples.span, now: now, into: &self.datagram) ? self.datagram : nil
    }

    func receive(_ bytes: [UInt8], from address: TransportAddress, now: Instant) {
        self.session.receive(bytes.span, from: address, now: now)
    }

    func popAudio(now: Instant) -> (audio: InboundAudio, samples: [Int16])? {
        self.session.popAudio(into: &self.samples, now: now).map { ($0, self.samples) }
    }

    func popDigit() -> Character? { self.session.popDigit() }

    func sendDigit(_ digit: Character) -> Bool { self.session.sendDigit(digit) }

    func pollRTCP(now: Instant) -> [UInt8]? {
        self.session.pollRTCP(now: now, into: &self.datagram) ? self.datagram : nil
    }

    func goodbye(now: Instant) -> [UInt8]? {
        self.session.goodbye(now: now, into: &self.datagram) ? self.datagram : nil
    }
}
