import CoreTypes
import RTPCore
import Testing

struct JitterBufferTests {
    /// A buffer with its store, a clock and a voice of 125 Hz, in a reference, since a buffer is not copied.
    final class Rig {
        var buffer: JitterBuffer
        var store = PacketStore(capacity: 128)
        var now = Instant.zero
        var samples: [Int16] = []
        var stored: UInt64 = 0
        var refused: UInt64 = 0
        var concealed: [Int] = []
        let firstSequence: Int64
        let firstTimestamp: UInt32

        init(codec: AudioCodec = .pcmu, firstSequence: Int64 = 70_000, firstTimestamp: UInt32 = 0) {
            self.buffer = JitterBuffer(codec: codec)
            self.firstSequence = firstSequence
            self.firstTimestamp = firstTimestamp
        }

        static let voice: [Int16] = (0..<1_600).map { index in
            // A pulse with a decaying ring, every 64 samples: rich in harmonics.
            let place = index % 64
            let ring = [
                0, 9_000, 7_000, -4_000, -6_000, 1_000, 4_500, 800, -2_800, -1_200, 1_700, 900, -900, -600, 400, 200,
            ]
            return place < ring.count ? Int16(ring[place]) : Int16((place * 7) % 5 - 2)
        }

        static func payload(_ index: Int) -> [UInt8] {
            (0..<160).map { G711.encode(Rig.voice[((index * 160 + $0) % 1_600 + 1_600) % 1_600], law: .mu) }
        }

        func insert(
            _ index: Int,
            epoch: UInt32 = 1,
            timestamp: UInt32? = nil,
            kind: PacketStore.Kind = .audio,
            payload: [UInt8]? = nil,
            at arrival: Instant? = nil
        ) {
            let entry = PacketStore.Entry(
                position: StreamPosition(epoch: epoch, sequence: self.firstSequence + Int64(index)),
                timestamp: Wrapping(timestamp ?? self.firstTimestamp &+ UInt32(truncatingIfNeeded: index * 160)),
                kind: kind,
                arrival: arrival ?? self.now
            )
            let bytes = payload ?? Rig.payload(index)
            if self.store.insert(entry, payload: bytes.span) == .stored {
                if kind == .audio { self.stored += 1 }
            } else {
                self.refused += 1
            }
        }

        @discardableResult
        func pop(_ count: Int = 160) -> JitterBufferFrame {
            let frame = self.buffer.pop(count, from: &self.store, into: &self.samples, now: self.now)
            self.concealed.append(frame.concealed)
            self.now += .microseconds(Int64(count) * 125)
            return frame
        }

        /// Plays a network: packets by the time of their arrival in milliseconds.
        func run(_ arrivals: [(time: Double, index: Int)], until end: Double, step: Int = 160) {
            let sorted = arrivals.sorted { ($0.time, $0.index) < ($1.time, $1.index) }
            var next = 0
            while self.now.nanoseconds < Int64(end * 1e6) {
                while next < sorted.count, Int64(sorted[next].time * 1e6) <= self.now.nanoseconds {
                    let arrival = Instant(nanoseconds: Int64(sorted[next].time * 1e6))
                    self.insert(sorted[next].index, at: arrival)
                    next += 1
                }
                self.pop(step)
            }
        }

        var statistics: JitterBufferStatistics { self.buffer.statistics }
        var isAccountedFor: Bool {
            let statistics = self.statistics
            return statistics.packetsPlayed + statistics.packetsLate + statistics.packetsUndecodable
                + UInt64(self.store.count) == self.stored
        }
    }

    @Test func aQuietNetworkIsPlayedWholeAndSoon() {
        let rig = Rig()
        rig.run((0..<500).map { (Double($0) * 20, $0) }, until: 10_000)
        let statistics = rig.statistics
        #expect(statistics.samplesConcealed == 0)
        #expect(statistics.packetsPlayed >= 497)
        #expect(statistics.delay <= .milliseconds(25))
        #expect(statistics.samplesGiven == 80_000)
        #expect(rig.isAccountedFor)
    }

    /// The audio that goes in comes out, once the delay has settled, sample by sample.
    @Test func whatIsNotStretchedIsNotChanged() throws {
        let rig = Rig()
        rig.run((0..<250).map { (Double($0) * 20, $0) }, until: 4_000)
        for index in 250..<260 { rig.insert(index, at: .zero + .milliseconds(index * 20)) }
        let frame = rig.pop()
        #expect(frame.stretched == 0)
        let timestamp = try #require(frame.timestamp)
        let first = Int(timestamp.value)
        let heard = rig.samples
        let said = (0..<160).map { index in
            G711.decode(G711.encode(Rig.voice[(first + index) % 1_600], law: .mu), law: .mu)
        }
        #expect(heard == said)
    }

    @Test(arguments: 0..<12)
    func asMuchAsAskedForComesOutAndEveryPacketIsAccountedFor(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) + 100)
        let rig = Rig(firstSequence: 65_530, firstTimestamp: .max - 5_000)
        var arrivals: [(time: Double, index: Int)] = []
        for index in 0..<300 where Int.random(in: 0..<8, using: &random) > 0 {
            arrivals.append((Double(index) * 20 + Double.random(in: 0..<150, using: &random), index))
            if Int.random(in: 0..<10, using: &random) == 0 {
                arrivals.append((Double(index) * 20 + Double.random(in: 0..<400, using: &random), index))
            }
        }
        arrivals.sort { $0.time < $1.time }
        var next = 0
        while rig.now < .zero + .milliseconds(7_000) {
            while next < arrivals.count, arrivals[next].time * 1e6 <= Double(rig.now.nanoseconds) {
                // The receiver knows a packet that it has seen; so does this one.
                rig.insert(arrivals[next].index)
                next += 1
            }
            let count = [0, 1, 80, 160, 161, 320, 480].randomElement(using: &random) ?? 160
            let before = rig.statistics.samplesGiven
            let frame = rig.pop(count)
            #expect(rig.samples.count == count)
            #expect(frame.concealed + frame.comfortNoise <= count + 960)
            #expect(rig.statistics.samplesGiven - before == UInt64(count))
        }
        #expect(rig.isAccountedFor)
        #expect(rig.statistics.packetsPlayed > 200)
    }

    @Test func numbersAndTimestampsWrapUnheard() {
        let rig = Rig(firstSequence: 65_536 - 50, firstTimestamp: .max - 160 * 50 + 33)
        rig.run((0..<200).map { (Double($0) * 20, $0) }, until: 4_000)
        #expect(rig.statistics.samplesConcealed == 0)
        #expect(rig.statistics.restarts == 0)
        #expect(rig.statistics.delay <= .milliseconds(40))
    }

    @Test func aLostPacketIsConcealedAndNothingElse() {
        let rig = Rig()
        rig.run((0..<200).filter { $0 != 100 }.map { (Double($0) * 20, $0) }, until: 3_990)
        #expect(rig.statistics.samplesConcealed == 160)
        #expect(rig.statistics.concealments == 1)
    }

    @Test func anotherStreamGoesOnAtOnce() {
        let rig = Rig()
        for index in 0..<100 {
            rig.insert(index)
            rig.pop()
        }
        for index in 0..<100 {
            rig.insert(index - 60_000, epoch: 2, timestamp: 3_000_000_000 + UInt32(index * 160))
            rig.pop()
        }
        #expect(rig.statistics.restarts == 1)
        #expect(rig.isAccountedFor)
        #expect(rig.statistics.packetsPlayed >= 195)
        #expect(rig.statistics.delay <= .milliseconds(60))
        #expect(rig.statistics.samplesConcealed <= 320)
    }

    /// Silence suppression without comfort noise: no loss, and the words after it come with the target's delay.
    @Test func aPauseOfTheSenderIsNoLoss() {
        let rig = Rig()
        for index in 0..<100 {
            rig.insert(index)
            rig.pop()
        }
        for _ in 0..<50 { rig.pop() }
        for index in 100..<200 {
            rig.insert(index, timestamp: UInt32((index + 50) * 160))
            rig.pop()
        }
        #expect(rig.statistics.samplesConcealed <= 160)
        #expect(rig.statistics.delay <= .milliseconds(45))
        #expect(rig.isAccountedFor)
    }

    @Test func comfortNoiseIsMadeAsItWasDescribed() {
        let rig = Rig()
        for index in 0..<50 {
            rig.insert(index)
            rig.pop()
        }
        rig.insert(50, kind: .comfortNoise, payload: [40])
        for _ in 0..<50 { rig.pop() }
        #expect(rig.statistics.samplesConcealed == 0)
        let energy = rig.samples.reduce(0.0) { $0 + Double($1) * Double($1) } / 160
        // 40 dB below a full-scale square wave: an amplitude of 328.
        #expect(energy.squareRoot() > 160 && energy.squareRoot() < 650)
        for index in 51..<100 {
            rig.insert(index, timestamp: UInt32((index + 49) * 160))
            rig.pop()
        }
        #expect(rig.statistics.samplesConcealed == 0)
        #expect(rig.statistics.packetsPlayed >= 97)
    }

    @Test func keysLeaveAPauseAndNoHole() {
        let rig = Rig()
        for index in 0..<50 {
            rig.insert(index)
            rig.pop()
        }
        for index in 50..<60 {
            rig.insert(index, timestamp: 50 * 160, kind: .placeholder, payload: [])
            rig.pop()
        }
        for index in 60..<100 {
            rig.insert(index)
            rig.pop()
        }
        #expect(rig.statistics.samplesConcealed == 0)
        #expect(rig.statistics.packetsPlayed >= 87)
    }

    @Test func reorderingWithinTheDelayCostsNothing() {
        var random = SeededRandom(seed: 5)
        let rig = Rig()
        rig.run(
            (0..<1_500).map { (Double($0) * 20 + Double.random(in: 0..<60, using: &random), $0) },
            until: 30_000
        )
        let statistics = rig.statistics
        #expect(statistics.samplesConcealed < 240_000 / 100)
        #expect(statistics.delay > .milliseconds(45) && statistics.delay < .milliseconds(95))
        #expect(rig.isAccountedFor)
    }

    @Test func aPacketThatComesTooLateIsCounted() {
        let rig = Rig()
        for index in 0..<50 where index != 40 {
            rig.insert(index)
            rig.pop()
        }
        rig.now += .zero
        rig.insert(40)
        rig.pop()
        #expect(rig.statistics.packetsLate == 1)
        #expect(rig.isAccountedFor)
    }

    @Test func afterAStallTheDelayComesDownAgain() {
        let rig = Rig()
        let arrivals = (0..<2_500).map { index in
            (time: index >= 1_000 && index < 1_015 ? 20_300.0 : Double(index) * 20, index: index)
        }
        rig.run(arrivals, until: 50_000)
        // The stall is heard once, as long as it was less the delay, and everything after it is played.
        #expect(rig.statistics.packetsLate <= 1)
        #expect(rig.statistics.samplesConcealed > 200 * 8 && rig.statistics.samplesConcealed < 310 * 8)
        #expect(rig.statistics.samplesRemoved > 150 * 8)
        #expect(rig.statistics.delay < .milliseconds(60))
    }

    @Test(arguments: [200.0, -200.0])
    func aDriftingClockIsFollowed(partsPerMillion: Double) {
        var random = SeededRandom(seed: 9)
        let rig = Rig()
        let arrivals = (0..<30_000).map { index in
            (
                time: Double(index) * 20 * (1 + partsPerMillion / 1e6) + Double.random(in: 0..<20, using: &random),
                index: index
            )
        }
        rig.run(arrivals, until: 599_000)
        let statistics = rig.statistics
        #expect(statistics.meanDelay < .milliseconds(60))
        #expect(statistics.delay < .milliseconds(80))
        #expect(abs(statistics.drift - partsPerMillion) < 40)
        // 120 ms in ten minutes, by stretching and the few waits for packets that were late.
        let made = statistics.samplesInserted + statistics.samplesConcealed
        let moved = (Int64(made) - Int64(statistics.samplesRemoved)) / 8
        #expect(abs(moved - Int64(partsPerMillion * 0.6)) < 60)
        #expect(statistics.samplesConcealed < 599_000 * 8 / 200)
        var run = 0
        var longest = 0
        for concealed in rig.concealed {
            run = concealed > 0 ? run + concealed : 0
            longest = max(longest, run)
        }
        #expect(longest <= 320)
    }

    /// Numbers and timestamps of an enemy: nothing traps, and the samples are as many as asked for.
    @Test(arguments: 0..<20)
    func hostileNumbersAreHarmless(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) + 1_000)
        let rig = Rig()
        var epoch: UInt32 = 1
        for step in 0..<400 {
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                if Int.random(in: 0..<40, using: &random) == 0 { epoch &+= 1 }
                let jump = Int.random(in: 0..<6, using: &random)
                let kinds: [PacketStore.Kind] = [.audio, .audio, .audio, .comfortNoise, .placeholder]
                rig.insert(
                    jump == 0 ? Int.random(in: -3_000...3_000, using: &random) : step,
                    epoch: epoch,
                    timestamp: jump < 2 ? UInt32.random(in: 0 ... .max, using: &random) : UInt32(step * 160),
                    kind: kinds.randomElement(using: &random) ?? .audio,
                    payload: [UInt8](
                        repeating: 0x55,
                        count: [0, 1, 160, 160, 1_500].randomElement(using: &random) ?? 0
                    ),
                    at: jump == 3
                        ? Instant(nanoseconds: Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
                        : nil
                )
            }
            rig.pop()
            #expect(rig.samples.count == 160)
        }
        #expect(rig.statistics.samplesGiven == 400 * 160)
        // What is left in the store may hold no audio.
        let statistics = rig.statistics
        let done = statistics.packetsPlayed + statistics.packetsLate + statistics.packetsUndecodable
        #expect(done <= rig.stored && rig.stored <= done + UInt64(rig.store.count))
    }

    @Test(arguments: AudioCodec.allCases)
    func everyCodecPlaysAtItsOwnRate(codec: AudioCodec) {
        let leg = JitterLeg(codec)
        var heard = 0
        for step in 0..<100 {
            leg.say(step)
            let frame = leg.pop(step)
            #expect(leg.samples.count == codec.audioRate / 50)
            if step > 20 {
                #expect(frame.concealed == 0)
                heard += leg.samples.contains { abs(Int($0)) > 1_000 } ? 1 : 0
            }
        }
        #expect(heard > 70)
        let statistics = leg.statistics
        #expect(statistics?.packetsPlayed ?? 0 > 90)
    }

    /// Two sessions: one says a tone, the other is read by its jitter buffer.
    final class JitterLeg {
        private var sender: MediaSession
        private var receiver: MediaSession
        private let codec: AudioCodec
        private var datagram: [UInt8] = []
        var samples: [Int16] = []

        init(_ codec: AudioCodec) {
            var random = SeededRandom(seed: 4)
            self.codec = codec
            let right = VirtualLine.parameters(codec, to: VirtualLine.leftAddress)
            self.sender = MediaSession(VirtualLine.parameters(codec, to: VirtualLine.rightAddress), random: &random)
            self.receiver = MediaSession(right, reader: .jitterBuffer, random: &random)
        }

        func say(_ step: Int) {
            let count = self.codec.audioRate / 50
            let tone = (0..<count).map { index in
                // A square-ish wave of 200 Hz.
                (step * count + index) * 400 / self.codec.audioRate % 2 == 0 ? Int16(6_000) : Int16(-6_000)
            }
            let now = Instant.zero + .milliseconds(step * 20)
            guard self.sender.send(tone.span, now: now, into: &self.datagram) else { return }
            let datagram = self.datagram
            self.receiver.receive(datagram.span, from: VirtualLine.leftAddress, now: now)
        }

        func pop(_ step: Int) -> JitterBufferFrame {
            self.receiver.popJitterBuffer(
                self.codec.audioRate / 50,
                into: &self.samples,
                now: .zero + .milliseconds(step * 20 + 5)
            )
        }

        var statistics: JitterBufferStatistics? { self.receiver.jitterBufferStatistics }
    }
}
