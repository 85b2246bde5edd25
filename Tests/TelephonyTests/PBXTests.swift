import AudioCore
import CallCore
import CoreTypes
import EmbeddedPBX
import RTPCore
import SIPCore
import Testing

@testable import Telephony

/// Calls through the embedded PBX.
@Suite(.timeLimit(.minutes(2))) struct PBXTests {
    private static let accounts: [String: PBXConfiguration.Account] = [
        "100": .init(authenticationID: "auth-100", password: "secret-100"),
        "101": .init(authenticationID: "auth-101", password: "secret-101"),
    ]

    private func exchange(hasVoicemail: Bool = true, ringTime: Duration = .seconds(20)) async throws -> PBX {
        try await PBX.start(
            PBXConfiguration(
                accounts: Self.accounts,
                host: Phones.loopback,
                port: 0,
                ringTime: ringTime,
                hasVoicemail: hasVoicemail,
                rtpPorts: 41_600...41_699
            )
        )
    }

    private func phone(
        _ user: String,
        _ pbx: PBX,
        password: String? = nil,
        codecs: [AudioCodec] = [.pcmu],
        registers: Bool = false
    ) throws -> UserAgent {
        try Phones.caller(
            user,
            at: pbx.address,
            codecs: codecs,
            credentials: DigestCredentials(username: "auth-\(user)", password: password ?? "secret-\(user)"),
            registers: registers,
            rtpPorts: user == "100" ? 41_200...41_399 : 41_000...41_199
        )
    }

    private func untilRegistered(_ agent: UserAgent) async {
        for await event in agent.events {
            if case .registered = event { return }
        }
    }

    @Test(arguments: [AudioCodec.pcmu, .opus]) func `Register, call, talk, send DTMF digits, hang up`(
        codec: AudioCodec
    ) async throws {
        let pbx = try await self.exchange()
        let bot = try self.phone("100", pbx, codecs: [codec], registers: true)
        let caller = try self.phone("101", pbx, codecs: [codec])
        try await bot.start()
        try await caller.start()
        await self.untilRegistered(bot)
        try await Phones.serving(bot) { incoming in
            #expect(incoming.info.callerNumber == "101")
            try await Phones.echo(incoming)
        } _: {
            let (loudness, reason) = try await caller.call("100") { call in
                #expect(call.media?.codec == codec)
                let loudness = try await Phones.loudness(of: call)
                call.sendDTMF("#")
                return (loudness, await call.ended())
            }
            #expect(abs(loudness + 12) < 5)
            #expect(reason == .remoteHangup)
            await Phones.untilIdle(caller)
            await Phones.untilIdle(bot, registrations: 1)
        }
        await caller.stop()
        var story: [PBXEvent] = []
        for await event in pbx.events {
            story.append(event)
            if case .unregistered = event { break }
        }
        #expect(story.contains(.answered(caller: "101", called: "100")))
        #expect(story.contains(.ended(caller: "101", called: "100")))
        #expect(!story.contains { if case .voicemail = $0 { true } else { false } })
        await pbx.stop()
    }

    @Test func `The offline trap: an extension that is not registered gets voicemail`() async throws {
        let pbx = try await self.exchange()
        let caller = try self.phone("101", pbx)
        try await caller.start()
        let loudness = try await caller.call("100") { call in
            var heard: [Int16] = []
            for await frame in call.audio.inbound {
                if Level.rms(frame) > -40 { heard += frame.samples }
                if heard.count > 1_600 { break }
            }
            return Level.rms(AudioFrame(samples: heard, sampleRate: 8_000))
        }
        #expect(loudness > -30)
        await Phones.untilIdle(caller)
        await caller.stop()
        var first: [PBXEvent] = []
        for await event in pbx.events {
            first.append(event)
            if first.count == 3 { break }
        }
        #expect(first.prefix(2) == [.calling(caller: "101", called: "100"), .voicemail(called: "100", status: 480)])
        await pbx.stop()
    }

    @Test func `Who does not answer in time gets voicemail, and stops ringing`() async throws {
        let pbx = try await self.exchange(ringTime: .milliseconds(300))
        let bot = try self.phone("100", pbx, registers: true)
        let caller = try self.phone("101", pbx)
        try await bot.start()
        try await caller.start()
        await self.untilRegistered(bot)
        try await Phones.serving(bot) { incoming in
            incoming.ring()
            let control = incoming.control
            let reason = await control.ended()
            #expect(reason == .cancelled)
        } _: {
            let heard = try await caller.call("100") { call in
                for await frame in call.audio.inbound where Level.rms(frame) > -40 { return true }
                return false
            }
            #expect(heard)
            await Phones.untilIdle(caller)
            await Phones.untilIdle(bot, registrations: 1)
        }
        await caller.stop()
        await pbx.stop()
    }

    @Test func `Without voicemail the caller hears why`() async throws {
        let pbx = try await self.exchange(hasVoicemail: false)
        let bot = try self.phone("100", pbx, registers: true)
        let caller = try self.phone("101", pbx)
        try await bot.start()
        try await caller.start()
        await #expect(throws: TelephonyError.callFailed(.rejected(status: 404, reason: "Not Found"))) {
            try await caller.call("999") { _ in }
        }
        await #expect(throws: TelephonyError.callFailed(.rejected(status: 480, reason: "Temporarily Unavailable"))) {
            try await caller.call("101") { _ in }
        }
        await self.untilRegistered(bot)
        try await Phones.serving(bot) { incoming in
            incoming.reject()
        } _: {
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 486, reason: "Busy Here"))) {
                try await caller.call("100") { _ in }
            }
            await Phones.untilIdle(caller)
        }
        await caller.stop()
        await pbx.stop()
    }

    @Test func `A wrong password neither registers nor calls`() async throws {
        let pbx = try await self.exchange()
        let caller = try self.phone("101", pbx, password: "wrong", registers: true)
        try await caller.start()
        var failure: RegistrationFailure?
        for await event in caller.events {
            if case .registrationFailed(_, let reason, retryAfter: _) = event {
                failure = reason
                break
            }
        }
        #expect(failure == .wrongCredentials)
        let error = await #expect(throws: TelephonyError.self) { try await caller.call("100") { _ in } }
        guard case .callFailed(.unauthorized)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await Phones.untilIdle(caller)
        await caller.stop()
        await pbx.stop()
    }
}
