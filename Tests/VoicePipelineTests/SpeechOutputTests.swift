import AudioCore
import CoreTypes
import Testing

@testable import VoicePipeline

/// What is said on its way from a line to the caller, in virtual time.
struct SpeechOutputTests {
    /// An output, its time, and what it says is to be done, in short.
    private struct Bench {
        var output: SpeechOutput
        var now = Instant.zero
        var position = Duration.zero

        init(textToSpeechCount: Int = 2) {
            self.output = SpeechOutput(
                deadlines: StageDeadlines(),
                textToSpeechCount: textToSpeechCount,
                pause: .silence(.milliseconds(150), sampleRate: 8000)
            )
        }

        mutating func put(_ input: SpeechOutput.Input, at milliseconds: Int? = nil) -> [String] {
            if let milliseconds { self.now = .zero + .milliseconds(milliseconds) }
            return self.output.handle(input, now: self.now).map { action in
                switch action {
                case .synthesize(let number, let line, let index): "make \(number) \(line.text) by \(index)"
                case .resumeSynthesis: "resume"
                case .cancelSynthesis: "cancel synthesis"
                case .write(let number, let frame, let position):
                    "write \(number) \(frame.duration.milliseconds) at \(position.milliseconds)"
                case .cancelWrite: "cancel write"
                case .flush: "flush"
                case .drain(let number): "drain \(number)"
                case .report: "report"
                case .audioStarted(let line): "started \(line.text)"
                case .sampleSent(let ago): "sent \(ago.milliseconds) ago"
                case .failed: "failed"
                case .finished: "finished"
                }
            }
        }
    }

    private func line(_ text: String, _ kind: SpokenLine.Kind = .reply) -> SpokenLine {
        SpokenLine(number: 1, text: text, kind: kind)
    }

    private func audio(_ milliseconds: Int, level: Int16 = 1000) -> AudioFrame {
        AudioFrame(samples: Array(repeating: level, count: 8 * milliseconds), sampleRate: 8000)
    }

    @Test func `A line is made, written, heard and done with`() {
        var bench = Bench()
        #expect(bench.put(.say(self.line("One."))) == ["make 1 One. by 0"])
        #expect(bench.put(.audio(self.audio(100), of: 1), at: 300) == ["write 2 100 at 0"])
        #expect(bench.put(.audio(self.audio(300), of: 1)) == [])
        #expect(bench.put(.wrote(2)) == ["write 3 200 at 100", "started One."])
        #expect(bench.put(.audioEnded(of: 1)) == [])
        #expect(bench.put(.wrote(3)) == ["write 4 100 at 300"])
        #expect(bench.put(.wrote(4)) == ["drain 5"])
        #expect(bench.put(.played(.zero)) == [])
        #expect(bench.put(.played(.milliseconds(20))) == ["sent 20 ago"])
        #expect(bench.put(.played(.milliseconds(40))) == [])
        #expect(bench.output.heard(at: .milliseconds(400)) == "One.")
        #expect(bench.put(.drained(5, played: .milliseconds(400))) == ["finished"])
        #expect(bench.output.heard(at: .milliseconds(400)) == "")
    }

    @Test func `The next line is made while one is heard and follows after a pause`() {
        var bench = Bench()
        _ = bench.put(.say(self.line("One.")))
        #expect(bench.put(.say(self.line("Two."))) == [])
        _ = bench.put(.audio(self.audio(100), of: 1))
        #expect(bench.put(.audioEnded(of: 1)) == ["make 3 Two. by 0"])
        #expect(bench.put(.audio(self.audio(100), of: 3)) == [])
        #expect(bench.put(.audioEnded(of: 3)) == [])
        #expect(bench.put(.wrote(2)) == ["write 4 150 at 100", "started One."])
        #expect(bench.put(.wrote(4)) == ["write 5 100 at 250"])
        #expect(bench.put(.wrote(5)) == ["drain 6", "started Two."])
        #expect(bench.output.heard(at: .milliseconds(240)) == "One.")
        #expect(bench.output.heard(at: .milliseconds(350)) == "One. Two.")
        // What is said while the end is awaited puts it off.
        #expect(bench.put(.say(self.line("Three."))) == ["make 7 Three. by 0"])
        #expect(bench.put(.drained(6, played: .milliseconds(350))) == [])
    }

    @Test func `Text to speech waits while enough audio does, and is not late for that`() {
        var bench = Bench(textToSpeechCount: 1)
        _ = bench.put(.say(self.line("One.")))
        var next = 2
        for second in 1...9 { _ = bench.put(.audio(self.audio(1000), of: 1), at: second) }
        #expect(bench.output.isPaused && bench.output.due == nil)
        // The port takes 200 ms at a time; 40 of them wait at most.
        var seconds = 20_000
        while bench.output.isPaused {
            seconds += 200
            let actions = bench.put(.wrote(next), at: seconds)
            next += 1
            #expect(actions.contains("write \(next) 200 at \((next - 2) * 200)"))
            #expect(actions.contains("resume") == !bench.output.isPaused)
        }
        #expect(bench.output.waiting == SpeechOutput.mostAudio)
        #expect(bench.output.due.map { $0 > bench.now + .seconds(5) } == true)
    }

    @Test func `One that is silent or fails is replaced for the rest of the call`() {
        var bench = Bench()
        _ = bench.put(.say(self.line("One.")))
        #expect(bench.output.due == .zero + .milliseconds(5_250))
        #expect(bench.put(.timeout, at: 5_249) == [])
        #expect(bench.put(.timeout, at: 5_250) == ["cancel synthesis", "make 2 One. by 1", "report"])
        // What the first one gives now is of no use.
        #expect(bench.put(.audio(self.audio(100), of: 1)) == [])
        #expect(bench.put(.audioEnded(of: 1)) == [])
        #expect(
            bench.put(.synthesisFailed(StageError(.failed, stage: "x", message: "y"), of: 2)) == ["drain 3", "failed"]
        )
        #expect(bench.put(.say(self.line("Two."))) == ["make 4 Two. by 1"])
    }

    @Test func `Silence, a trickle and the end at once are no sound`() {
        for frames in [[self.audio(500, level: 0)], [self.audio(20)], []] {
            var bench = Bench(textToSpeechCount: 1)
            _ = bench.put(.say(self.line("One.")))
            for frame in frames { #expect(bench.put(.audio(frame, of: 1)) == []) }
            let actions = bench.put(.audioEnded(of: 1))
            if frames.first.map({ $0.duration == .milliseconds(20) }) == true {
                // All that there is of a line is said.
                #expect(actions == ["write 2 20 at 0"])
            } else {
                #expect(actions == ["drain 2", "failed"])
            }
        }
    }

    @Test func `Half a sentence is not begun again`() {
        var bench = Bench()
        _ = bench.put(.say(self.line("One.")))
        _ = bench.put(.audio(self.audio(200), of: 1))
        #expect(bench.put(.timeout, at: 7_000) == ["cancel synthesis", "failed"])
        #expect(bench.output.textToSpeech == 1)
    }

    @Test func `Who waits hears something within six seconds although each line was taken back`() {
        var bench = Bench()
        bench.output.listener.note(.speechEnded(1, speech: .seconds(1), silence: .zero), now: .zero)
        _ = bench.put(.say(self.line("One.")), at: 3_000)
        #expect(bench.output.due == .zero + .milliseconds(5_250))
        #expect(bench.put(.stop, at: 4_000) == ["cancel synthesis", "flush"])
        #expect(bench.output.textToSpeech == 0)
        bench.output.listener.note(.speechStarted(heard: ""), now: bench.now)
        bench.output.listener.note(.speechDiscarded, now: bench.now)
        _ = bench.put(.say(self.line("Two.")), at: 4_500)
        // The wait did not begin anew, and a moment is left for it all the same.
        #expect(bench.output.due == .zero + .milliseconds(5_250))
        #expect(bench.put(.stop, at: 8_300) == ["cancel synthesis", "flush", "report"])
        #expect(bench.output.textToSpeech == 1)
    }

    @Test func `A stop forgets everything, also the frame that the port is taking`() {
        var bench = Bench()
        _ = bench.put(.say(self.line("One.")))
        _ = bench.put(.say(self.line("Two.")))
        _ = bench.put(.audio(self.audio(500), of: 1))
        #expect(bench.put(.stop) == ["cancel synthesis", "cancel write", "flush"])
        #expect(!bench.output.needsWrite(2) && !bench.output.needsAudio(of: 1))
        #expect(bench.put(.flushed(played: .milliseconds(60))) == [])
        #expect(bench.output.heard(at: .seconds(9)) == "")
        // A new line is made at once, and written when the frame before is out of the way.
        #expect(bench.put(.say(self.line("Three."))) == ["make 3 Three. by 0"])
        #expect(bench.put(.audio(self.audio(100), of: 3)) == [])
        #expect(bench.put(.wrote(2)) == ["flush"])
        #expect(bench.put(.flushed(played: .milliseconds(80))) == ["write 4 100 at 80"])
        #expect(bench.put(.wrote(4)) == ["started Three."])
    }

    @Test func `A signal needs no text to speech`() {
        var bench = Bench()
        #expect(bench.put(.signal([self.audio(120), self.audio(120)])) == ["write 1 120 at 0"])
        #expect(bench.put(.wrote(1)) == ["write 2 120 at 120"])
        #expect(bench.put(.wrote(2)) == ["drain 3"])
        #expect(bench.put(.drained(3, played: .milliseconds(240))) == ["finished"])
    }

    /// Whatever happens in whatever order: one thing at a time, and what was said is heard, failed or stopped.
    @Test(arguments: 0..<300)
    func `Any order of inputs`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var output = SpeechOutput(
            deadlines: StageDeadlines(),
            textToSpeechCount: 2,
            pause: .silence(.milliseconds(150), sampleRate: 8000)
        )
        var now = Instant.zero
        var made: Int?
        var written: Int?
        var awaited: Int?
        var position = Duration.zero
        var last = AudioFrame(samples: [], sampleRate: 8000)
        var isSaid = false
        func put(_ input: SpeechOutput.Input) {
            for action in output.handle(input, now: now) {
                switch action {
                case .synthesize(let number, _, let index):
                    #expect(made == nil && index < 2)
                    made = number
                case .cancelSynthesis: made = nil
                case .write(let number, let frame, let start):
                    #expect(written == nil && start == position && frame.duration <= SpeechOutput.longestFrame)
                    (written, last) = (number, frame)
                case .flush: put(.flushed(played: position))
                case .drain(let number): awaited = number
                case .finished: isSaid = false
                case .resumeSynthesis, .cancelWrite, .report, .audioStarted, .sampleSent, .failed: break
                }
            }
        }
        func finishWrite() {
            guard let number = written else { return }
            written = nil
            if output.needsWrite(number) { position += last.duration }
            put(.wrote(number))
        }
        func step(_ choice: Int) {
            switch choice {
            case 0:
                isSaid = true
                put(.say(self.line("One two three.")))
            case 1, 2:
                if let made, !output.isPaused {
                    put(.audio(self.audio(Int.random(in: 1...900, using: &random)), of: made))
                }
            case 3:
                guard let number = made, !output.isPaused else { return }
                made = nil
                put(.audioEnded(of: number))
            case 4:
                guard let number = made else { return }
                made = nil
                put(.synthesisFailed(StageError(.failed, stage: "x", message: "y"), of: number))
            case 5, 6, 7: finishWrite()
            case 8: if let awaited { put(.drained(awaited, played: position)) }
            case 9:
                isSaid = false
                put(.stop)
            case 10: if let due = output.due { now = max(now, due); put(.timeout) }
            default: now = now + .milliseconds(Int.random(in: 0...2_000, using: &random))
            }
            let queued = output.pieces.reduce(Duration.zero) { sum, piece in
                if case .audio(let frame) = piece { sum + frame.duration } else { sum }
            }
            #expect(output.waiting == queued)
            #expect(queued <= SpeechOutput.mostAudio + .seconds(1))
        }
        for _ in 0..<200 { step(Int.random(in: 0...11, using: &random)) }
        // Left alone it comes to an end.
        for _ in 0..<2_000 where isSaid || written != nil || made != nil {
            step(4)
            finishWrite()
            step(8)
        }
        #expect(!isSaid && output.lines.isEmpty && output.pieces.isEmpty && made == nil && written == nil)
    }
}
