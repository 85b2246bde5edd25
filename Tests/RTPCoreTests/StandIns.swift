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

    init(_ parameters: MediaParameters, reader: MediaReaderKind = .reorderBuffer, seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed)
        self.session = MediaSession(parameters, reader: reader, random: &random)
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

    func sendDTMF(_ digit: Character) -> Bool { self.session.sendDTMF(digit) }

    func pollRTCP(now: Instant) -> [UInt8]? {
        self.session.pollTransmit(now: now, into: &self.datagram) == nil ? nil : self.datagram
    }

    func goodbye(now: Instant) -> [UInt8]? {
        self.session.close()
        return self.pollRTCP(now: now)
    }
}

extension MediaSession {
    /// Receives a copy of what the test keeps.
    @discardableResult
    mutating func receive(
        _ datagram: Span<UInt8>,
        on component: MediaComponent = .rtp,
        from source: TransportAddress,
        now: Instant
    ) -> Bool {
        var bytes = (0..<datagram.count).map { datagram[$0] }
        var copy = bytes.mutableSpan
        return self.receive(&copy, on: component, from: source, now: now)
    }

    /// Makes a packet and polls it; `false` when none leaves.
    mutating func send(_ samples: Span<Int16>, now: Instant, into datagram: inout [UInt8]) -> Bool {
        self.send(samples, now: now) && self.pollTransmit(now: now, into: &datagram)?.destination == self.destination
    }
}

/// A reorder buffer with the store that it works on.
struct OrderedPackets {
    private var order: ReorderBuffer
    private var store: PacketStore

    init(_ settings: ReorderBuffer.Settings = .init(), capacity: Int = 64) {
        self.order = ReorderBuffer(settings)
        self.store = PacketStore(capacity: capacity)
    }

    var hold: Duration { self.order.hold }
    var count: Int { self.store.count }
    var deadline: Instant? { self.order.deadline(of: self.store) }

    mutating func insert(_ entry: PacketStore.Entry, payload: Span<UInt8>) -> ReorderBuffer.Insertion {
        self.order.insert(entry, payload: payload, into: &self.store)
    }

    mutating func next(now: Instant) -> ReorderBuffer.Release? { self.order.next(in: self.store, now: now) }

    func withPayload<Result>(_ body: (Span<UInt8>) -> Result) -> Result? { self.store.withFirstPayload(body) }

    mutating func removeFirst() { self.order.removeFirst(from: &self.store) }

    mutating func removeAll() { self.order.removeAll(from: &self.store) }
}
