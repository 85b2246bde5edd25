import AudioCore
import CallCore
import CoreTypes
import EmbeddedPBX
import ServiceLifecycle
import Telephony
import Testing
import VoicePipeline

@testable import svetlana

/// The bot is told to stop while somebody talks to it.
@Suite(.timeLimit(.minutes(1))) struct BotDrainTests {
    @Test func `a call in progress goes on, another is refused`() async throws {
        let stages = FakeStages(
            heard: [.success("one"), .success("two")],
            model: FakeModel([.text("First.")], [.text("Second."), .hangUp])
        )
        let after = try await BotLab.run(stages) { lab in
            let phone = try await lab.phone("100")
            let other = try await lab.phone("101")
            let stretches = try await phone.call("200", timeout: .seconds(10)) { call in
                call.audio.hearEverything()
                await lab.services.triggerGracefulShutdown()
                _ = try await lab.log.line("draining")
                await #expect(throws: TelephonyError.self) {
                    try await other.call("200", timeout: .seconds(10)) { _ in }
                }
                return try await BotLab.converse(on: call, utterances: 2)
            }
            #expect(stretches == 3)
            await phone.stop()
            await other.stop()
            _ = try await lab.log.line("drained")
            _ = try await lab.log.line("stopped")
        }
        #expect(stages.textToSpeech.text.hasSuffix("First. Second."))
        #expect(after.log.count(of: "a call comes in") == 1)
        #expect(after.log.count(of: "calls are ended") == 0)
        #expect(after.events.contains(.unregistered(extension: "200")))
    }

    @Test(arguments: [false, true]) func `calls are ended when the time is over, or at a second signal`(
        isHasty: Bool
    ) async throws {
        let after = try await BotLab.run(drain: isHasty ? .seconds(3_600) : .zero) { lab in
            let phone = try await lab.phone("100")
            let reason = try await phone.call("200", timeout: .seconds(10)) { call in
                // The bot has the call as well, for it speaks.
                for await frame in call.audio.inbound where frame.samples.contains(where: { abs(Int($0)) > 500 }) {
                    break
                }
                await lab.services.triggerGracefulShutdown()
                if isHasty {
                    _ = try await lab.log.line("draining")
                    lab.service.hasten()
                }
                return await call.ended()
            }
            #expect(reason == .remoteHangup)
            await phone.stop()
            _ = try await lab.log.line("stopped")
        }
        let why = isHasty ? "stopped at once" : "the time to drain is over"
        #expect(after.log.count(of: "\(why): calls are ended calls=1") == 1)
        #expect(after.log.count(of: "ended because the bot stops") == 1)
    }

    @Test func `a call that was asked for goes on as well`() async throws {
        let stages = FakeStages()
        let after = try await BotLab.run(stages) { lab in
            try await lab.withPhone("100") { incoming in
                _ = try await incoming.answer { call in
                    await lab.services.triggerGracefulShutdown()
                    try await BotLab.converse(on: call, utterances: 0)
                }
            } _: { _ in
                // Who asked may lose the connection when the bot is gone; the call itself is the matter.
                _ = try? await lab.place(CallRequest(target: "100", say: "It rains.", oneWay: true, timeout: 10))
                _ = try await lab.log.line("0 turns, said")
            }
        }
        #expect(stages.textToSpeech.spoken == ["It rains."])
        #expect(after.log.count(of: "calls are ended") == 0)
    }
}
