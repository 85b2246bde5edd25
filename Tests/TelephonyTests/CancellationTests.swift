import AudioCore
import CallCore
import CoreTypes
import Glibc
import RTPCore
import SIPCore
import Synchronization
import Testing

@testable import Telephony

/// Every wait of the API ends with its task, and takes nothing with it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CancellationTests {
    private static let nowhere = TransportAddress(host: Phones.loopback, port: 9)

    /// Runs `body` in a task that is cancelled before it begins.
    private static func cancelled<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await body()
        }
        task.cancel()
        return try await task.value
    }

    /// What comes next.
    private static func next<Events: AsyncSequence>(_ events: Events) async -> Events.Element?
    where Events.Failure == Never {
        for await event in events { return event }
        return nil
    }

    /// Places a call to somebody who answers; `body` has both sides of it.
    private static func withCall(
        _ body: @escaping @Sendable (_ caller: Call, _ callee: Call) async throws -> Void
    ) async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let (calls, continuation) = AsyncStream<Call>.makeStream()
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                continuation.yield(call)
                _ = await call.ended()
            }
        } _: {
            try await caller.call("200") { call in
                for await other in calls {
                    try await body(call, other)
                    break
                }
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    // MARK: A call

    @Test func `Waiting for the end of a call ends with the task, and the call goes on`() async throws {
        try await Self.withCall { call, other in
            let reason = try await Self.cancelled { await call.ended() }
            #expect(reason == .localHangup)
            // As one races it against a timeout.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await call.ended() }
                group.addTask {}
                await group.next()
                group.cancelAll()
            }
            #expect(call.endReason == nil)
            other.hangUp()
            #expect(await call.ended() == .remoteHangup)
        }
    }

    @Test func `DTMF digits may be raced against a timeout again and again`() async throws {
        try await Self.withCall { call, other in
            let digits = call.digits
            for key: Character in ["1", "2", "#"] {
                let loser = Task { await Self.next(digits) }
                while digits.waiting == 0, !Task.isCancelled { await Task.yield() }
                loser.cancel()
                #expect(await loser.value == nil)
                other.sendDTMF(key)
                #expect(await Self.next(call.digits) == key)
            }
        }
    }

    @Test func `So may parties, holds and frames`() async throws {
        try await Self.withCall { call, peer in
            let parties = call.parties()
            #expect(await Self.next(parties) == call.party)
            let other = try await Self.cancelled { await Self.next(parties) }
            let flow = try await Self.cancelled { await Self.next(call.audio.flow) }
            let frame = try await Self.cancelled { await Self.next(call.audio.inbound) }
            #expect(other == nil && flow == nil && frame == nil)
            while !(await peer.hold()), !Task.isCancelled { await Task.yield() }
            #expect(await Self.next(call.audio.flow) == .held)
            while !(await peer.resume()), !Task.isCancelled { await Task.yield() }
            #expect(await Self.next(call.audio.flow) == .open)
            #expect(await Self.next(call.audio.inbound) != nil)
            call.hangUp()
            // They end with the call.
            for await _ in parties {}
        }
    }

    @Test func `A cancelled play is not heard any more`() async throws {
        try await Self.withCall { call, other in
            let playing = Task {
                var tone = Tone.sine(600, level: -12, sampleRate: 8_000)
                try await call.audio.outbound.play(tone.next(.seconds(60)))
            }
            for await frame in other.audio.inbound where Level.rms(frame) > -20 { break }
            playing.cancel()
            await #expect(throws: CancellationError.self) { try await playing.value }
            #expect(call.audio.outbound.isIdle)
            let played = call.audio.outbound.played
            for await frame in other.audio.inbound where Level.rms(frame) < -60 { break }
            #expect(call.audio.outbound.played == played)
        }
    }

    // MARK: A user agent

    @Test func `A call on an agent that never starts ends with its task, or in time`() async throws {
        let agent = try Phones.caller(at: Self.nowhere)
        let calling = Task { try await agent.call("200") { _ in } }
        calling.cancel()
        await #expect(throws: TelephonyError.callFailed(.localHangup)) { try await calling.value }
        await #expect(throws: TelephonyError.notRunning) {
            try await agent.call("200", timeout: .milliseconds(1)) { _ in }
        }
        // The next one may still start it.
        let later = Task { try await agent.call("200", timeout: .seconds(60)) { _ in } }
        try await agent.start()
        // It began: nobody listens there, and the network says so.
        let fault = TransportFault(.portClosed, code: ECONNREFUSED, reporter: Phones.loopback)
        await #expect(throws: TelephonyError.callFailed(.unreachable(fault))) { try await later.value }
        await agent.stop()
    }

    @Test func `A call that is cancelled before it begins rings nowhere`() async throws {
        let sent = Sent()
        let agent = try Phones.caller(at: Self.nowhere, trace: sent.trace)
        try await agent.start()
        await #expect(throws: TelephonyError.callFailed(.localHangup)) {
            try await Self.cancelled { try await agent.call("200") { _ in } }
        }
        #expect(sent.all.isEmpty)
        #expect(agent.ports.inUse == 0)
        #expect(await agent.gauges().calls == 0)
        await agent.stop()
    }

    @Test func `Draining ends with the task, and no call is accepted afterwards`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in _ = await call.ended() }
        } _: {
            try await caller.call("200") { call in
                try await Self.cancelled { await callee.drain() }
                let waiting = Task { await callee.drain() }
                try await Phones.until { callee.state.withLock { $0.emptiness != nil } }
                waiting.cancel()
                await waiting.value
                #expect(call.endReason == nil)
                await #expect(throws: TelephonyError.self) { try await caller.call("200") { _ in } }
            }
            await callee.drain()
        }
        await caller.stop()
    }

    /// A cancelled task stops the agent like any other: the BYE is answered, and no processor is kept busy with asking.
    @Test func `Stopping works in a cancelled task, in a call's own, and twice`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let reasons = Mutex<[CallEndReason]>([])
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                let reason = await call.ended()
                reasons.withLock { $0.append(reason) }
            }
        } _: {
            await #expect(throws: CancellationError.self) {
                try await caller.call("200") { _ in
                    async let second: Void = caller.stop()
                    try await Self.cancelled { await caller.stop() }
                    await second
                    throw CancellationError()
                }
            }
            try await Phones.until { reasons.withLock { $0.count } == 1 }
        }
        #expect(reasons.withLock { $0 } == [.remoteHangup])
        #expect(caller.ports.inUse == 0)
    }

    /// The timers are those of RFC 3261: the first call is there for as long as the agent says goodbye.
    @Test func `Nobody begins a call while the agent stops`() async throws {
        let sent = Sent()
        let nobody = try #require(SIPURI("sip:100@127.0.0.1:9"))
        let agent = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Phones.loopback, port: 0),
                identities: [Identity(addressOfRecord: nobody)],
                rtpPorts: 41_200...41_399,
                trace: sent.trace
            )
        )
        try await agent.start()
        let first = Task { try await agent.call("200") { _ in } }
        try await Phones.until { await agent.gauges().calls == 1 }
        let stopping = Task { await agent.stop() }
        try await Phones.until { agent.state.withLock { $0.isStopping } }
        await #expect(throws: TelephonyError.notRunning) { try await agent.call("201") { _ in } }
        #expect(agent.ports.inUse <= 1)
        await stopping.value
        await #expect(throws: TelephonyError.callFailed(.localHangup)) { try await first.value }
        #expect(agent.ports.inUse == 0)
    }

    @Test func `A handler that is cancelled before it answers refuses`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            await #expect(throws: TelephonyError.callFailed(.localHangup)) {
                try await Self.cancelled { try await incoming.answer { _ in } }
            }
        } _: {
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 480, reason: "Temporarily Unavailable")))
            {
                try await caller.call("200") { _ in }
            }
        }
        await caller.stop()
    }

    /// The timers are those of RFC 3261: nobody waits half a minute for a peer that is gone.
    @Test(arguments: [false, true]) func `Who is cancelled waits for no ACK and no answer to a BYE`(
        isUp: Bool
    ) async throws {
        let callee = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Phones.loopback, port: 0),
                peers: [Phones.loopback],
                codecs: [.pcmu],
                rtpPorts: 41_000...41_199
            )
        )
        try await callee.start()
        let address = try #require(callee.localAddress)
        let peer = try PeerThatIsGone(calls: address, port: isUp ? 42_860 : 42_864)
        let begin = ContinuousClock.now
        let outcome = Mutex<String>("")
        let serving = Task {
            try await callee.serve { incoming in
                do {
                    try await incoming.answer { call in
                        outcome.withLock { $0 = "up" }
                        for await _ in call.digits {}
                    }
                } catch {
                    outcome.withLock { $0 = "\(error)" }
                }
            }
        }
        peer.invite()
        let tag = try await peer.accepted()
        if isUp {
            peer.acknowledge(tag)
            try await Phones.until { outcome.withLock { $0 } == "up" }
        }
        serving.cancel()
        try await serving.value
        #expect(outcome.withLock { $0 } == (isUp ? "up" : "\(TelephonyError.callFailed(.localHangup))"))
        #expect(ContinuousClock.now - begin < .seconds(20))
        #expect(callee.ports.inUse == 0)
        await callee.stop()
    }
}
