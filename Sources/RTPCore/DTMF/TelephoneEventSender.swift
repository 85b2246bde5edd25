internal import CoreTypes

/// Sends DTMF digits: 100 ms each, the end three times, 60 ms of audio between two (RFC 4733 section 2.5.1).
struct TelephoneEventSender: Sendable {
    /// What takes the place of a packet of audio.
    struct Packet: Sendable, Equatable {
        var event: TelephoneEvent
        /// The timestamp of the beginning of the event, which all its packets have.
        var timestamp: Wrapping<UInt32>
        var isFirst: Bool
    }

    private struct Active {
        var code: UInt8
        var timestamp: Wrapping<UInt32>
        var elapsed: Duration
        var endsLeft: Int
    }

    static let length: Duration = .milliseconds(100)
    static let pause: Duration = .milliseconds(60)
    static let maximumQueued = 64
    private static let retransmissionsOfEnd = 3

    private var queue: [UInt8] = []
    private var active: Active?
    private var pauseLeft: Duration = .zero

    var isIdle: Bool {
        self.queue.isEmpty && self.active == nil
    }

    /// Queues a digit; `false` when it is none or too many wait.
    mutating func enqueue(_ digit: Character) -> Bool {
        guard let code = TelephoneEvent.code(of: digit), self.queue.count < TelephoneEventSender.maximumQueued
        else { return false }
        self.queue.append(code)
        return true
    }

    mutating func removeAll() {
        self.queue.removeAll()
        self.active = nil
    }

    /// The event packet in place of the next packet of audio, or `nil` when audio is to be sent.
    mutating func next(timestamp: Wrapping<UInt32>, packetTime: Duration, clockRate: Int) -> Packet? {
        if self.active == nil {
            guard self.pauseLeft <= .zero else {
                self.pauseLeft -= packetTime
                return nil
            }
            guard !self.queue.isEmpty else { return nil }
            self.active = Active(
                code: self.queue.removeFirst(),
                timestamp: timestamp,
                elapsed: .zero,
                endsLeft: TelephoneEventSender.retransmissionsOfEnd
            )
        }
        guard var active = self.active else { return nil }
        let isFirst = active.elapsed == .zero
        // The retransmissions of the end have the duration of the first end.
        if active.elapsed < TelephoneEventSender.length { active.elapsed += max(packetTime, .milliseconds(1)) }
        let isEnd = active.elapsed >= TelephoneEventSender.length
        if isEnd { active.endsLeft -= 1 }
        let ticks = active.elapsed.nanoseconds / 1_000 * Int64(clockRate) / 1_000_000
        let event = TelephoneEvent(code: active.code, isEnd: isEnd, duration: UInt16(clamping: ticks))
        if active.endsLeft == 0 {
            self.active = nil
            self.pauseLeft = TelephoneEventSender.pause
        } else {
            self.active = active
        }
        return Packet(event: event, timestamp: active.timestamp, isFirst: isFirst)
    }
}
