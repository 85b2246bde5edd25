import NIOHTTP1
import VoicePipeline

extension ChatCompletions: Probing {
    /// Looks for the server, whether it takes the key, and for the model; asks the model nothing.
    public func probe() async -> ProbeResult {
        switch self.configuration.dialect {
        case .openAI:
            await self.http.probeModel(
                self.configuration.model,
                installing: "install it there, or configure one of those"
            )
        case .hermes:
            await self.http.probeHermes()
        }
    }

    /// Sends one cheap turn and waits for the first words: after its start Hermes needs some seconds for the first turn.
    ///
    /// - Throws: `StageError`.
    public func warmUp() async throws {
        let turn = Turn(text: "Answer with the one word: ready.", number: 1)
        for try await _ in self.reply(to: turn, in: ConversationContext(callIdentifier: "warm-up")) { return }
    }
}
