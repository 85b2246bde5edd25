#if LocalSpeech
import AudioCore
import Testing
import VoicePipeline

@testable import LocalSpeech

/// What trying the stages of this process shows.
@Suite(.timeLimit(.minutes(1))) struct LocalProbeTests {
    @Test func `what loads is ok and named`() async {
        #expect(await FliteSpeech().probe() == ProbeResult(ok: true, found: "flite with the voice rms"))
        let model = await PocketSphinxTranscription().probe(within: .seconds(30))
        #expect(model == ProbeResult(ok: true, found: "pocketsphinx with the US English model"))
    }

    @Test func `what is missing says what to install`() async {
        let result = await PocketSphinxTranscription(modelDirectory: "/nonexistent").probe()
        #expect(!result.ok)
        #expect(result.kind == .missingModel)
        #expect(result.found.contains("apt-get install pocketsphinx-en-us"))
        let program = await EspeakSpeech(program: "/nonexistent/espeak-ng").probe()
        #expect(!program.ok)
        #expect(program.kind != nil)
    }

    @Test func `a stage that does not become ready is a timeout`() async {
        struct Stuck: Stage {
            func prepare() async throws {
                let (never, _) = AsyncStream<Void>.makeStream()
                for await _ in never {}
                try Task.checkCancellation()
            }
        }
        let result = await Stuck().probe(as: "a stage", within: .milliseconds(1))
        #expect(result == ProbeResult(ok: false, found: "a stage takes too long to load", kind: .timeout))
    }

    @Test func `through an existential it is the stage's own probe`() async {
        let stages: [any Stage] = [FliteSpeech(), EspeakSpeech(program: "/nonexistent")]
        var found: [Bool] = []
        for stage in stages { found.append(await stage.probe(within: .seconds(10)).ok) }
        #expect(found == [true, false])
    }
}
#endif
