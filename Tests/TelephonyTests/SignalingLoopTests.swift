import CallCore
import CoreTypes
import Glibc
import RTPCore
import SIPCore
import Synchronization
import Testing

@testable import Telephony

/// The thread of an engine: what runs there, in which order, and what the network reports to it.
@Suite(.timeLimit(.minutes(1))) struct SignalingLoopTests {
    @Test func `what is given to a loop runs there in order`() async throws {
        let loop = try SignalingLoop()
        let order = Mutex<[Int]>([])
        #expect(!loop.isCurrent)
        for number in 0..<100 {
            loop.execute {
                #expect(loop.isCurrent)
                order.withLock { $0.append(number) }
            }
        }
        #expect(await loop.run { loop.isCurrent })
        #expect(order.withLock { $0 } == Array(0..<100))
    }

    @Test func `a task that prefers a loop stays there across its waits, and comes back from an actor of its own`()
        async throws
    {
        actor Elsewhere {
            func visit() -> Int { 7 }
        }
        let loop = try SignalingLoop()
        let elsewhere = Elsewhere()
        let visits = await withTaskExecutorPreference(loop) { () -> [Bool] in
            var visits = [loop.isCurrent]
            await Task.yield()
            visits.append(loop.isCurrent)
            _ = await elsewhere.visit()
            visits.append(loop.isCurrent)
            async let child = loop.isCurrent
            visits.append(await child)
            return visits
        }
        #expect(visits == [true, true, true, true])
        #expect(!loop.isCurrent)
    }

    @Test func `a task that never rests does not keep a loop's socket waiting`() async throws {
        let agent = try Phones.callee()
        try await agent.start()
        let restless = Task(executorPreference: agent.loop) {
            while !Task.isCancelled { await Task.yield() }
        }
        let gauges = await agent.gauges()
        #expect(gauges.calls == 0)
        let pbx = try #require(agent.localAddress)
        let stranger = try RTPSocket(host: Phones.loopback, port: 0)
        let options = [
            "OPTIONS sip:x@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport", "Max-Forwards: 70",
            "From: <sip:s@127.0.0.1>;tag=s", "To: <sip:x@127.0.0.1>", "Call-ID: restless", "CSeq: 1 OPTIONS",
            "Content-Length: 0", "", "",
        ]
        #expect(stranger.send(Array(options.joined(separator: "\r\n").utf8), to: pbx))
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var response: String?
        while response == nil, !Task.isCancelled {
            if let (count, _) = stranger.receive(into: &buffer) {
                response = String(decoding: buffer[..<count], as: UTF8.self)
            }
            await Task.yield()
        }
        #expect(response?.hasPrefix("SIP/2.0 200") == true)
        restless.cancel()
        await restless.value
        await agent.stop()
    }

    @Test(arguments: [HandlerPlacement.onSignalingLoop, .onCallerExecutor])
    func `handlers run where the configuration says`(placement: HandlerPlacement) async throws {
        var configuration = UserAgentConfiguration(
            transport: .udp(host: Phones.loopback, port: 0),
            peers: [Phones.loopback],
            codecs: [.pcmu],
            rtpPorts: 41_000...41_199,
            timers: Phones.timers
        )
        configuration.handlers = placement
        let agent = try UserAgent(configuration)
        try await agent.start()
        let places = Mutex<[Bool]>([])
        let serving = Task {
            try await agent.serve { incoming in
                places.withLock { $0.append(agent.loop.isCurrent) }
                try await incoming.answer { call in
                    places.withLock { $0.append(agent.loop.isCurrent) }
                    _ = await call.ended()
                    places.withLock { $0.append(agent.loop.isCurrent) }
                }
            }
        }
        let caller = try Phones.caller(at: try #require(agent.localAddress))
        try await caller.start()
        try await caller.call("200") { _ in }
        await agent.drain()
        serving.cancel()
        _ = try? await serving.value
        #expect(places.withLock { $0 } == Array(repeating: placement == .onSignalingLoop, count: 3))
        await caller.stop()
        await agent.stop()
    }

    @Test func `a call to a port where nobody listens fails by what the network says, long before its timer`()
        async throws
    {
        // A port that was free a moment ago.
        let port = try RTPSocket(host: Phones.loopback, port: 0)
        var own = RawSocketAddress()
        _ = own.withMutablePointer { getsockname(port.descriptor, $0, $1) }
        let address = try #require(own.transportAddress)
        let dead = TransportAddress(host: Phones.loopback, port: address.port)
        _ = consume port
        let caller = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Phones.loopback, port: 0),
                identities: [
                    Identity(addressOfRecord: try #require(SIPURI("sip:100@\(dead)")), registration: .disabled)
                ]
            )
        )
        try await caller.start()
        let began = ContinuousClock.now
        let error = await #expect(throws: TelephonyError.self) { try await caller.call("200") { _ in } }
        guard case .callFailed(.unreachable(let fault))? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.kind == .portClosed && fault.reporter == Phones.loopback)
        // The timer of RFC 3261 is 32 seconds.
        #expect(ContinuousClock.now - began < .seconds(16))
        await caller.stop()
    }
}
