import VoicePipeline

/// Turns the events of a streamed chat completion into the parts of a reply. Sans-IO; total over what servers send.
struct ChatReplyReader: Sendable {
    /// Why the reply cannot go on.
    enum Failure: Error, Sendable, Equatable {
        /// An event that is not JSON.
        case malformed
        /// The server tells that it failed, and says why.
        case reported(String)
        /// The stream ended before the reply did.
        case truncated
        /// The reply is longer than anybody would listen to.
        case tooLong
    }

    /// What an event meant.
    enum Sign: Sendable, Equatable {
        /// It brought something of the reply.
        case progress
        /// It only shows that the server is alive.
        case alive
        /// It was the last one.
        case complete
    }

    private var breaks = SentenceBreaks()
    private var tools = HermesToolProgress()
    private var finished = false
    private var done = false
    private var length = 0

    /// Most UTF-8 bytes of a reply.
    static let maximumLength = 64 * 1024

    /// Takes one event and appends the parts that it gives.
    ///
    /// - Throws: ``Failure``.
    mutating func receive(_ event: ServerSentEvent, into parts: inout [ReplyPart]) throws(Failure) -> Sign {
        guard !event.isComment, !self.done else { return .alive }
        switch event.name {
        case "", "message":
            return try self.receiveChunk(event.data, into: &parts)
        case HermesToolProgress.eventName:
            return self.tools.receive(event.data, into: &parts) ? .progress : .alive
        case "error":
            throw .reported(ServerComplaint(Array(event.data.utf8)).message)
        default:
            return .alive
        }
    }

    /// Takes the whole body of an answer that was not streamed although that was asked for.
    ///
    /// - Throws: ``Failure``.
    mutating func receiveWhole(_ body: [UInt8], into parts: inout [ReplyPart]) throws(Failure) {
        guard let chunk = decodedJSON(ChatChunk.self, from: body) else { throw .malformed }
        _ = try self.take(chunk, into: &parts)
        self.finished = true
    }

    /// The body ended.
    ///
    /// - Throws: ``Failure`` when that was too early.
    mutating func end(into parts: inout [ReplyPart]) throws(Failure) {
        self.tools.end(into: &parts)
        // Some servers leave out the end mark, but all say why the reply is finished.
        guard self.done || self.finished else { throw .truncated }
    }

    private mutating func receiveChunk(_ data: String, into parts: inout [ReplyPart]) throws(Failure) -> Sign {
        guard data != "[DONE]" else {
            self.done = true
            self.tools.end(into: &parts)
            return .complete
        }
        guard let chunk = decodedJSON(ChatChunk.self, from: data.utf8) else { throw .malformed }
        return try self.take(chunk, into: &parts) ? .progress : .alive
    }

    private mutating func take(_ chunk: ChatChunk, into parts: inout [ReplyPart]) throws(Failure) -> Bool {
        var hasContent = false
        let choice = chunk.choices?.first { ($0.index ?? 0) == 0 }
        if let content = choice?.delta?.content ?? choice?.message?.content, !content.isEmpty {
            self.length += content.utf8.count
            guard self.length <= Self.maximumLength else { throw .tooLong }
            let text = self.breaks.receive(content)
            if !text.isEmpty { parts.append(.text(text)) }
            hasContent = true
        }
        if chunk.error != nil || chunk.hermes?.failed == true || choice?.finishReason == "error" {
            throw .reported(chunk.complaint)
        }
        if choice?.finishReason != nil { self.finished = true }
        return hasContent
    }
}

/// One chunk of a streamed chat completion, as far as it matters to us; or a whole one.
struct ChatChunk: Decodable, Sendable {
    struct Choice: Decodable, Sendable {
        var index: Int?
        var delta: Content?
        var message: Content?
        var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case index, delta, message
            case finishReason = "finish_reason"
        }
    }

    struct Content: Decodable, Sendable {
        var content: String?
    }

    struct Hermes: Decodable, Sendable {
        var failed: Bool?
        var error: JSONValue?
    }

    var choices: [Choice]?
    var error: JSONValue?
    var hermes: Hermes?

    enum CodingKeys: String, CodingKey {
        case choices, error, hermes
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.choices = try container.decodeIfPresent([Choice].self, forKey: .choices)
        let error = try container.decodeIfPresent(JSONValue.self, forKey: .error)
        self.error = error == .null ? nil : error
        self.hermes = try? container.decodeIfPresent(Hermes.self, forKey: .hermes)
    }

    /// What the server said of its failure.
    var complaint: String {
        for value in [self.error, self.hermes?.error] {
            guard let value else { continue }
            if let text = value["message"]?.string ?? value.string, !text.isEmpty { return ServerComplaint.line(text) }
        }
        return "no reason given"
    }
}
