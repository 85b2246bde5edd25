import AudioCore
import CallCore
import CoreTypes
import EmbeddedPBX
import SIPCore
import Telephony
import Testing
import VoicePipeline

@testable import svetlana

/// Calls that the control socket asks for, over the embedded PBX.
@Suite(.timeLimit(.minutes(1))) struct PlacedCallTests {
    private static func request(
        _ target: String = "100",
        say: String? = "The washing is done.",
        timeout: Int = 10
    ) -> CallRequest {
        CallRequest(target: target, say: say, oneWay: say != nil, timeout: timeout)
    }

    @Test func `something is said and the outcome told`() async throws {
        let stages = FakeStages()
        try await BotLab.run(stages) { lab in
            try await lab.withPhone("100") { incoming in
                incoming.ring()
                _ = try await incoming.answer { call in try await BotLab.converse(on: call, utterances: 0) }
            } _: { _ in
                let replies = try await lab.place(Self.request())
                let outcome = try #require(replies.outcome)
                #expect(outcome.result == .answered)
                #expect(outcome.transcript == ["svetlana: The washing is done."])
                #expect(outcome.seconds.map { $0 > 0 } == true)
                #expect(replies.first == .progress("calling 100"))
                #expect(replies.contains(.progress("it rings")))
                #expect(replies.count(where: { if case .placed = $0 { true } else { false } }) == 1)
                let line = try await lab.log.line("out to")
                let number = try #require(replies.placed)
                #expect(line.hasSuffix("said call=\(number)"))
            }
        }
        #expect(stages.textToSpeech.spoken == ["The washing is done."])
        #expect(stages.model.requests.isEmpty)
    }

    @Test func `a report is what the model makes of the prompt`() async throws {
        let stages = FakeStages(model: FakeModel([.text("All is well."), .hangUp]))
        try await BotLab.run(stages, configure: { $0.report.prompt = "Report, please." }) { lab in
            try await lab.withPhone("100") { incoming in
                _ = try await incoming.answer { call in try await BotLab.converse(on: call, utterances: 0) }
            } _: { _ in
                let outcome = try #require(try await lab.place(Self.request(say: nil)).outcome)
                #expect(outcome.result == .answered)
                #expect(outcome.transcript.contains("svetlana: All is well."))
            }
        }
        #expect(stages.model.requests.map(\.turn.text) == ["Report, please."])
        #expect(stages.model.requests.first?.context.isOutbound == true)
    }

    @Test func `a phone that is busy is an outcome`() async throws {
        let stages = FakeStages()
        try await BotLab.run(stages) { lab in
            try await lab.withPhone("100") {
                $0.reject()
            } _: { _ in
                let outcome = try #require(try await lab.place(Self.request()).outcome)
                #expect(outcome.result == .busy)
                #expect(outcome.exitStatus == .busy)
                _ = try await lab.log.line("not answered: busy (486)")
            }
        }
        #expect(stages.textToSpeech.spoken.isEmpty)
    }

    @Test func `what may not be dialed, or makes no sense, is not`() async throws {
        try await BotLab.run { lab in
            for target in ["sip:100@192.0.2.7", "112", "0900123456", ""] {
                let outcome = try #require(try await lab.place(Self.request(target)).outcome)
                #expect(outcome.result == .failed, "\(target)")
            }
            #expect(lab.log.count(of: "a call was asked for and not placed") == 4)
            for timeout in [0, 601] {
                let outcome = try #require(try await lab.place(Self.request(timeout: timeout)).outcome)
                #expect(outcome.result == .failed)
                #expect(outcome.detail.contains("timeout"))
            }
            let empty = try #require(try await lab.place(Self.request(say: " ")).outcome)
            #expect(empty.detail == "the text to say is empty")
            #expect(lab.log.count(of: "calling") == 0)
        }
    }

    @Test func `who asked for a call and goes, cancels it`() async throws {
        try await BotLab.run { lab in
            let (rings, ring) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let (ends, end) = AsyncStream<CallEndReason?>.makeStream(bufferingPolicy: .bufferingNewest(1))
            try await lab.withPhone("100") { incoming in
                incoming.ring()
                ring.yield()
                let reason = await incoming.cancelled()
                end.yield(reason ?? incoming.endReason)
            } _: { _ in
                let asking = Task { try await lab.place(Self.request()) }
                for await _ in rings { break }
                asking.cancel()
                for await reason in ends {
                    #expect(reason == .cancelled)
                    break
                }
                await #expect(throws: (any Error).self) { try await asking.value }
                _ = try await lab.log.line("not answered: cancelled")
            }
        }
    }

    @Test func `a wrong password is the PBX's word on the call`() async throws {
        let pbx = try await BotLab.startPBX()
        var configuration = BotLab.configuration(for: pbx, folder: "/nonexistent")
        configuration.sip.password = Secret("another")
        configuration.sip.register = false
        let log = LogBook()
        let agent = try UserAgent(try configuration.userAgentConfiguration(), logger: log.logger)
        try await agent.start()
        let stages = Stages(
            configuration,
            speechToText: FakeTranscription([]),
            model: FakeModel(),
            strangersModel: FakeModel(),
            textToSpeech: FakeSpeech()
        )
        let bot = Bot(configuration: configuration, stages: stages, agent: agent, logger: log.logger)
        let outcome = await bot.place(Self.request()) { _ in }
        #expect(outcome.result == .unauthorized)
        #expect(outcome.exitStatus == .wrongCredentials)
        await agent.stop()
        await pbx.stop()
    }
}

extension [ControlReply] {
    /// The number of the call.
    fileprivate var placed: UInt64? {
        for case .placed(let number) in self { return number }
        return nil
    }
}
