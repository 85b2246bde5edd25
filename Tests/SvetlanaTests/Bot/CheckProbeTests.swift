import CoreTypes
import EmbeddedPBX
import Foundation
import Testing
import VoicePipeline

@testable import svetlana

/// What `svetlana check` finds at the embedded PBX, beside a running bot and without one.
@Suite(.timeLimit(.minutes(1))) struct CheckProbeTests {
    private static func lines(
        _ configuration: BotConfiguration,
        _ stages: FakeStages = FakeStages()
    ) async throws -> [CheckLine] {
        let used = Stages(
            configuration,
            speechToText: stages.speechToText,
            model: stages.model,
            strangersModel: stages.strangersModel,
            textToSpeech: stages.textToSpeech
        )
        var lines: [CheckLine] = []
        try await CheckCommand.probe(CheckJudgement(configuration: configuration), used) { lines += $0 }
        return lines
    }

    @Test func `without a bot the PBX proves the password and binds nothing`() async throws {
        let pbx = try await BotLab.startPBX()
        let folder = NSTemporaryDirectory() + "svetlana-check-\(UUID().uuidString.prefix(8))"
        let lines = try await Self.lines(BotLab.configuration(for: pbx, folder: folder))
        #expect(lines.map(\.piece) == ["port", "registration", "speech to text", "model", "text to speech"])
        #expect(lines.map(\.state) == [.ok, .ok, .ok, .ok, .ok])
        #expect(lines[1].found.contains("accepts the credentials of 200"))
        #expect(lines[1].found.contains("nothing was bound"))
        #expect(lines[4].found == "hums")
        await pbx.stop()
        for await event in pbx.events {
            if case .registered = event { Issue.record("the check took a place on the extension") }
        }
    }

    @Test func `a wrong password and a stage that fails decide the exit code in their order`() async throws {
        let pbx = try await BotLab.startPBX()
        let folder = NSTemporaryDirectory() + "svetlana-check-\(UUID().uuidString.prefix(8))"
        var configuration = BotLab.configuration(for: pbx, folder: folder)
        configuration.sip.password = Secret("another")
        let failure = StageError(.missingModel, stage: "text to speech", message: "no such voice")
        let lines = try await Self.lines(configuration, FakeStages(textToSpeech: FakeSpeech(failing: failure)))
        let failed = lines.filter { $0.state == .failed }
        #expect(failed.map(\.piece) == ["registration", "text to speech"])
        #expect(failed.map(\.status) == [.wrongCredentials, .missingModel])
        #expect(CheckReport(lines: lines).status == .wrongCredentials)
        await pbx.stop()
    }

    @Test func `a running bot is asked itself`() async throws {
        try await BotLab.run { lab in
            let lines = try await Self.lines(lab.configuration)
            #expect(lines.prefix(3).map(\.piece) == ["running bot", "port", "registration"])
            #expect(lines.prefix(3).map(\.state) == [.ok, .ok, .ok])
            #expect(lines[1].found.contains("held by the running bot"))
            #expect(lines[2].found.contains("registered as 200"))
            // With another password than it was started with.
            var other = lab.configuration
            other.sip.password = Secret("another")
            let found = try await Self.lines(other)
            #expect(found.first { $0.piece == "running bot" }?.state == .failed)
            let probed = found.first { $0.piece == "registration with this file" }
            #expect(probed?.status == .wrongCredentials)
        }
    }
}
