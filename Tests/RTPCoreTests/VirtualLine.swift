import CoreTypes
import RTPCore

/// Two sessions with a line between them that loses, delays, swaps and doubles packets, in virtual time.
final class VirtualLine {
    struct Impairment {
        var loss = 0.0
        var duplication = 0.0
        var jitterMilliseconds = 0
        var delayMilliseconds = 30
    }

    struct Heard {
        var samples: [Int16] = []
        var missing = Duration.zero
        var suppressed = Duration.zero
        var concealed = Duration.zero
        var digits = ""
        var sampleRate = 0

        /// The peer's time that was accounted for.
        var timeline: Duration {
            .nanoseconds(Int64(self.samples.count) * 1_000_000_000 / Int64(max(self.sampleRate, 1))) + self.missing
        }
    }

    struct Flight {
        var bytes: [UInt8]
        var toRight: Bool
    }

    static let leftAddress = SourceLatchTests.address("192.0.2.1:4000")
    static let rightAddress = SourceLatchTests.address("192.0.2.2:5000")

    var left: MediaSession
    var right: MediaSession
    var now = Instant.zero
    var impairment: Impairment
    var random: SeededRandom
    var heardByLeft = Heard()
    var heardByRight = Heard()
    private var flying = DeadlineQueue<Int>()
    private var flights: [Int: Flight] = [:]
    private var next = 0
    private var datagram: [UInt8] = []
    private var samples: [Int16] = []

    init(codec: AudioCodec, impairment: Impairment = Impairment(), seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed)
        self.impairment = impairment
        self.left = MediaSession(VirtualLine.parameters(codec, to: VirtualLine.rightAddress), random: &random)
        self.right = MediaSession(VirtualLine.parameters(codec, to: VirtualLine.leftAddress), random: &random)
        self.random = random
    }

    static func parameters(_ codec: AudioCodec, to remote: TransportAddress?) -> MediaParameters {
        MediaParameters(
            codec: codec,
            sendPayloadType: codec.staticPayloadType ?? 111,
            receivePayloadTypes: [codec.staticPayloadType ?? 111],
            telephoneEventSend: 101,
            telephoneEventReceive: 101,
            remote: remote,
            multiplexesRTCP: true
        )
    }

    /// Both sides say one packet time, then the line runs until the next.
    func tick(left leftSays: [Int16]?, right rightSays: [Int16]?) {
        if let leftSays {
            if self.left.send(leftSays.span, now: self.now, into: &self.datagram) { self.fly(toRight: true) }
        } else {
            self.left.skip(frames: 1)
        }
        if let rightSays {
            if self.right.send(rightSays.span, now: self.now, into: &self.datagram) { self.fly(toRight: false) }
        } else {
            self.right.skip(frames: 1)
        }
        self.run(until: self.now + .milliseconds(20))
    }

    func run(until end: Instant) {
        while true {
            let due = [self.flying.earliest, self.left.deadline, self.right.deadline].compactMap(\.self).min() ?? end
            guard due < end else { break }
            self.now = max(due, self.now)
            while let key = self.flying.popExpired(self.now), let flight = self.flights.removeValue(forKey: key) {
                if flight.toRight {
                    self.right.receive(flight.bytes.span, from: VirtualLine.leftAddress, now: self.now)
                } else {
                    self.left.receive(flight.bytes.span, from: VirtualLine.rightAddress, now: self.now)
                }
                self.listen()
            }
            self.listen()
            while self.left.pollTransmit(now: self.now, into: &self.datagram) != nil { self.fly(toRight: true) }
            while self.right.pollTransmit(now: self.now, into: &self.datagram) != nil { self.fly(toRight: false) }
        }
        self.now = end
    }

    private func listen() {
        while let audio = self.left.popAudio(into: &self.samples, now: self.now) {
            VirtualLine.note(audio, self.samples, in: &self.heardByLeft)
        }
        while let audio = self.right.popAudio(into: &self.samples, now: self.now) {
            VirtualLine.note(audio, self.samples, in: &self.heardByRight)
        }
        while let digit = self.left.popDigit() { self.heardByLeft.digits.append(digit) }
        while let digit = self.right.popDigit() { self.heardByRight.digits.append(digit) }
    }

    private static func note(_ audio: InboundAudio, _ samples: [Int16], in heard: inout Heard) {
        heard.sampleRate = audio.sampleRate
        heard.samples += samples
        heard.missing += audio.missingBefore
        heard.suppressed += audio.suppressedBefore
        guard audio.isConcealed else { return }
        heard.concealed += .nanoseconds(Int64(samples.count) * 1_000_000_000 / Int64(audio.sampleRate))
    }

    private func fly(toRight: Bool) {
        guard Double.random(in: 0..<1, using: &self.random) >= self.impairment.loss else { return }
        let copies = Double.random(in: 0..<1, using: &self.random) < self.impairment.duplication ? 2 : 1
        for _ in 0..<copies {
            let jitter = Int.random(in: 0...max(self.impairment.jitterMilliseconds, 0), using: &self.random)
            self.flights[self.next] = Flight(bytes: self.datagram, toRight: toRight)
            self.flying.schedule(self.next, at: self.now + .milliseconds(self.impairment.delayMilliseconds + jitter))
            self.next += 1
        }
    }
}
