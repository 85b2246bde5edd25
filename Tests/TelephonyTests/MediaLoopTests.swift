import AudioCore
import CoreTypes
import RTPCore
import Testing

@testable import Telephony

/// Media threads without signaling, over sockets of this machine.
@Suite(.timeLimit(.minutes(1))) struct MediaLoopTests {
    /// Says a tone and tells how loud what comes back is.
    private final class Talker: LoopAudioProcessor {
        let sampleRate: Int? = nil
        private let frequency: Double
        private let levels: AsyncStream<Double>.Continuation
        private var tone: Tone?

        init(frequency: Double, levels: AsyncStream<Double>.Continuation) {
            self.frequency = frequency
            self.levels = levels
        }

        func process(_ heard: Span<Int16>, into spoken: inout MutableSpan<Int16>, sampleRate: Int) {
            var samples: [Int16] = []
            for index in heard.indices { samples.append(heard[index]) }
            self.levels.yield(Level.rms(AudioFrame(samples: samples, sampleRate: sampleRate)))
            var tone = self.tone ?? Tone.sine(self.frequency, level: -12, sampleRate: sampleRate)
            let frame = tone.next(.milliseconds(20))
            self.tone = tone
            for index in 0..<min(spoken.count, frame.samples.count) { spoken[index] = frame.samples[index] }
        }
    }

    private func parameters(_ codec: AudioCodec, to port: UInt16, type: UInt8 = 96) -> MediaParameters {
        let payloadType = codec.staticPayloadType ?? type
        return MediaParameters(
            codec: codec,
            sendPayloadType: payloadType,
            receivePayloadTypes: [payloadType],
            remote: TransportAddress(host: Phones.loopback, port: port)
        )
    }

    /// Returns when `count` frames were as loud as the tone that was said; a machine that is short of time spoils some.
    private func hears(_ levels: AsyncStream<Double>, count: Int = 30) async -> Bool {
        var heard = 0
        for await level in levels where abs(level + 12) < 3 {
            heard += 1
            if heard == count { return true }
        }
        return false
    }

    @Test(arguments: [AudioCodec.pcmu, .g722, .opus])
    func `An echo on the loop gives back what it hears at another rate`(
        codec: AudioCodec
    ) async throws {
        let pool = PortPool(range: 42_000...42_099)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let talking = try pool.open(host: Phones.loopback)
        let echoing = try pool.open(host: Phones.loopback)
        let (levels, continuation) = AsyncStream<Double>.makeStream()
        let echo = loop.add(
            echoing,
            self.parameters(codec, to: talking.port),
            processor: LoopEcho(sampleRate: 24_000)
        )
        let talker = loop.add(
            talking,
            self.parameters(codec, to: echoing.port),
            processor: Talker(frequency: 500, levels: continuation)
        )
        #expect(await self.hears(levels))
        // A machine that is short of time has some frames heard that were concealed.
        while let statistics = await loop.statistics(echo), statistics.packetsReceived < 30 { await Task.yield() }
        let statistics = try #require(await loop.remove(echo))
        #expect(statistics.packetsReceived >= 30)
        #expect(statistics.packetsSent >= 30)
        #expect(await loop.remove(talker) != nil)
        #expect(loop.legs == 0)
        #expect(await loop.statistics(echo) == nil)
        #expect(await loop.lateness().ticks >= 60)
    }

    @Test func `Two legs that are joined pass packets on as they are`() async throws {
        let pool = PortPool(range: 42_100...42_199)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let sockets = try (0..<4).map { _ in try pool.open(host: Phones.loopback) }
        let (levels, continuation) = AsyncStream<Double>.makeStream()
        let (otherLevels, otherContinuation) = AsyncStream<Double>.makeStream()
        // One phone, its leg, the other phone's leg, the other phone.
        let near = loop.add(
            sockets[1],
            self.parameters(.opus, to: sockets[0].port, type: 96),
            processor: LoopEcho()
        )
        let far = loop.add(sockets[2], self.parameters(.opus, to: sockets[3].port, type: 107), processor: LoopEcho())
        loop.relay(near, far)
        let one = loop.add(
            sockets[0],
            self.parameters(.opus, to: sockets[1].port, type: 96),
            processor: Talker(frequency: 500, levels: continuation)
        )
        let other = loop.add(
            sockets[3],
            self.parameters(.opus, to: sockets[2].port, type: 107),
            processor: Talker(frequency: 700, levels: otherContinuation)
        )
        #expect(await self.hears(levels))
        #expect(await self.hears(otherLevels))
        while let statistics = await loop.statistics(near), statistics.packetsReceived < 30 { await Task.yield() }
        let heard = try #require(await loop.remove(near))
        #expect(heard.packetsReceived >= 30)
        #expect(heard.audioReceived == .zero)
        // What is left alone is an echo again, and ends like one.
        #expect(await loop.statistics(far) != nil)
        for leg in [far, one, other] { #expect(await loop.remove(leg) != nil) }
        #expect(loop.legs == 0)
    }

    @Test func `Who hears nothing is told once, but not while a call is held`() async throws {
        let pool = PortPool(range: 42_400...42_449)
        let loop = try MediaLoop(inactivityLimit: .milliseconds(100))
        defer { loop.stop() }
        let (told, continuation) = AsyncStream<String>.makeStream()
        func add(_ name: String, sends: Bool = true, receives: Bool) throws {
            var parameters = self.parameters(.pcmu, to: 9)
            parameters.sends = sends
            parameters.receives = receives
            let endpoints = MediaLeg.Endpoints(
                frames: FrameRing(capacity: 10),
                speech: SpeechRing(sampleRate: 8_000),
                digits: EventQueue<Character>(capacity: 1, losing: .newest),
                onInactive: { continuation.yield(name) }
            )
            _ = loop.add(try pool.open(host: Phones.loopback), parameters, .application(endpoints))
        }
        try add("held by us", receives: false)
        // As most phones hold: "sendonly", and then no music (RFC 3264 section 8.4).
        try add("held by the peer", sends: false, receives: true)
        try add("held by both", sends: false, receives: false)
        try add("first", receives: true)
        var names = told.makeAsyncIterator()
        #expect(await names.next() == "first")
        // Another limit later the one before has nothing more to say, nor have those on hold.
        try add("second", receives: true)
        #expect(await names.next() == "second")
    }

    /// What is written while the peer does not listen waits, and is said when it does again.
    @Test func `What is to be said waits while the call is held`() async throws {
        let pool = PortPool(range: 42_450...42_499)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let speech = SpeechRing(sampleRate: 8_000)
        speech.waitsWhileHeld = true
        var parameters = self.parameters(.pcmu, to: 9)
        parameters.sends = false
        let endpoints = MediaLeg.Endpoints(
            frames: FrameRing(capacity: 10),
            speech: speech,
            digits: EventQueue<Character>(capacity: 1, losing: .newest),
            onInactive: {}
        )
        let leg = loop.add(try pool.open(host: Phones.loopback), parameters, .application(endpoints))
        let words = [Int16](repeating: 1_000, count: 1_600)
        #expect(try !speech.append(words))
        let ticks = await loop.lateness().ticks
        while await loop.lateness().ticks < ticks + 20 { await Task.yield() }
        #expect(speech.played == .zero)
        parameters.sends = true
        loop.update(leg, parameters)
        await speech.drained()
        #expect(speech.played == .milliseconds(200))
        // What is live, an echo, is not kept: it would be late for the rest of the call.
        speech.waitsWhileHeld = false
        parameters.sends = false
        loop.update(leg, parameters)
        _ = try speech.append(words)
        await speech.drained()
        #expect(speech.played == .milliseconds(400))
        // Speech waits as well before anybody knows where to send.
        parameters.sends = true
        parameters.remote = nil
        parameters.learnsRemote = true
        loop.update(leg, parameters)
        _ = await loop.statistics(leg)
        _ = try speech.append(words)
        let later = await loop.lateness().ticks
        while await loop.lateness().ticks < later + 20 { await Task.yield() }
        #expect(speech.played == .milliseconds(400))
    }

    @Test(arguments: [false, true])
    func `A thousand questions at once are all answered`(stops: Bool) async throws {
        let pool = PortPool(range: 42_500...42_549)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let socket = try pool.open(host: Phones.loopback)
        let leg = loop.add(socket, self.parameters(.pcmu, to: 9), processor: LoopEcho())
        let answers = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    if stops, number == 500 { loop.stop() }
                    return await loop.statistics(leg) != nil
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(answers.values.reduce(0, +) == 1_000)
        if !stops { #expect(answers == [true: 1_000]) }
    }

    @Test func `A loop that has stopped refuses politely`() async throws {
        let pool = PortPool(range: 42_200...42_209)
        let loop = try MediaLoop(core: 0)
        let socket = try pool.open(host: Phones.loopback)
        let leg = loop.add(socket, self.parameters(.pcmu, to: 9), processor: LoopEcho())
        #expect(await loop.statistics(leg) != nil)
        loop.stop()
        while await loop.statistics(leg) != nil { await Task.yield() }
        #expect(await loop.remove(leg) == nil)
        #expect(await loop.lateness() == TickLateness())
        #expect(await loop.statistics(loop.add(socket, self.parameters(.pcmu, to: 9), processor: LoopEcho())) == nil)
        #expect(loop.legs == 0)
    }

    @Test func `Calls are shared out among the threads`() throws {
        let pool = PortPool(range: 42_300...42_399)
        let loops = try MediaLoops(count: 2, inactivityLimit: nil)
        defer { loops.stop() }
        var chosen: [MediaLoop] = []
        for _ in 0..<6 {
            let loop = loops.loop()
            let socket = try pool.open(host: Phones.loopback)
            _ = loop.add(socket, self.parameters(.pcmu, to: 9), processor: LoopEcho())
            chosen.append(loop)
        }
        #expect(loops.legs == 6)
        #expect(Set(chosen.map { ObjectIdentifier($0) }).count == 2)
        #expect(chosen.allSatisfy { $0.legs == 3 })
    }
}
