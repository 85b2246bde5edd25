import AudioCore
import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Synchronization
import Testing

@testable import Telephony

/// Telephones on the loopback of this machine, on ports that are free.
enum Phones {
    static let loopback = IPAddress.v4(0x7F00_0001)

    /// Timers that are done with a transaction in little more than a second.
    static var timers: TimerSettings {
        var timers = TimerSettings(t1: .milliseconds(20), t2: .milliseconds(80), t4: .milliseconds(100))
        timers.d = .milliseconds(1_280)
        return timers
    }

    /// A telephone that serves callers of this machine.
    static func callee(
        codecs: [AudioCodec] = [.pcmu],
        maximumCalls: Int = 100,
        rtpPorts: ClosedRange<UInt16> = 41_000...41_199
    ) throws -> UserAgent {
        try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: self.loopback, port: 0),
                peers: [self.loopback],
                codecs: codecs,
                rtpPorts: rtpPorts,
                maximumCalls: maximumCalls,
                timers: self.timers
            )
        )
    }

    /// A telephone with an account at `PBX`.
    static func caller(
        _ user: String = "100",
        at pbx: TransportAddress,
        codecs: [AudioCodec] = [.pcmu],
        credentials: DigestCredentials? = nil,
        registers: Bool = false,
        rtpPorts: ClosedRange<UInt16> = 41_200...41_399,
        trace: SIPTrace? = nil
    ) throws -> UserAgent {
        let identity = Identity(
            addressOfRecord: try #require(SIPURI("sip:\(user)@\(pbx)")),
            credentials: credentials,
            registration: registers ? .enabled(expires: .seconds(60)) : .disabled
        )
        return try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: self.loopback, port: 0),
                identities: [identity],
                codecs: codecs,
                rtpPorts: rtpPorts,
                timers: self.timers,
                trace: trace
            )
        )
    }

    /// Runs `body` while `agent` serves calls with `handler`; stops the agent afterwards.
    static func serving(
        _ agent: UserAgent,
        _ handler: @escaping @Sendable (consuming IncomingCall) async throws -> Void,
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await agent.serve(handler) }
            while agent.state.withLock({ $0.queue == nil }), !Task.isCancelled { await Task.yield() }
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            await agent.stop()
            try await group.waitForAll()
            try result.get()
        }
    }

    /// Answers and gives back all that is heard, until the digit # or the end.
    static func echo(_ incoming: consuming IncomingCall) async throws {
        incoming.ring()
        try await incoming.answer { call in
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await frame in call.audio.inbound { try? await call.audio.outbound.write(frame) }
                }
                for await digit in call.digits where digit == "#" { break }
                call.hangUp()
            }
        }
    }

    /// Returns when nothing is left of any call.
    static func untilIdle(_ agent: UserAgent, registrations: Int = 0) async {
        var idle = AgentGauges()
        idle.registrations = registrations
        while !Task.isCancelled, await agent.gauges() != idle { await Task.yield() }
    }

    /// Returns when a condition holds.
    static func until(_ condition: () async -> Bool) async throws {
        while await !condition() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Speaks a tone until at least `wanted` of it has come back, and returns how loud that was in decibels.
    static func loudness(of call: Call, until wanted: Duration = .milliseconds(400)) async throws -> Double {
        let rate = call.audio.outbound.sampleRate
        let speaker = Task {
            var tone = Tone.sine(600, level: -12, sampleRate: rate)
            while !Task.isCancelled { try await call.audio.outbound.write(tone.next(.milliseconds(100))) }
        }
        defer { speaker.cancel() }
        var heard: [Int16] = []
        for await frame in call.audio.inbound {
            if Level.rms(frame) > -40 { heard += frame.samples }
            if AudioFrame(samples: heard, sampleRate: frame.sampleRate).duration >= wanted { break }
        }
        return Level.rms(AudioFrame(samples: heard, sampleRate: rate))
    }
}
