import AudioCore
import ConversationTestKit
import CoreTypes
import Synchronization
import Testing
import VoicePipeline

/// What a conversation tells, and whom.
struct ConversationEventsTests {
    private let time = VirtualTime()

    private func conversation(_ port: FakeAudioPort) -> Conversation {
        Conversation(
            opening: .greeting("Hello."),
            speechToText: ScriptedTranscription(time: self.time, []),
            model: ScriptedModel(time: self.time, []),
            textToSpeech: ScriptedTextToSpeech(time: self.time),
            context: ConversationContext(callIdentifier: "test"),
            clock: self.time
        )
    }

    /// A reader that gave up is followed by another one, which hears all there is.
    @Test func aReaderThatIsCancelledEndsNothing() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(5))
        let conversation = self.conversation(port)
        let (taken, events, ending) = try self.time.run {
            let taken = await withTaskGroup(of: ConversationEvent?.self) { group in
                group.addTask {
                    for await event in conversation.events { return event }
                    return nil
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            let ending = await conversation.run(on: port)
            return (taken, await conversation.events.reduce(into: []) { $0.append($1) }, ending)
        }
        #expect(taken == nil)
        #expect(events.contains(.saying("Hello.")))
        #expect(events.last == .ended(ending))
    }

    @Test func theSecondRunEndsAtOnceAndLeavesTheEventsAlone() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(5))
        let conversation = self.conversation(port)
        let (ending, count) = try self.time.run {
            _ = await conversation.run(on: port)
            let ending = await conversation.run(on: port)
            return (ending, await conversation.events.reduce(0) { count, _ in count + 1 })
        }
        #expect(ending.reason == .failed)
        #expect(count > 1)
    }

    @Test func aConversationThatNeverRanHasNothingToTell() throws {
        var conversation: Conversation? = self.conversation(FakeAudioPort(time: self.time))
        let events = try #require(conversation?.events)
        conversation = nil
        let count = try self.time.run { await events.reduce(0) { count, _ in count + 1 } }
        #expect(count == 0)
    }

    /// Speech to text loses no word of a caller because the machine was busy for a moment.
    @Test func everythingIsHeard() throws {
        let port = Port(line: FakeAudioPort(time: self.time, hangUpAfter: .seconds(2)))
        let conversation = self.conversation(port.line)
        _ = try self.time.run { await conversation.run(on: port) }
        #expect(port.hears.withLock { $0 })
    }

    /// A digit reaches the events while something is said, and interrupts nothing.
    @Test func digitsAreReported() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(5))
        let conversation = self.conversation(port)
        let time = self.time
        let events = try self.time.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await conversation.run(on: port) }
                group.addTask {
                    try? await time.sleep(for: .milliseconds(300))
                    for digit in "12#" { port.receiveDigit(digit) }
                }
                await group.waitForAll()
            }
            return await conversation.events.reduce(into: []) { $0.append($1) }
        }
        let digits: [Character] = events.compactMap { if case .digit(let digit) = $0 { digit } else { nil } }
        #expect(digits == ["1", "2", "#"])
        #expect(port.flushes.isEmpty && port.isAudible(from: .milliseconds(350), to: .milliseconds(450)))
    }

    private final class Port: AudioPort {
        let line: FakeAudioPort
        let hears = Mutex(false)
        var inbound: FakeAudioPort.Inbound { self.line.inbound }
        var outbound: FakeAudioPort.Output { self.line.outbound }

        init(line: FakeAudioPort) {
            self.line = line
        }

        func hearEverything() {
            self.hears.withLock { $0 = true }
        }
    }
}
