import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Synchronization
import Testing

@testable import Telephony

/// Starting, serving and giving up, in any order.
@Suite(.timeLimit(.minutes(2))) struct StartTests {
    private static func agent(
        grace: Duration,
        registrar: TransportAddress? = nil,
        trace: SIPTrace? = nil
    ) throws -> UserAgent {
        var configuration = UserAgentConfiguration(
            transport: .udp(host: Phones.loopback, port: 0),
            peers: [Phones.loopback],
            codecs: [.pcmu],
            rtpPorts: 41_000...41_199,
            timers: Phones.timers,
            trace: trace
        )
        if let registrar {
            configuration.identities = [
                Identity(
                    addressOfRecord: try #require(SIPURI("sip:200@\(registrar)")),
                    registration: .enabled(expires: .seconds(60))
                )
            ]
        }
        configuration.serverGrace = grace
        return try UserAgent(configuration)
    }

    @Test func `An account registers when somebody serves its calls, and not before`() async throws {
        let sent = Sent()
        let pbx = TransportAddress(host: Phones.loopback, port: 9)
        let agent = try Self.agent(grace: .seconds(600), registrar: pbx, trace: sent.trace)
        try await agent.start()
        // A command behind all that starting caused.
        _ = await agent.gauges()
        #expect(sent.all.isEmpty)
        try await Phones.serving(agent) { incoming in
            incoming.reject()
        } _: {
            try await Phones.until { sent.all.contains("REGISTER") }
        }
    }

    @Test func `Serving before the start is as good`() async throws {
        let sent = Sent()
        let pbx = TransportAddress(host: Phones.loopback, port: 9)
        let agent = try Self.agent(grace: .seconds(600), registrar: pbx, trace: sent.trace)
        try await Phones.serving(agent) { incoming in
            incoming.reject()
        } _: {
            #expect(sent.all.isEmpty)
            try await agent.start()
            try await Phones.until { sent.all.contains("REGISTER") }
        }
    }

    @Test func `An agent that nobody serves registers all the same, and refuses calls`() async throws {
        let sent = Sent()
        let pbx = TransportAddress(host: Phones.loopback, port: 9)
        let agent = try Self.agent(grace: .milliseconds(1), registrar: pbx, trace: sent.trace)
        try await agent.start()
        try await Phones.until { sent.all.contains("REGISTER") }
        let caller = try Phones.caller(at: try #require(agent.localAddress))
        try await caller.start()
        await #expect(throws: TelephonyError.callFailed(.rejected(status: 480, reason: "Temporarily Unavailable"))) {
            try await caller.call("200") { _ in }
        }
        await caller.stop()
        await agent.stop()
    }

    @Test func `A call that comes before its server waits for it`() async throws {
        let callee = try Self.agent(grace: .seconds(600))
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let calling = Task { try await caller.call("200") { _ in true } }
        try await Phones.until { callee.state.withLock { $0.parked.count } == 1 }
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in _ = await call.ended() }
        } _: {
            let wasAnswered = try await calling.value
            #expect(wasAnswered)
        }
        await caller.stop()
    }

    @Test func `A command before the start is carried out then`() async throws {
        let agent = try Self.agent(grace: .seconds(600))
        let isDone = Mutex(false)
        agent.post { _, _ in isDone.withLock { $0 = true } }
        let isDoneTooSoon = isDone.withLock { $0 }
        #expect(!isDoneTooSoon)
        try await agent.start()
        try await Phones.until { isDone.withLock { $0 } }
        await agent.stop()
        agent.post { _, _ in Issue.record("the agent has stopped") }
    }

    // MARK: Giving up

    @Test func `Nobody is waited for longer than was asked: no response at all is a timeout`() async throws {
        // The timers of RFC 3261 as they are: timer B would be 32 seconds.
        let nobody = try #require(SIPURI("sip:100@127.0.0.1:9"))
        let caller = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Phones.loopback, port: 0),
                identities: [Identity(addressOfRecord: nobody)],
                rtpPorts: 41_200...41_399
            )
        )
        try await caller.start()
        let begin = ContinuousClock.now
        await #expect(throws: TelephonyError.callFailed(.timeout)) {
            try await caller.call("200", timeout: .milliseconds(300)) { _ in }
        }
        #expect(ContinuousClock.now - begin < .seconds(20))
        await caller.stop()
    }

    @Test func `A timeout that no clock has does no harm`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            incoming.reject(status: 486)
        } _: {
            for timeout in [Duration.seconds(Int64.max), .seconds(Int64.max / 2)] {
                await #expect(throws: TelephonyError.callFailed(.rejected(status: 486, reason: "Busy Here"))) {
                    try await caller.call("200", timeout: timeout) { _ in }
                }
            }
        }
        await caller.stop()
    }

    @Test func `A cancelled task cancels the call that rings`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let (rings, continuation) = AsyncStream<Void>.makeStream()
        let ended = Mutex<CallEndReason?>(nil)
        try await Phones.serving(callee) { incoming in
            incoming.ring()
            let control = incoming.control
            continuation.yield()
            let reason = await control.ended()
            ended.withLock { $0 = reason }
        } _: {
            let calling = Task { try await caller.call("200") { _ in } }
            for await _ in rings { break }
            calling.cancel()
            await #expect(throws: TelephonyError.callFailed(.localHangup)) { try await calling.value }
            try await Phones.until { ended.withLock { $0 } != nil }
            #expect(ended.withLock { $0 } == .cancelled)
        }
        await caller.stop()
    }
}
