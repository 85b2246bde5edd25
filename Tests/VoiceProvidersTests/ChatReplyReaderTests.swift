import Testing
import VoicePipeline

@testable import VoiceProviders

@Suite struct ChatReplyReaderTests {
    private func parts(_ events: [ServerSentEvent]) throws -> [ReplyPart] {
        var reader = ChatReplyReader()
        var parts: [ReplyPart] = []
        for event in events { _ = try reader.receive(event, into: &parts) }
        try reader.end(into: &parts)
        return parts
    }

    private func delta(_ content: String, finish: String = "null") -> ServerSentEvent {
        ServerSentEvent(
            data: #"{"choices":[{"index":0,"delta":{"content":"\#(content)"},"finish_reason":\#(finish)}]}"#
        )
    }

    private func progress(_ json: String) -> ServerSentEvent {
        ServerSentEvent(name: "hermes.tool.progress", data: json)
    }

    private let done = ServerSentEvent(data: "[DONE]")

    @Test func `a reply with a tool call`() throws {
        let parts = try self.parts([
            ServerSentEvent(data: #"{"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}"#),
            self.delta("Let me check"),
            self.progress(
                #"{"tool":"ha_call_service","emoji":"🏠","label":"Light","toolCallId":"c1","status":"running"}"#
            ),
            .comment(" keepalive"),
            self.progress(#"{"tool":"ha_call_service","toolCallId":"c1","status":"completed"}"#),
            self.delta("\\n\\nThe "),
            self.delta("light is on."),
            ServerSentEvent(
                data: #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"total_tokens":3}}"#
            ),
            self.done,
        ])
        #expect(
            parts == [
                .text("Let me check"), .toolStarted("Light"), .toolFinished("Light"), .text(".\nThe "),
                .text("light is on."),
            ]
        )
    }

    @Test func `tools are told once, and none stays open`() throws {
        let parts = try self.parts([
            self.progress(#"{"tool":"a","toolCallId":"1","status":"running"}"#),
            self.progress(#"{"tool":"a","toolCallId":"1","status":"running"}"#),
            self.progress(#"{"tool":"b","toolCallId":"2","status":"running"}"#),
            self.progress(#"{"tool":"b","toolCallId":"2","status":"failed"}"#),
            self.progress(#"{"tool":"b","toolCallId":"9","status":"completed"}"#),
            self.progress("not json"),
            self.delta("ok", finish: #""stop""#),
            self.done,
        ])
        #expect(parts == [.toolStarted("a"), .toolStarted("b"), .toolFinished("b"), .text("ok"), .toolFinished("a")])
    }

    @Test(arguments: [
        (
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"message":"HTTP 401: bad key"}}"#,
            "HTTP 401: bad key"
        ),
        (
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"hermes":{"failed":true,"error":"gone"}}"#,
            "gone"
        ),
        (#"{"error":"flat\nline"}"#, "flat line"),
        (#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#, "no reason given"),
        (#"{"error":{"message":""},"hermes":{"failed":true,"error":{"message":"deep"}}}"#, "deep"),
    ])
    func `an error after the 200 ends the reply`(data: String, reason: String) {
        #expect(throws: ChatReplyReader.Failure.reported(reason)) {
            try self.parts([self.delta("words"), ServerSentEvent(data: data)])
        }
    }

    @Test func `a null error is none, and other members do no harm`() throws {
        let event = ServerSentEvent(
            data:
                #"{"error":null,"hermes":7,"choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes","reasoning":"hm"}}]}"#
        )
        #expect(try self.parts([event, ServerSentEvent(data: #"{"choices":[]}"#), self.done]) == [.text("yes")])
    }

    @Test func `what is no chat chunk is refused, but events of other names are let be`() throws {
        #expect(throws: ChatReplyReader.Failure.malformed) { try self.parts([ServerSentEvent(data: "<html>")]) }
        let other = ServerSentEvent(name: "hermes.something", data: "<html>")
        #expect(try self.parts([other, self.delta("x"), self.done]) == [.text("x")])
    }

    @Test func `a stream that just ends is an error unless the reply was finished`() throws {
        #expect(throws: ChatReplyReader.Failure.truncated) { try self.parts([self.delta("half of")]) }
        #expect(throws: ChatReplyReader.Failure.truncated) { try self.parts([]) }
        #expect(try self.parts([self.delta("whole", finish: #""stop""#)]) == [.text("whole")])
    }

    @Test func `nobody listens to a reply without end`() {
        let long = self.delta(String(repeating: "word ", count: 4_000))
        #expect(throws: ChatReplyReader.Failure.tooLong) { try self.parts(Array(repeating: long, count: 5)) }
    }
}
