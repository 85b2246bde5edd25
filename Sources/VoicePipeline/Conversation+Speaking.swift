internal import AudioCore
internal import CoreTypes

/// Speaking: what ``SpeechOutput`` says is carried out, with the next sentence being made while one is heard.
extension Conversation {
    /// A line that text to speech is to make.
    struct SynthesisRequest {
        var number: Int
        var line: SpokenLine
        var textToSpeech: Int
    }

    /// A frame that the port is to take.
    struct WriteRequest {
        var number: Int
        var frame: AudioFrame
        var position: Duration
    }

    /// Gives the output an input and does what it says.
    func speak(_ input: SpeechOutput.Input) {
        for action in self.speech.handle(input, now: self.clock.now) { self.perform(action) }
        self.makeRoom()
        self.arm()
    }

    private func perform(_ action: SpeechOutput.Action) {
        switch action {
        case .synthesize(let number, let line, let index):
            self.synthesisRequest = SynthesisRequest(number: number, line: line, textToSpeech: index)
            self.synthesisWanted.notify()
        case .resumeSynthesis: self.synthesisResumed.notify()
        case .cancelSynthesis:
            self.synthesisRequest = nil
            self.synthesis?.revoke()
        case .write(let number, let frame, let position):
            self.writeRequest = WriteRequest(number: number, frame: frame, position: position)
            self.writeWanted.notify()
        case .cancelWrite: self.writing?.revoke()
        case .flush:
            guard let output = self.output else { return }
            output.flush()
            let played = output.played
            self.endpointing.echo.flushed(at: played)
            self.speak(.flushed(played: played))
        case .drain(let number):
            self.drainRequest = number
            self.drainWanted.notify()
        case .report(let error): self.events.append(.apology(error))
        case .audioStarted(let line): self.feed(.audioStarted(line))
        case .sampleSent(let ago): self.feed(.sampleSent(at: self.clock.now - ago))
        case .failed(let error): self.feed(.textToSpeechFailed(error))
        case .finished: self.feed(.playbackFinished)
        }
    }

    /// Two short tones, for when no text to speech can say what is wrong.
    static func signal(sampleRate: Int) -> [AudioFrame] {
        var tone = Tone([.init(frequency: 440, level: -20)], sampleRate: sampleRate)
        let silence = AudioFrame.silence(.milliseconds(120), sampleRate: sampleRate)
        return (0..<2).flatMap { _ in [tone.next(.milliseconds(120)), silence] }
    }

    // MARK: - From text to audio

    func synthesizeLines() async {
        while !Task.isCancelled {
            guard let request = self.synthesisRequest else {
                await self.synthesisWanted.wait()
                continue
            }
            self.synthesisRequest = nil
            let work = Revocable()
            self.synthesis = work
            await work.run { await self.synthesize(request) }
            self.synthesis = nil
        }
    }

    private func synthesize(_ request: SynthesisRequest) async {
        let number = request.number
        do {
            for try await frame in self.textToSpeech[request.textToSpeech].speak(request.line.text)
            where !frame.samples.isEmpty && frame.sampleRate > 0 {
                guard !Task.isCancelled, self.speech.needsAudio(of: number) else { return }
                self.speak(.audio(frame, of: number))
                while self.speech.needsAudio(of: number), self.speech.isPaused, !Task.isCancelled {
                    await self.synthesisResumed.wait()
                }
                guard self.speech.needsAudio(of: number) else { return }
            }
            guard !Task.isCancelled else { return }
            self.speak(.audioEnded(of: number))
        } catch {
            guard !Task.isCancelled else { return }
            self.speak(.synthesisFailed(StageError(error, stage: "text to speech"), of: number))
        }
    }

    // MARK: - From audio to the port

    func writeAudio() async {
        while !Task.isCancelled {
            guard self.writeRequest != nil else {
                await self.writeWanted.wait()
                continue
            }
            let work = Revocable()
            self.writing = work
            await work.run { await self.writeFrames() }
            self.writing = nil
        }
    }

    private func writeFrames() async {
        while !Task.isCancelled, let request = self.writeRequest, let output = self.output {
            self.writeRequest = nil
            guard self.speech.needsWrite(request.number) else {
                self.speak(.writeFailed(request.number))
                continue
            }
            // Noted before it is written: the port may play it, and its echo arrive, before the write returns.
            self.endpointing.echo.wrote(request.frame, at: request.position)
            do {
                try await output.write(request.frame)
                self.speak(.wrote(request.number))
            } catch is AudioPortClosed {
                self.feed(.callEnded(heard: self.heard))
                return
            } catch {
                self.speak(.writeFailed(request.number))
            }
        }
    }

    // MARK: - Until it was heard

    func watchPlayback() async {
        while !Task.isCancelled {
            guard let number = self.drainRequest, let output = self.output else {
                await self.drainWanted.wait()
                continue
            }
            self.drainRequest = nil
            await output.drain()
            guard !Task.isCancelled else { return }
            self.speak(.drained(number, played: output.played))
        }
    }
}
