internal import AudioCore
internal import CoreTypes

/// Listening: from frames to utterances.
extension Conversation {
    func listen<Inbound: AsyncSequence>(to inbound: Inbound) async
    where Inbound.Element == AudioFrame, Inbound.Failure == Never {
        for await frame in inbound {
            self.hear(frame)
            guard self.ending == nil else { return }
        }
        guard !Task.isCancelled else { return }
        self.feed(.callEnded(heard: self.heard))
    }

    /// Follows whether the other side holds the call.
    func follow<Flow: AsyncSequence>(_ flows: Flow) async where Flow.Element == AudioFlow, Flow.Failure == Never {
        for await flow in flows {
            guard self.ending == nil else { return }
            guard flow != self.flow else { continue }
            // What was begun to be said ends here.
            if self.endpointing.isInSpeech { self.handle(self.endpointing.passSilence(self.silenceLimit)) }
            self.flow = flow
            self.feed(.flowChanged(flow))
        }
    }

    /// Hands on the DTMF digits that the caller sends.
    func takeDigits<Digits: AsyncSequence>(from digits: Digits) async
    where Digits.Element == Character, Digits.Failure == Never {
        for await digit in digits {
            guard self.ending == nil else { return }
            self.feed(.digit(digit))
        }
    }

    private func hear(_ frame: AudioFrame) {
        self.lastInbound = self.clock.now
        let played = self.output?.played ?? .zero
        if self.speech.awaitsFirstSample { self.speak(.played(played)) }
        // What comes from somebody who does not listen is music.
        guard self.flow == .open else { return }
        self.handle(self.endpointing.process(frame, played: played))
        if self.endpointing.isInSpeech { self.arm() }
    }

    private func handle(_ events: [Endpointing.Event]) {
        for event in events {
            switch event {
            case .speechStarted: self.feed(.speechStarted(heard: self.heard))
            case .speechDiscarded: self.feed(.speechDiscarded)
            case .speechEnded(let utterance, let speech, let silence):
                self.utteranceCount += 1
                self.utterances[self.utteranceCount] = utterance
                self.feed(.speechEnded(self.utteranceCount, speech: speech, silence: silence))
            }
        }
    }

    /// When a caller who spoke must be taken for silent because nothing arrives any more: some phones send no silence.
    var silenceDue: Instant? {
        guard self.endpointing.isInSpeech, let lastInbound else { return nil }
        return lastInbound + self.silenceLimit
    }

    func checkSilence(_ now: Instant) {
        guard let silenceDue, silenceDue <= now else { return }
        self.handle(self.endpointing.passSilence(self.silenceLimit))
    }

    private var silenceLimit: Duration {
        self.settings.endOfTurnSilence + .milliseconds(200)
    }
}
