public import VoicePipeline

extension ChatCompletions {
    /// Has the model answer with a word, and waits for its beginning.
    public func probe(within limit: Duration) async -> ProbeResult {
        let start = ContinuousClock.now
        do {
            var name = self.configuration.model
            switch self.configuration.dialect {
            case .openAI: break
            case .hermes: name = try await self.http.recognizeHermes()
            }
            try await self.answerAWord(within: limit)
            return ProbeResult(
                ok: true,
                found: "\(self.http.program) at \(self.http.server) answers with \(name), "
                    + "first words after \((ContinuousClock.now - start).formatted(fractionDigits: 1))"
            )
        } catch let mistaken as HTTPStage.NotHermes {
            return mistaken.result
        } catch {
            return await self.http.trialFailure(
                error,
                model: self.configuration.model,
                installing: "install it there, or configure one of those"
            )
        }
    }

    /// Has the server load its model: after its start Hermes needs some seconds for the first turn.
    ///
    /// - Throws: `StageError`, also when the model answers nothing within two minutes.
    public func prepare() async throws {
        try await self.answerAWord(within: HTTPStage.loadingTime)
    }

    /// Sends one cheap turn and waits for the first words.
    private func answerAWord(within limit: Duration) async throws {
        var configuration = self.configuration
        configuration.deadlines = RequestDeadlines(firstPart: limit, betweenParts: limit, total: limit)
        let model = ChatCompletions(configuration, client: self.http.client)
        let turn = Turn(text: "Answer with the one word: ready.", number: 1)
        for try await part in model.reply(to: turn, in: ConversationContext(callIdentifier: "warm-up")) {
            switch part {
            case .text(let text) where text.allSatisfy(\.isWhitespace): continue
            case .text, .toolStarted, .toolFinished, .hangUp, .callBack: return
            }
        }
        try Task.checkCancellation()
        throw self.http.invalid("answered without a word")
    }
}
