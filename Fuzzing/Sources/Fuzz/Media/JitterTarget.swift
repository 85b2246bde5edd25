import CoreTypes
import RTPCore

/// Operations on the packet store, beside a sorted list that is obviously right, and on its two readers.
enum JitterTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        switch input.choice(3) {
        case 0: self.speech(&input)
        case 1: self.store(&input)
        default: self.jitterBuffer(&input)
        }
    }

    private static func entry(_ input: inout FuzzInput, now: Instant) -> PacketStore.Entry {
        let epoch = UInt32(input.choice(3))
        let sequence = Int64(input.byte())
        return PacketStore.Entry(
            position: StreamPosition(epoch: epoch, sequence: sequence),
            timestamp: Wrapping(UInt32(truncatingIfNeeded: sequence &* 160)),
            kind: input.flag() ? .audio : .placeholder,
            arrival: now
        )
    }

    /// A payload that tells of its position, so that a mix-up shows.
    private static func payload(_ entry: PacketStore.Entry, _ length: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: entry.position.sequence) ^ 0x5A, count: length)
    }

    private static let lengths = [0, 1, 160, 191, 192, 193, 400, 1_500, 1_501]

    // MARK: The store

    private static func store(_ input: inout FuzzInput) {
        let capacity = 1 + input.choice(16)
        var store = PacketStore(capacity: capacity, payloadHint: Int(input.byte()))
        var model: [(entry: PacketStore.Entry, payload: [UInt8])] = []
        var now = Instant.zero
        while !input.isEmpty {
            now += .milliseconds(1)
            switch input.choice(8) {
            case 0...4:
                let entry = self.entry(&input, now: now)
                let payload = self.payload(entry, self.lengths[input.choice(self.lengths.count)])
                let expected: PacketStore.Insertion =
                    if payload.count > PacketStore.maximumPayload {
                        .oversized
                    } else if model.contains(where: { $0.entry.position == entry.position }) {
                        .duplicate
                    } else if model.count == capacity {
                        .full
                    } else {
                        .stored
                    }
                check(store.insert(entry, payload: payload.span) == expected, "the store did not say \(expected)")
                guard expected == .stored else { break }
                let place = model.firstIndex { entry.position < $0.entry.position } ?? model.count
                model.insert((entry, payload), at: place)
            case 5, 6:
                store.removeFirst()
                if !model.isEmpty { model.removeFirst() }
            default:
                store.removeAll()
                model.removeAll()
            }
            if isBrokenOnPurpose, model.count == 5 { model.swapAt(0, 1) }
            check(store.count == model.count, "\(store.count) packets are stored, \(model.count) should be")
            check(store.first == model.first?.entry, "another packet is the first")
            check(store.earliestArrival == model.map(\.entry.arrival).min(), "another arrival is the earliest")
            for epoch in 0..<3 as Range<UInt32> {
                check(store.holds(after: epoch) == model.contains { $0.entry.position.epoch > epoch }, "another epoch")
            }
            let first = store.withFirstPayload { payload in (0..<payload.count).map { payload[$0] } }
            check(first == model.first?.payload, "another payload is the first")
        }
    }

    // MARK: The reorder buffer

    private static func speech(_ input: inout FuzzInput) {
        let settings = ReorderBuffer.Settings()
        let capacity = 1 + input.choice(16)
        var buffer = ReorderBuffer(settings)
        var store = PacketStore(capacity: capacity)
        var now = Instant.zero
        var last: StreamPosition?
        while !input.isEmpty {
            switch input.choice(6) {
            case 0...2:
                let entry = self.entry(&input, now: now)
                let length = self.lengths[input.choice(self.lengths.count)]
                let insertion = buffer.insert(entry, payload: self.payload(entry, length).span, into: &store)
                check(length <= PacketStore.maximumPayload || insertion != .stored, "an oversized packet was stored")
                if insertion == .late { check(last.map { entry.position <= $0 } ?? false, "late, and it was not") }
            case 3: now += .milliseconds(Int(input.byte()))
            case 4:
                if let deadline = buffer.deadline(of: store) { now = max(now, deadline) }
            default:
                if input.byte() & 0x1F == 0 { buffer.removeAll(from: &store) }
            }
            var releases = 0
            while let release = buffer.next(in: store, now: now) {
                releases += 1
                check(releases <= capacity, "more packets leave than there is room for")
                check(
                    buffer.next(in: store, now: now) == release,
                    "another packet has its turn before the first one's ended"
                )
                if let last { check(last < release.entry.position, "\(release.entry.position) after \(last)") }
                check(release.missingPackets >= 0, "less than nothing is missing")
                let isWhole = store.withFirstPayload { payload in
                    let expected = self.payload(release.entry, payload.count)
                    return (0..<payload.count).allSatisfy { payload[$0] == expected[$0] }
                }
                check(isWhole == true, "the payload is another packet's")
                last = release.entry.position
                buffer.removeFirst(from: &store)
            }
            check(store.count <= capacity, "\(store.count) packets are kept")
            check(
                buffer.hold >= settings.minimumHold && buffer.hold <= settings.maximumHold,
                "a wait of \(buffer.hold)"
            )
            if let deadline = buffer.deadline(of: store) {
                check(deadline > now, "the deadline that was met is still there")
            }
            check(store.count == 0 || buffer.deadline(of: store) != nil, "packets wait, and there is no deadline")
        }
    }

    // MARK: The jitter buffer

    /// However packets come, as many samples as were asked for are given, and the figures stay true.
    private static func jitterBuffer(_ input: inout FuzzInput) {
        let codecs = AudioCodec.allCases
        let codec = codecs[input.choice(codecs.count)]
        var settings = JitterBuffer.Settings()
        if input.flag() { settings.rest = .zero }
        var buffer = JitterBuffer(codec: codec, settings)
        var store = PacketStore(capacity: 1 + input.choice(64))
        var samples: [Int16] = []
        var now = Instant.zero
        var timestamp: UInt32 = input.number32()
        var asked: UInt64 = 0
        var stored: UInt64 = 0
        var commands = 0
        while !input.isEmpty, commands < 512 {
            commands += 1
            let command = input.byte()
            switch command & 7 {
            case 0...4:
                let shift = command & 8 == 0 ? 0 : Int64(Int8(bitPattern: input.byte()))
                let position = StreamPosition(epoch: UInt32(command >> 6), sequence: Int64(commands) + shift)
                timestamp &+= UInt32(codec.clockRate / 50)
                let entry = PacketStore.Entry(
                    position: position,
                    timestamp: Wrapping(timestamp &+ UInt32(truncatingIfNeeded: shift &* Int64(codec.clockRate / 50))),
                    kind: command & 16 == 0 ? .audio : .placeholder,
                    arrival: now
                )
                let length = self.lengths[input.choice(self.lengths.count)]
                let insertion = store.insert(entry, payload: self.payload(entry, length).span)
                if insertion == .stored, entry.kind == .audio { stored += 1 }
            case 5: timestamp = input.number32()
            case 6:
                if command & 0xF8 == 0xF8 { buffer.reset() } else { now += .milliseconds(Int(input.byte()) * 4) }
            default: break
            }
            if command & 32 == 0 {
                let count = buffer.sampleRate / 100 * (1 + Int(command >> 6))
                let frame = buffer.pop(count, from: &store, into: &samples, now: now)
                check(samples.count == count, "\(samples.count) samples in place of \(count)")
                check(frame.concealed >= 0 && frame.concealed <= count, "\(frame)")
                check(frame.comfortNoise >= 0 && frame.comfortNoise + frame.concealed <= count, "\(frame)")
                now += .nanoseconds(Int64(count) * 1_000_000_000 / Int64(buffer.sampleRate))
                asked += UInt64(count)
            }
            let statistics = buffer.statistics
            check(statistics.samplesGiven == asked, "\(statistics.samplesGiven) samples counted, \(asked) given")
            // Some are made before they are asked for: less than 60 ms of them.
            let ahead = UInt64(buffer.sampleRate * 6 / 100)
            check(statistics.samplesConcealed + statistics.samplesOfComfortNoise <= asked + ahead, "\(statistics)")
            // Every packet of audio was played, late or not to be read, or waits still; who waits may hold no audio.
            let done = statistics.packetsPlayed + statistics.packetsLate + statistics.packetsUndecodable
            check(done <= stored && stored <= done + UInt64(store.count), "\(stored) were stored: \(statistics)")
            // Wild timestamps make wild delays; they are held within a minute.
            check(statistics.target >= .zero && statistics.target <= .seconds(60), "\(statistics)")
            check(abs(statistics.meanDelay / .seconds(1)) <= 60.1, "\(statistics)")
            check(statistics.drift.isFinite, "a drift of \(statistics.drift)")
        }
    }
}
