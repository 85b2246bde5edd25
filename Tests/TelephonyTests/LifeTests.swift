import CallCore
import CoreTypes
import EmbeddedPBX
import Logging
import RTPCore
import SIPCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import Telephony

/// The life of a user agent: it starts once, ends once, and whoever waits for it is told.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LifeTests {
    /// Takes every call and holds it until it is over.
    private struct Server: Service {
        let agent: UserAgent

        func run() async throws {
            try await self.agent.serve { incoming in
                try await incoming.answer { call in _ = await call.ended() }
            }
        }
    }

    private static func agent(port: UInt16 = 0) throws -> UserAgent {
        try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Phones.loopback, port: port),
                peers: [Phones.loopback],
                codecs: [.pcmu],
                rtpPorts: 41_000...41_199,
                timers: Phones.timers
            )
        )
    }

    // MARK: Starting

    @Test func `Starting twice opens one socket`() async throws {
        let agent = try Self.agent()
        try await agent.start()
        let address = try #require(agent.localAddress)
        try await agent.start()
        #expect(agent.localAddress == address)
        await agent.stop()
        // The port is free again: nobody else holds it.
        let next = try Self.agent(port: address.port)
        try await next.start()
        await next.stop()
    }

    @Test func `Starting at once from many tasks opens one socket, and all have the same outcome`() async throws {
        let agent = try Self.agent()
        let addresses = try await withThrowingTaskGroup(of: TransportAddress?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await agent.start()
                    return agent.localAddress
                }
            }
            return try await group.reduce(into: Set<TransportAddress?>()) { $0.insert($1) }
        }
        #expect(addresses.count == 1)
        let taken = try Self.agent(port: try #require(agent.localAddress).port)
        let errors = await withTaskGroup(of: TelephonyError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do { try await taken.start() } catch { return error as? TelephonyError }
                    return nil
                }
            }
            return await group.reduce(into: [TelephonyError?]()) { $0.append($1) }
        }
        #expect(errors.allSatisfy { $0 == .addressInUse(port: agent.localAddress?.port ?? 0) })
        await agent.stop()
    }

    @Test func `A start that failed may be tried again, and the waiting are told`() async throws {
        let other = try Self.agent()
        try await other.start()
        let port = try #require(other.localAddress).port
        let agent = try Self.agent(port: port)
        let serving = Task { try await agent.serve { $0.reject() } }
        try await Phones.until { agent.state.withLock { $0.queue != nil } }
        await #expect(throws: TelephonyError.addressInUse(port: port)) { try await agent.start() }
        try await serving.value
        await other.stop()
        try await agent.start()
        #expect(agent.localAddress?.port == port)
        await agent.stop()
    }

    @Test func `After the end there is no start, and no socket for it`() async throws {
        for isStarted in [true, false] {
            let agent = try Self.agent()
            if isStarted { try await agent.start() }
            await agent.stop()
            await #expect(throws: TelephonyError.notRunning) { try await agent.start() }
            await #expect(throws: TelephonyError.notRunning) { try await agent.run() }
            await #expect(throws: TelephonyError.notRunning) { try await agent.call("200") { _ in } }
            #expect(agent.localAddress == nil)
            for await _ in agent.events {}
            await agent.drain()
            await agent.stop()
        }
    }

    @Test func `A start that is cancelled opens nothing, and may be tried again`() async throws {
        let agent = try Self.agent()
        let starting = Task {
            while !Task.isCancelled { await Task.yield() }
            try await agent.start()
        }
        starting.cancel()
        await #expect(throws: CancellationError.self) { try await starting.value }
        #expect(agent.localAddress == nil)
        try await agent.start()
        await agent.stop()
    }

    // MARK: Running

    @Test func `Running takes over what was started, and ends when somebody stops it`() async throws {
        let agent = try Self.agent()
        try await agent.start()
        let address = agent.localAddress
        let runs = (0..<2).map { _ in Task { try await agent.run() } }
        #expect(await agent.gauges().calls == 0)
        #expect(agent.localAddress == address)
        await agent.stop()
        for run in runs { try await run.value }
    }

    @Test func `Running in a cancelled task ends`() async throws {
        let agent = try Self.agent()
        let running = Task { try await agent.run() }
        running.cancel()
        try await running.value
        #expect(agent.localAddress == nil)
        await #expect(throws: TelephonyError.notRunning) { try await agent.start() }
    }

    // MARK: In a service group

    private func group(_ services: [any Service]) -> ServiceGroup {
        ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .ignore) },
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        )
    }

    @Test(arguments: [true, false]) func `A service group ends wherever the agent stands in it`(
        isFirst: Bool
    ) async throws {
        let agent = try Self.agent()
        let group = self.group(isFirst ? [agent, Server(agent: agent)] : [Server(agent: agent), agent])
        let running = Task { try await group.run() }
        try await Phones.until { agent.localAddress != nil && agent.state.withLock { $0.queue != nil } }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(agent.localAddress == nil)
    }

    @Test(arguments: [true, false])
    func `With the agent first calls in progress are finished, with it last they are ended`(
        isFirst: Bool
    ) async throws {
        let agent = try Self.agent()
        let group = self.group(isFirst ? [agent, Server(agent: agent)] : [Server(agent: agent), agent])
        let running = Task { try await group.run() }
        try await Phones.until { agent.localAddress != nil && agent.state.withLock { $0.queue != nil } }
        let caller = try Phones.caller(at: try #require(agent.localAddress))
        try await caller.start()
        let reason = try await caller.call("200") { call in
            await group.triggerGracefulShutdown()
            guard isFirst else { return await call.ended() }
            // New calls are refused, and this one goes on.
            try await Phones.until {
                do {
                    try await caller.call("200") { _ in }
                    return false
                } catch {
                    return error as? TelephonyError
                        == .callFailed(.rejected(status: 503, reason: "Service Unavailable"))
                }
            }
            #expect(call.endReason == nil)
            call.hangUp()
            return await call.ended()
        }
        #expect(reason == (isFirst ? .localHangup : .remoteHangup))
        try await running.value
        await caller.stop()
    }

    // MARK: Letting go

    /// Who forgets to stop an agent leaves no account registered for calls that nobody sees.
    @Test func `An agent that is let go of unregisters and gives its port back`() async throws {
        let pbx = try await PBX.start(
            PBXConfiguration(
                accounts: ["200": .init(authenticationID: "phone200", password: "secret")],
                port: 0,
                hasVoicemail: false
            )
        )
        let sent = Sent()
        let port = try await {
            let agent = try Phones.caller(
                "200",
                at: pbx.address,
                credentials: DigestCredentials(username: "phone200", password: "secret"),
                registers: true,
                trace: sent.trace
            )
            try await agent.start()
            let serving = Task { try await agent.serve { $0.reject() } }
            try await Phones.until { await agent.gauges().registrations == 1 }
            serving.cancel()
            try await serving.value
            return try #require(agent.localAddress).port
        }()
        let registered = sent.all.count
        try await Phones.until { sent.all.count > registered }
        #expect(Set(sent.all) == ["REGISTER"])
        try await Phones.until {
            do {
                let next = try Self.agent(port: port)
                try await next.start()
                await next.stop()
                return true
            } catch {
                return false
            }
        }
        await pbx.stop()
        // Its events end with it.
        for await _ in pbx.events {}
    }
}
