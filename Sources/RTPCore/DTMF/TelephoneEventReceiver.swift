public import CoreTypes

/// Receives DTMF digits: each once, whatever of its packets is lost, repeated or late (RFC 4733 section 2.5).
///
/// An event is known by its SSRC, timestamp and code, and is reported with its first packet that arrives. The marker is not
/// needed. A long event goes on in further segments, each with its own timestamp (section 2.5.1.3).
public struct TelephoneEventReceiver: Sendable {
    private struct EventKey: Equatable {
        var source: UInt32
        var timestamp: Wrapping<UInt32>
        var code: UInt8
    }

    private struct Active {
        var key: EventKey
        var duration: UInt16
        var lastHeard: Instant
    }

    /// How long after its last packet an event is over when no end came.
    public static let timeout: Duration = .milliseconds(150)

    private var active: Active?
    private var recent: [EventKey] = []
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
        let key = EventKey(source: source, timestamp: timestamp, code: event.code)
        self.finishIfSilent(now: now)
        if self.recent.contains(key) {
            guard let active, active.key == key else { return nil }
            let longest = max(active.duration, event.duration)
            self.active = event.isEnd ? nil : Active(key: key, duration: longest, lastHeard: now)
            return nil
        }
        let continues = self.active.map { self.isSegment(key, after: $0) } ?? false
        self.remember(key)
        self.active = event.isEnd ? nil : Active(key: key, duration: event.duration, lastHeard: now)
        return continues ? nil : event
    }

    /// Audio came again: whatever digit there was is over, even when its end was lost.
    public mutating func audioResumed() {
        self.active = nil
    }

    /// The digit that goes on, or `nil`.
    public mutating func held(now: Instant) -> Character? {
        self.finishIfSilent(now: now)
        guard let active else { return nil }
        return TelephoneEvent(code: active.key.code, isEnd: false, duration: active.duration).digit
    }

    private mutating func finishIfSilent(now: Instant) {
        guard let active, now - active.lastHeard >= TelephoneEventReceiver.timeout else { return }
        self.active = nil
    }

    /// A segment begins where the one before it ended, and only a segment of the full length has one after it.
    private func isSegment(_ key: EventKey, after active: Active) -> Bool {
        guard key.source == active.key.source, key.code == active.key.code else { return false }
        let ticks = active.key.timestamp.distance(to: key.timestamp)
        return ticks >= 0xF000 && ticks <= 0x1_0000 && active.duration >= 0xE000
    }

    private mutating func remember(_ key: EventKey) {
        if self.recent.count < TelephoneEventReceiver.memory {
            self.recent.append(key)
        } else {
            self.recent[self.oldest] = key
            self.oldest = (self.oldest + 1) % TelephoneEventReceiver.memory
        }
    }
}
