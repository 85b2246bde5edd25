import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import VoicePipeline

/// What all stages that talk HTTP have in common: where, as whom, by which client, and how failures are reported.
struct HTTPStage: Sendable {
    /// The stage, as errors name it, such as "speech to text".
    let stage: String
    /// The program that is expected there, as messages name it, such as "Kokoro".
    let program: String
    /// Where it is.
    let server: ServerAddress
    /// The key that it wants.
    let key: APIKey?
    /// The client that all stages share.
    let client: HTTPClient

    /// How much of an answer that tells of a failure is read.
    static let complaintLimit = 64 * 1024

    /// A request to one path, with the key and without anything of a browser: Hermes refuses an `Origin`.
    func request(_ method: HTTPMethod, _ path: String, accept: String = "application/json") -> HTTPClientRequest {
        var request = HTTPClientRequest(url: self.server.url(path))
        request.method = method
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "User-Agent", value: "svetlana")
        if let key = self.key { request.headers.add(name: "Authorization", value: "Bearer \(key.text)") }
        return request
    }

    /// Sends a request and waits for the head of its answer.
    func execute(_ request: HTTPClientRequest, within limit: Duration) async throws -> HTTPClientResponse {
        try await self.client.execute(request, timeout: TimeAmount(limit))
    }

    /// The head of a good answer, its body not yet read.
    ///
    /// - Throws: `StageError` for every status but 2xx.
    func open(_ request: HTTPClientRequest, within limit: Duration) async throws -> HTTPClientResponse {
        let response = try await self.execute(request, within: limit)
        guard !(200..<300).contains(response.status.code) else { return response }
        throw try await self.refusal(response, path: String(request.url.dropFirst(self.server.description.count)))
    }

    /// The whole body of a good answer.
    ///
    /// - Throws: `StageError` when it is not 2xx, longer than `limit` bytes, or late.
    func collect(_ request: HTTPClientRequest, upTo limit: Int, within time: Duration) async throws -> Answer {
        let deadlines = RequestDeadlines(firstPart: time, betweenParts: time, total: time)
        do {
            return try await Watchdog.guarding(deadlines) { _ in
                let response = try await self.open(request, within: time)
                return Answer(
                    contentType: response.headers.first(name: "Content-Type")?.lowercased() ?? "",
                    body: try await self.body(of: response, upTo: limit)
                )
            }
        } catch {
            throw self.failure(error)
        }
    }

    /// Like `collect`, for a probe: nil when the server does not know the path.
    func look(_ path: String) async throws -> Answer? {
        let deadlines = RequestDeadlines(
            firstPart: Self.probeTime,
            betweenParts: Self.probeTime,
            total: Self.probeTime
        )
        return try await Watchdog.guarding(deadlines) { _ in
            let response = try await self.execute(self.request(.GET, path), within: Self.probeTime)
            switch response.status.code {
            case 200..<300:
                return Answer(
                    contentType: response.headers.first(name: "Content-Type")?.lowercased() ?? "",
                    body: try await self.body(of: response, upTo: Self.probeLimit)
                )
            case 404, 405, 501: return nil
            default: throw try await self.refusal(response, path: path)
            }
        }
    }

    /// What a server answered in full.
    struct Answer: Sendable {
        /// The content type in lower case; empty when it was not given.
        var contentType: String
        /// The body.
        var body: [UInt8]
    }

    /// Reads the body of an answer to its end.
    func body(of response: HTTPClientResponse, upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in response.body {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw self.invalid("answered more than \(limit) bytes")
            }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// The error that a status other than 2xx stands for; reads the explanation from the body.
    func refusal(_ response: HTTPClientResponse, path: String) async throws -> StageError {
        var bytes: [UInt8] = []
        do {
            for try await buffer in response.body {
                bytes += buffer.readableBytesView.prefix(Self.complaintLimit - bytes.count)
                if bytes.count >= Self.complaintLimit { break }
            }
        } catch {
            // The status alone tells enough; a cancelled stage is reported by whoever cancelled it.
            try Task.checkCancellation()
        }
        return self.refusal(
            status: Int(response.status.code),
            complaint: ServerComplaint(bytes).message,
            path: path,
            retryAfter: RetryAfter(response.headers)?.delay
        )
    }
}

/// How long a server that is busy wants to be left alone.
struct RetryAfter: Sendable, Equatable {
    /// The delay it asked for.
    var delay: Duration

    /// Reads the header in its form of whole seconds; a date, which our servers never send, counts as absent.
    init?(_ headers: HTTPHeaders) {
        guard let text = headers.first(name: "Retry-After"), let seconds = UInt16(text) else { return nil }
        self.delay = .seconds(Int64(seconds))
    }
}
