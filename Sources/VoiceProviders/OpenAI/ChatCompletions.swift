public import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import VoicePipeline

/// A language model behind an OpenAI-style `POST /v1/chat/completions` that streams: Hermes Agent, Ollama, llama.cpp, vLLM …
///
/// Each turn is one request with the whole conversation in it. Ending the iteration (that is: cancelling the task that
/// iterates, or letting go of the stream) closes the connection, which is how Hermes learns to stop its work.
public struct ChatCompletions: LanguageModel {
    /// Which program is expected, for its additions to the protocol and for the wording of errors.
    public enum Dialect: Sendable, Hashable {
        /// Any server of the OpenAI style.
        case openAI
        /// Nous Research's Hermes Agent.
        case hermes
    }

    /// How to reach the model and what to tell it.
    public struct Configuration: Sendable {
        /// Where the server is.
        public var server: ServerAddress
        /// The key that it wants.
        public var key: APIKey?
        /// The model; Hermes takes any name.
        public var model: String
        /// Which program it is.
        public var dialect: Dialect
        /// The system prompt, before what is known of the call.
        public var systemPrompt: String
        /// Hermes' scope of long-term memory, such as `svetlana:owner`; nil for none.
        public var sessionKey: String?
        /// How long a reply may take.
        public var deadlines: RequestDeadlines
        /// The longest Retry-After of a busy server that is waited for before it counts as failed.
        public var longestRetryDelay: Duration

        /// Makes a configuration.
        public init(
            server: ServerAddress,
            key: APIKey? = nil,
            model: String,
            dialect: Dialect = .openAI,
            systemPrompt: String = ChatCompletions.defaultSystemPrompt,
            sessionKey: String? = nil,
            deadlines: RequestDeadlines = .model,
            longestRetryDelay: Duration = .seconds(3)
        ) {
            self.server = server
            self.key = key
            self.model = model
            self.dialect = dialect
            self.systemPrompt = systemPrompt
            self.sessionKey = sessionKey
            self.deadlines = deadlines
            self.longestRetryDelay = longestRetryDelay
        }
    }

    /// What it was made with.
    public let configuration: Configuration
    let http: HTTPStage

    private static let retries = 2
    private static let wholeAnswerLimit = 1024 * 1024
    /// A part of the text is a byte at least; the rest is for tools.
    private static let waitingParts = ChatReplyReader.maximumLength + 1024
    private static let stage = "model"

    /// Makes a model that uses a client owned by somebody else.
    public init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        let program =
            switch configuration.dialect {
            case .openAI: "the model's server"
            case .hermes: "Hermes Agent"
            }
        self.http = HTTPStage(
            stage: Self.stage,
            program: program,
            server: configuration.server,
            key: configuration.key,
            client: client
        )
    }

    /// Begins a reply to the caller's words; they must not be empty.
    public func reply(
        to turn: Turn,
        in context: ConversationContext
    ) -> AsyncThrowingStream<ReplyPart, any Error> {
        let (stream, output) = StageOutput<ReplyPart>.makeStream(stage: Self.stage, limit: Self.waitingParts)
        let task = Task {
            do {
                try await self.run(turn, context, into: output)
                output.finish()
            } catch {
                output.finish(throwing: self.failure(error))
            }
        }
        // A reply that is complete is left alone: its connection may be read to its end and used again.
        output.onCancel { task.cancel() }
        return stream
    }

    private func run(
        _ turn: Turn,
        _ context: ConversationContext,
        into output: StageOutput<ReplyPart>
    ) async throws {
        let request = try self.request(turn, context)
        try await Watchdog.guarding(self.configuration.deadlines) { watchdog in
            let response = try await self.open(request)
            var reader = ChatReplyReader()
            var parts: [ReplyPart] = []
            // What was read before a failure is passed on too.
            func passOn<Result>(_ read: (inout [ReplyPart]) throws -> Result) throws -> Result {
                let result = Swift.Result { try read(&parts) }
                for part in parts { try output.send(part) }
                parts.removeAll(keepingCapacity: true)
                return try result.get()
            }

            let type = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
            if type.hasPrefix("application/json") {
                let body = try await self.http.body(of: response, upTo: Self.wholeAnswerLimit)
                return try passOn { parts in try reader.receiveWhole(body, into: &parts) }
            }

            var events = ServerSentEvents()
            for try await buffer in response.body {
                try events.receive(buffer.readableBytesView)
                while let event = events.next() {
                    switch try passOn({ parts in try reader.receive(event, into: &parts) }) {
                    case .progress:
                        watchdog.partArrived()
                    case .alive:
                        watchdog.signOfLife()
                    case .complete:
                        output.finish()
                        watchdog.complete(grace: .seconds(1))
                    }
                }
            }
            try passOn { parts in try reader.end(into: &parts) }
        }
    }

    /// Opens the answer; a server that is busy for a moment is asked again.
    private func open(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        var attempt = 0
        while true {
            let response = try await self.http.execute(request, within: self.configuration.deadlines.total)
            let status = response.status.code
            if (200..<300).contains(status) { return response }
            let refusal = try await self.http.refusal(response, path: Self.path)
            let wait = RetryAfter(response.headers)?.delay
            guard refusal.kind == .overloaded, let wait, wait <= self.configuration.longestRetryDelay,
                attempt < Self.retries
            else { throw refusal }
            attempt += 1
            try await Task.sleep(for: wait)
        }
    }

    private struct Body: Encodable {
        var model: String
        var stream: Bool
        var messages: ChatMessages
    }

    private static let path = "/v1/chat/completions"

    private func request(_ turn: Turn, _ context: ConversationContext) throws -> HTTPClientRequest {
        guard
            let messages = ChatMessages(
                systemPrompt: self.configuration.systemPrompt,
                turn: turn,
                context: context
            )
        else { throw self.http.error(.failed, "there is nothing to answer: the turn has no words") }
        var request = self.http.request(.POST, Self.path, accept: "text/event-stream")
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key = self.configuration.sessionKey, Self.isValid(sessionKey: key) {
            request.headers.add(name: "X-Hermes-Session-Key", value: key)
        }
        let body = Body(model: self.configuration.model, stream: true, messages: messages)
        request.body = .bytes(ByteBuffer(bytes: try encodedJSON(body)))
        return request
    }

    private static func isValid(sessionKey: String) -> Bool {
        (1...256).contains(sessionKey.utf8.count) && sessionKey.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    private func failure(_ error: any Error) -> any Error {
        if let overflow = error as? ServerSentEvents.Overflow {
            return self.http.invalid("sent an event of more than \(overflow.limit) bytes")
        }
        guard let failure = error as? ChatReplyReader.Failure else { return self.http.failure(error) }
        switch failure {
        case .malformed:
            return self.http.invalid("sent something that is not a chat completion")
        case .truncated:
            return self.http.invalid("ended its reply before it was complete")
        case .tooLong:
            return self.http.invalid("sent a reply of more than \(ChatReplyReader.maximumLength) bytes")
        case .reported(let reason):
            let place = "\(self.http.program) at \(self.http.server)"
            return self.http.error(.failed, "\(place) could not finish its reply: \(reason)")
        }
    }
}
