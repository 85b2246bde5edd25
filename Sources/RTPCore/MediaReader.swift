public import CoreTypes

/// How a session's packets are read: in one way at a time.
public enum MediaReaderKind: Sendable, Hashable, CaseIterable {
    /// In order, as they come (`MediaSession.popAudio`): for speech to text and for applications.
    case reorderBuffer
    /// By a clock (`MediaSession.popJitterBuffer`): for mixing, bridging and processors on the media thread.
    case jitterBuffer
    /// As they are, by another session (`MediaSession.relayNext`): nothing is decoded.
    case relay
}

/// The reader of a session's packet store, with what only it needs.
enum MediaReader: Sendable {
    // The two large ones are changed in place, which the payload of an enum cannot be.
    case reorderBuffer(Owned<ReorderReader>)
    case jitterBuffer(Owned<JitterBuffer>)
    case relay(RelayedStream)

    /// Makes a reader that knows of no packet yet.
    init(_ kind: MediaReaderKind, codec: AudioCodec) {
        switch kind {
        case .reorderBuffer: self = .reorderBuffer(Owned(ReorderReader(codec)))
        case .jitterBuffer: self = .jitterBuffer(Owned(JitterBuffer(codec: codec)))
        case .relay: self = .relay(RelayedStream())
        }
    }

    var kind: MediaReaderKind {
        switch self {
        case .reorderBuffer: .reorderBuffer
        case .jitterBuffer: .jitterBuffer
        case .relay: .relay
        }
    }

    var isRelay: Bool {
        if case .relay = self { true } else { false }
    }

    /// Where the memory of the reader lies, and how much it is; a relay has none of its own.
    var memory: MediaReaderMemory {
        switch self {
        case .reorderBuffer(let reader): MediaReaderMemory(address: reader.address, bytes: Owned<ReorderReader>.bytes)
        case .jitterBuffer(let reader): MediaReaderMemory(address: reader.address, bytes: Owned<JitterBuffer>.bytes)
        case .relay: MediaReaderMemory(address: 0, bytes: 0)
        }
    }
}

/// Where something lies that will be wanted soon.
package struct MediaReaderMemory: Sendable {
    /// The address; 0 for nothing.
    package var address: UInt
    /// Its size.
    package var bytes: Int32
}

extension MediaSession {
    /// Reads what comes in another way from now on; the stream that is sent goes on.
    ///
    /// What is stored is left to the new reader, but for a relay, which passes on nothing that came before it, and leaves
    /// nothing behind.
    public mutating func setReader(_ kind: MediaReaderKind) {
        let old = self.reader
        guard kind != old.kind else { return }
        self.adopt(MediaReader(kind, codec: self.parameters.codec))
        if case .relay(let stream) = old {
            // What we say ourselves comes behind the last packet that was passed on.
            if stream.epoch != nil { self.skip(frames: 1) }
        }
        guard old.isRelay || kind == .relay else { return }
        self.store.removeAll()
        self.sender.markNext()
    }

    /// Takes another reader.
    mutating func adopt(_ reader: consuming MediaReader) {
        self.readerMemory = reader.memory
        self.reader = reader
    }

    /// Replaces `samples` by the next audio in order and describes it; `nil` and no change when nothing is ready.
    ///
    /// For the reader `reorderBuffer`. `samples` keeps its storage. A packet behind a gap is held back for the missing ones,
    /// for 40 to 100 ms as the network needs (see `deadline`); everything else is ready at once.
    public mutating func popAudio(into samples: inout [Int16], now: Instant) -> InboundAudio? {
        guard case .reorderBuffer(let reader) = self.reader else { return nil }
        let audio = reader.value.pop(into: &samples, from: &self.store, counters: &self.counters, now: now)
        if let audio, !audio.isConcealed { self.eventReceiver.audioResumed() }
        return audio
    }

    /// Replaces `samples` by the next `count` that the peer says, by our clock.
    ///
    /// For the reader `jitterBuffer`; all silence for another one. There are always exactly `count` samples, of
    /// `MediaParameters.codec.audioRate`; what is missing is concealed. Call it every 10 or 20 ms, never driven by what
    /// comes in.
    public mutating func popJitterBuffer(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        guard case .jitterBuffer(let reader) = self.reader else { return .silence(count, into: &samples) }
        let frame = reader.value.pop(count, from: &self.store, into: &samples, now: now)
        let rate = self.parameters.codec.audioRate
        self.counters.audioConcealed += .samples(frame.concealed, rate: rate)
        self.counters.audioReceived += .samples(samples.count - frame.concealed - frame.comfortNoise, rate: rate)
        return frame
    }

    /// What the jitter buffer did to the audio so far; `nil` while another reader reads.
    public var jitterBufferStatistics: JitterBufferStatistics? {
        guard case .jitterBuffer(let reader) = self.reader else { return nil }
        return reader.value.statistics
    }

    /// Stores a packet for the reader of this session; the order matters only to one of them.
    @inline(__always)
    mutating func insert(_ entry: PacketStore.Entry, payload: Span<UInt8>) -> ReorderBuffer.Insertion {
        switch self.reader {
        case .reorderBuffer(let reader): reader.value.insert(entry, payload: payload, into: &self.store)
        case .jitterBuffer, .relay:
            switch self.store.insertDroppingOldest(entry, payload: payload) {
            case .stored: .stored
            case .full: .storedDroppingOldest
            case .duplicate, .oversized: .ignored
            }
        }
    }
}

extension Duration {
    /// How long so many samples last.
    static func samples(_ count: Int, rate: Int) -> Duration {
        .nanoseconds(Int64(count) * 1_000_000_000 / Int64(max(rate, 1)))
    }
}
