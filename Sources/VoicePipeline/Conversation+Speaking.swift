internal import AudioCore
internal import CoreTypes

/// Speaking: from lines to the port, with the next sentence being made while one is heard.
extension Conversation {
    func say(_ line: SpokenLine) {
        self.voice.lines.append(line)
        if line.kind == .reply, self.voice.ledger.replyStart == nil { self.voice.isFirstSampleTold = false }
        self.voice.isBusy = true
        self.lineAdded.notify()
    }

    /// Silences the bot: nothing that was written, made or planned is heard any more.
    func stopSpeaking() {
        self.voice.epoch += 1
        self.voice.lines.removeAll()
        self.voice.pieces.removeAll()
        self.voice.waiting = .zero
        self.voice.due = nil
        self.voice.synthesis?.revoke()
        self.voice.writing?.revoke()
        self.dropUnplayed()
        self.voice.ledger.removeAll()
        self.voice.needsPause = false
        self.voice.isBusy = false
        self.audioTaken.notify()
    }

    /// Two short tones, for when there is no voice to say what is wrong.
    func beep() {
        let rate = self.voice.output?.sampleRate ?? 8000
        var tone = Tone([.init(frequency: 440, level: -20)], sampleRate: rate)
        let silence = AudioFrame.silence(.milliseconds(120), sampleRate: rate)
        for _ in 0..<2 {
            self.voice.pieces.append(.audio(tone.next(.milliseconds(120))))
            self.voice.pieces.append(.audio(silence))
        }
        self.voice.waiting += .milliseconds(480)
        self.voice.isBusy = true
        self.audioAdded.notify()
    }

    private func dropUnplayed() {
        guard let output = self.voice.output else { return }
        output.flush()
        self.voice.position = output.played
        self.endpointing.echo.flushed(at: output.played)
    }

    // MARK: - From text to audio

    func synthesizeLines() async {
        while !Task.isCancelled {
            guard let line = self.voice.lines.first else {
                await self.lineAdded.wait()
                continue
            }
            self.voice.lines.removeFirst()
            self.makeRoom()
            let epoch = self.voice.epoch
            self.voice.isSynthesizing = true
            await self.synthesize(line, epoch)
            self.voice.isSynthesizing = false
            self.voice.synthesis = nil
            self.voice.due = nil
            self.playbackWatched.notify()
        }
    }

    /// Makes the audio of a line with the first voice that works.
    private func synthesize(_ line: SpokenLine, _ epoch: Int) async {
        while true {
            let voice = self.voice.voices[self.voice.voiceIndex]
            let work = Revocable()
            self.voice.synthesis = work
            let asked = self.clock.now
            let silentSince = self.voice.silentSince ?? asked
            self.voice.silentSince = silentSince
            let due = self.voice.due(asked: asked, silentSince: silentSince, self.settings.deadlines)
            self.voice.due = due
            self.voice.givenUpAt = due
            self.arm()
            let late = StageError(.timeout, stage: "text to speech", message: "no audio in time")
            self.voice.outcome = .failed(late, wasHeard: false)
            await work.run { await self.speak(line, with: voice, epoch) }
            guard self.voice.epoch == epoch, !Task.isCancelled else {
                self.replaceSilentVoice(late)
                return
            }
            guard case .failed(let error, let wasHeard) = self.voice.outcome else { return }
            let isLast = self.voice.voiceIndex + 1 >= self.voice.voices.count
            if !isLast { self.voice.voiceIndex += 1 }
            self.voice.silentSince = nil
            // Half a sentence was heard: beginning it again with another voice would confuse more than it helps.
            if isLast || wasHeard {
                self.feed(.voiceFailed(error))
                return
            }
            self.report(error)
        }
    }

    /// Goes over to the next voice when this one gave nothing for as long as a voice may take, although each line was taken
    /// back before: a caller who speaks into the silence must not be the reason that it lasts.
    private func replaceSilentVoice(_ error: StageError) {
        guard let since = self.voice.silentSince,
            self.clock.now - since >= self.voice.limit(self.settings.deadlines)
                || self.clock.now >= self.voice.givenUpAt,
            self.voice.voiceIndex + 1 < self.voice.voices.count, !Task.isCancelled
        else { return }
        self.voice.voiceIndex += 1
        self.voice.silentSince = nil
        self.report(error)
    }

    private func speak(_ line: SpokenLine, with voice: any TextToSpeech, _ epoch: Int) async {
        var sound = SoundOfLine()
        do {
            for try await frame in voice.speak(line.text) where !frame.samples.isEmpty && frame.sampleRate > 0 {
                guard !Task.isCancelled, self.voice.epoch == epoch else { return }
                await self.take(sound.receive(frame), of: line, &sound, epoch)
            }
            guard !Task.isCancelled, self.voice.epoch == epoch else { return }
            await self.take(sound.finish(), of: line, &sound, epoch)
            guard !Task.isCancelled, self.voice.epoch == epoch else { return }
            self.voice.outcome =
                sound.hasBegun || !line.text.contains(where: { $0.isLetter || $0.isNumber })
                ? .done
                : .failed(
                    StageError(.invalidResponse, stage: "text to speech", message: "the voice gave no sound"),
                    wasHeard: false
                )
        } catch {
            guard !Task.isCancelled, self.voice.epoch == epoch else { return }
            self.voice.outcome = .failed(StageError(error, stage: "text to speech"), wasHeard: sound.hasBegun)
        }
        if sound.hasBegun {
            self.voice.pieces.append(.end)
            self.audioAdded.notify()
        }
    }

    /// Queues what may be heard of a line by now.
    private func take(_ frames: [AudioFrame], of line: SpokenLine, _ sound: inout SoundOfLine, _ epoch: Int) async {
        guard !frames.isEmpty else { return }
        self.voice.silentSince = nil
        if !sound.hasBegun {
            sound.begin(now: self.clock.now)
            self.voice.pieces.append(.begin(line))
            if case .failed(let error, _) = self.voice.outcome { self.voice.outcome = .failed(error, wasHeard: true) }
        }
        for frame in frames { await self.queue(frame, epoch, &sound) }
        // A voice that gives a frame now and then is as silent as one that gives none.
        self.voice.due = sound.due(now: self.clock.now, limit: self.settings.deadlines.voice)
        self.arm()
    }

    /// Hands a frame on in short pieces; suspends while enough is waiting.
    private func queue(_ frame: AudioFrame, _ epoch: Int, _ sound: inout SoundOfLine) async {
        let length = max(1, Int(VoiceLine.longestFrame.milliseconds) * frame.sampleRate / 1000)
        var start = 0
        while start < frame.samples.count {
            while self.voice.waiting > VoiceLine.mostAudio, self.voice.epoch == epoch, !Task.isCancelled {
                // It is the port that is slow now, as it should be.
                self.voice.due = nil
                let since = self.clock.now
                await self.audioTaken.wait()
                sound.waited(self.clock.now - since)
            }
            guard self.voice.epoch == epoch, !Task.isCancelled else { return }
            let end = min(start + length, frame.samples.count)
            let piece = AudioFrame(samples: Array(frame.samples[start..<end]), sampleRate: frame.sampleRate)
            self.voice.pieces.append(.audio(piece))
            self.voice.waiting += piece.duration
            self.audioAdded.notify()
            start = end
        }
    }

    /// Gives up a voice that is too slow.
    func checkVoice(_ now: Instant) {
        guard let due = self.voice.due, due <= now else { return }
        self.voice.due = nil
        self.voice.synthesis?.revoke()
    }

    // MARK: - From audio to the port

    func writeAudio() async {
        while !Task.isCancelled {
            guard !self.voice.pieces.isEmpty else {
                await self.audioAdded.wait()
                continue
            }
            let epoch = self.voice.epoch
            let work = Revocable()
            self.voice.writing = work
            self.voice.isWriting = true
            await work.run { await self.writePieces(epoch) }
            self.voice.isWriting = false
            self.voice.writing = nil
            // A write that was under way when everything was stopped may have come through after all.
            if self.voice.epoch != epoch { self.dropUnplayed() }
            self.playbackWatched.notify()
        }
    }

    private func writePieces(_ epoch: Int) async {
        guard let output = self.voice.output else { return }
        var begun: SpokenLine?
        while self.voice.epoch == epoch, !Task.isCancelled, let piece = self.voice.pieces.first {
            self.voice.pieces.removeFirst()
            switch piece {
            case .begin(let line):
                if self.voice.needsPause {
                    let pause = AudioFrame.silence(self.settings.pauseBetweenSentences, sampleRate: output.sampleRate)
                    guard await self.write(pause, to: output, epoch) else { return }
                }
                self.voice.ledger.begin(line, at: self.voice.position)
                begun = line
            case .audio(let frame):
                self.voice.waiting -= frame.duration
                self.audioTaken.notify()
                guard await self.write(frame, to: output, epoch) else { return }
                self.voice.ledger.extend(to: self.voice.position)
                if let line = begun {
                    begun = nil
                    self.feed(.audioStarted(line))
                }
            case .end:
                self.voice.ledger.complete()
                self.voice.needsPause = true
            }
        }
    }

    /// Writes a frame and moves the position on; `false` when nothing more is to be written.
    private func write(_ frame: AudioFrame, to output: any AudioOutput, _ epoch: Int) async -> Bool {
        // Noted before it is written: the port may play it, and its echo arrive, before the write returns.
        self.endpointing.echo.wrote(frame, at: self.voice.position)
        do {
            try await output.write(frame)
        } catch is AudioPortClosed {
            self.feed(.callEnded(heard: self.heard))
            return false
        } catch {
            return false
        }
        guard self.voice.epoch == epoch else { return false }
        self.voice.position += frame.duration
        return true
    }

    // MARK: - Until it was heard

    func watchPlayback() async {
        while !Task.isCancelled {
            await self.playbackWatched.wait()
            guard self.voice.isBusy, self.voice.isWritten, let output = self.voice.output else { continue }
            let epoch = self.voice.epoch
            await output.drain()
            // Meanwhile more may have been said, or everything stopped.
            guard self.voice.epoch == epoch, self.voice.isBusy, self.voice.isWritten, !Task.isCancelled else {
                continue
            }
            self.noticeFirstSample(output.played)
            self.voice.isBusy = false
            self.voice.position = output.played
            self.voice.needsPause = false
            self.voice.ledger.removeAll()
            self.feed(.playbackFinished)
        }
    }
}
