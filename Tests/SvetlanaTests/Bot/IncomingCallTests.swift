import AudioCore
import CallCore
import CoreTypes
import EmbeddedPBX
import SIPCore
import Telephony
import Testing
import VoicePipeline

@testable import svetlana

/// Calls that come in, over the embedded PBX: who replies to whom, and what the log says of it.
@Suite(.timeLimit(.minutes(1))) struct IncomingCallTests {
    @Test func `the owner talks to the model until it hangs up`() async throws {
        let stages = FakeStages(
            heard: [.success("what time is it"), .success("tell me more")],
            model: FakeModel([.text("It is noon.")], [.text("So long."), .hangUp])
        )
        let after = try await BotLab.run(stages) { lab in
            let phone = try await lab.phone("100")
            let stretches = try await phone.call("200", timeout: .seconds(10)) { call in
                try await BotLab.converse(on: call, utterances: 2)
            }
            await phone.stop()
            #expect(stretches == 3)
            let line = try await lab.log.line("2 turns, goodbye")
            #expect(line.contains("in from"))
            #expect(line.contains("PCMU"))
            let status = await lab.bot.status()
            #expect(status.callsServed == 1)
            #expect(status.isRegistered)
        }
        #expect(stages.textToSpeech.text == "Hey love. Talk to me. It is noon. So long.")
        #expect(stages.model.requests.map(\.turn.text) == ["what time is it", "tell me more"])
        let context = try #require(stages.model.requests.last?.context)
        #expect(context.callerIsTrusted)
        #expect(context.callerName == "Maria")
        #expect(context.callerNumber == "100")
        #expect(!context.isOutbound)
        #expect(context.history.map(\.text).contains("It is noon."))
        #expect(stages.strangersModel.requests.isEmpty)
        // What was said is in no line, and neither is a whole number.
        #expect(after.log.count(of: "noon") == 0)
        #expect(after.log.count(of: "what time") == 0)
        #expect(after.events.contains(.unregistered(extension: "200")))
    }

    @Test func `who is not listed gets the model without a house, and no call back`() async throws {
        let stages = FakeStages(
            heard: [.success("call me back")],
            strangersModel: FakeModel([.text("No."), .callBack(after: .zero), .hangUp])
        )
        let after = try await BotLab.run(stages) { lab in
            let phone = try await lab.phone("101")
            _ = try await phone.call("200", timeout: .seconds(10)) { call in
                try await BotLab.converse(on: call, utterances: 1)
            }
            await phone.stop()
            _ = try await lab.log.line("1 turn, goodbye")
        }
        #expect(stages.model.requests.isEmpty)
        #expect(stages.strangersModel.requests.count == 1)
        #expect(stages.strangersModel.requests.first?.context.callerIsTrusted == false)
        #expect(after.log.count(of: "will call back") == 0)
        #expect(after.log.count(of: "listed=false") == 1)
    }

    @Test func `who is neither the PBX nor a peer is refused, and nobody is asked`() async throws {
        let stages = FakeStages()
        let after = try await BotLab.run(stages) { lab in
            let port = try #require(lab.bot.agent.localAddress?.port)
            // Another host, as far as addresses tell.
            let stranger = try UserAgent(
                UserAgentConfiguration(
                    transport: .udp(host: .v4(0x7F00_0002), port: 0),
                    identities: [Identity(addressOfRecord: SIPURI(user: "100", host: "127.0.0.1", port: port))],
                    rtpPorts: 43_600...43_999
                )
            )
            try await stranger.start()
            await #expect(throws: TelephonyError.self) {
                try await stranger.call("200", timeout: .seconds(5)) { _ in }
            }
            await stranger.stop()
            let line = try await lab.log.line("not the PBX and not a listed peer")
            #expect(line.contains("127.0.0.2"))
            #expect(line.contains("INVITE"))
            #expect(await lab.bot.status().callsServed == 0)
        }
        #expect(after.log.count(of: "a call comes in") == 0)
        #expect(stages.textToSpeech.spoken.isEmpty)
    }

    @Test func `a listed caller is called back`() async throws {
        let stages = FakeStages(
            heard: [.success("call me back")],
            model: FakeModel([.text("I will."), .callBack(after: .zero), .hangUp])
        )
        try await BotLab.run(stages) { lab in
            try await lab.withPhone("100") { incoming in
                _ = try await incoming.answer { call in
                    // The first words are enough: it is the phone that hangs up.
                    for await frame in call.audio.inbound where frame.samples.contains(where: { abs(Int($0)) > 500 }) {
                        break
                    }
                }
            } _: { phone in
                _ = try await phone.call("200", timeout: .seconds(10)) { call in
                    try await BotLab.converse(on: call, utterances: 1)
                }
                _ = try await lab.log.line("will call back")
                let line = try await lab.log.line("called back")
                #expect(line.contains("result=answered"))
            }
        }
        #expect(stages.textToSpeech.text.contains("Hello Maria, you asked me to call you back."))
    }

    @Test func `a call is hung up by who asks the control socket for it`() async throws {
        let after = try await BotLab.run { lab in
            let phone = try await lab.phone("101")
            let reason = try await phone.call("200", timeout: .seconds(10)) { call in
                let (ended, activity) = try await Self.hangUpAll(lab)
                #expect(activity.calls.map(\.isAnswered) == [true])
                #expect(activity.calls.map(\.direction) == [.incoming])
                #expect(ended == activity.calls.map(\.call))
                return await call.ended()
            }
            #expect(reason == .remoteHangup)
            await phone.stop()
            _ = try await lab.log.line("ended by svetlana hangup")
            #expect(try await ControlClient.activity(at: lab.socket).calls.isEmpty)
        }
        #expect(after.log.count(of: "ended by svetlana hangup") == 1)
    }

    /// Hangs up once the bot knows that the call is up: the caller hears of the answer first.
    private static func hangUpAll(_ lab: BotLab) async throws -> ([UInt64], BotActivity) {
        while true {
            let activity = try await ControlClient.activity(at: lab.socket)
            guard activity.calls.contains(where: \.isAnswered) else { continue }
            return (try await ControlClient.hangUp(activity.calls.map(\.call), at: lab.socket), activity)
        }
    }
}
