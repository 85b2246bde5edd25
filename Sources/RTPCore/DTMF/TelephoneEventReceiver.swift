public import CoreTypes

/// Hears keys: each once, whatever of its packets is lost, repeated or late (RFC 4733 section 2.5).
///
/// An event is known by its SSRC, timestamp and code, and is told with its first packet that arrives. The marker is not
/// needed. A long event goes on in further segments, each with its own timestamp (section 2.5.1.3).
public struct TelephoneEventReceiver: Sendable {
    private struct Key: Equatable {
        var source: UInt32
        var timestamp: Wrapping<UInt32>
        var code: UInt8
    }

    private struct Press {
        var key: Key
        var duration: UInt16
        var lastHeard: Instant
    }

    /// How long after its last packet an event is over when no end came.
    public static let timeout: Duration = .milliseconds(150)

    private var press: Press?
    private var recent: [Key] = []
    private var oldest = 0
    private static let memory = 8

    /// Makes a receiver.
    public init() {
        self.recent.reserveCapacity(TelephoneEventReceiver.memory)
    }

    /// Takes a packet; gives the event when a new one has begun.
    public mutating func receive(
        _ event: TelephoneEvent,
        source: UInt32,
        timestamp: Wrapping<UInt32>,
        now: Instant
    ) -> TelephoneEvent? {
        let key = Key(source: source, timestamp: timestamp, code: event.code)
        self.finishIfSilent(now: now)
        if self.recent.contains(key) {
            guard let press, press.key == key else { return nil }
            let longest = max(press.duration, event.duration)
            self.press = event.isEnd ? nil : Press(key: key, duration: longest, lastHeard: now)
            return nil
        }
        let continues = self.press.map { self.isSegment(key, after: $0) } ?? false
        self.remember(key)
        self.press = event.isEnd ? nil : Press(key: key, duration: event.duration, lastHeard: now)
        return continues ? nil : event
    }

    /// Audio came again: whatever was pressed is over, even when its end was lost.
    public mutating func audioResumed() {
        self.press = nil
    }

    /// The key that is held down, or `nil`.
    public mutating func held(now: Instant) -> Character? {
        self.finishIfSilent(now: now)
        guard let press else { return nil }
        return TelephoneEvent(code: press.key.code, isEnd: false, duration: press.duration).digit
    }

    private mutating func finishIfSilent(now: Instant) {
        guard let press, now - press.lastHeard >= TelephoneEventReceiver.timeout else { return }
        self.press = nil
    }

    /// A segment begins where the one before it ended, and only a segment of the full length has one after it.
    private func isSegment(_ key: Key, after press: Press) -> Bool {
        guard key.source == press.key.source, key.code == press.key.code else { return false }
        let ticks = press.key.timestamp.distance(to: key.timestamp)
        return ticks >= 0xF000 && ticks <= 0x1_0000 && press.duration >= 0xE000
    }

    private mutating func remember(_ key: Key) {
        if self.recent.count < TelephoneEventReceiver.memory {
            self.recent.append(key)
        } else {
            self.recent[self.oldest] = key
            self.oldest = (self.oldest + 1) % TelephoneEventReceiver.memory
        }
    }
}
