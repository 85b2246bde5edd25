import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import VoicePipeline

extension HTTPStage {
    /// The error that a status other than 2xx stands for.
    func refusal(status: Int, complaint: String, path: String, retryAfter: Duration?) -> StageError {
        let said = complaint.isEmpty ? "" : ": \(complaint)"
        let place = "\(self.program) at \(self.server)"
        switch status {
        case 401, 403:
            if self.key == nil {
                return self.error(.unauthorized, "\(place) wants an API key (\(status)\(said)); configure its key")
            }
            return self.error(.unauthorized, "\(place) refused the API key (\(status)\(said)); correct the key")
        case 400, 404, 405, 422, 501:
            let lowered = complaint.lowercased()
            if lowered.contains("model") || lowered.contains("voice") {
                return self.error(.missingModel, "\(place) does not have it (\(status)\(said))")
            }
            if status == 404 || status == 405 || status == 501 {
                return self.error(
                    .invalidResponse,
                    "\(self.program) does not know \(self.server.url(path)) (\(status)\(said)); is this the right address?"
                )
            }
            return self.error(.failed, "\(place) refused the request (\(status)\(said))")
        case 429, 503, 529:
            let when = retryAfter.map { "; it asks to wait \($0.components.seconds) s" } ?? ""
            return self.error(.overloaded, "\(place) is busy (\(status)\(said))\(when)")
        case 408, 504:
            return self.error(.timeout, "\(place) gave up waiting (\(status)\(said))")
        case 300..<400:
            return self.error(
                .invalidResponse,
                "\(place) sends elsewhere (\(status)); configure the address that it sends to"
            )
        default:
            return self.error(.failed, "\(place) failed (\(status)\(said)); its log says why")
        }
    }

    /// An answer that makes no sense.
    func invalid(_ what: String) -> StageError {
        self.error(.invalidResponse, "\(self.program) at \(self.server) \(what)")
    }

    /// Makes an error of this stage from which the key, should a server have echoed it, is removed.
    func error(_ kind: StageError.Kind, _ message: String) -> StageError {
        StageError(kind, stage: self.stage, message: self.key?.redacted(from: message) ?? message)
    }

    /// What was thrown, as a `StageError`; a cancellation stays one.
    func failure(_ error: any Error) -> any Error {
        if error is StageError { return error }
        if Task.isCancelled || error is CancellationError { return CancellationError() }
        if let expired = error as? Watchdog.Expired { return self.late(expired) }
        let place = "\(self.program) at \(self.server)"
        if let error = error as? HTTPClientError {
            switch error {
            case .cancelled, .requestStreamCancelled:
                return CancellationError()
            case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
                return self.error(.unreachable, "\(self.server) does not answer; \(self.question)")
            case .deadlineExceeded, .readTimeout, .writeTimeout:
                return self.error(.timeout, "\(place) took too long")
            case .remoteConnectionClosed, .uncleanShutdown:
                return self.error(.invalidResponse, "\(place) closed the connection before its answer was complete")
            case .alreadyShutdown:
                return CancellationError()
            default:
                // The description of some of these holds header values, so only the kind is reported.
                return self.error(.failed, "the request to \(place) could not be made: \(error.shortDescription)")
            }
        }
        if let reason = self.connectionFailure(error) {
            return self.error(.unreachable, "no answer from \(self.server) (\(reason)); \(self.question)")
        }
        return self.error(.invalidResponse, "the connection to \(place) broke (\(type(of: error)))")
    }

    private var question: String { "is \(self.program) running there?" }

    private func late(_ expired: Watchdog.Expired) -> StageError {
        let place = "\(self.program) at \(self.server)"
        let seconds = Self.seconds(expired.limit)
        switch expired.phase {
        case .firstPart: return self.error(.timeout, "\(place) did not begin to answer within \(seconds)")
        case .betweenParts: return self.error(.timeout, "\(place) fell silent for \(seconds) in its answer")
        case .total: return self.error(.timeout, "\(place) did not finish within \(seconds)")
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        duration.formatted(fractionDigits: duration < .seconds(10) ? 1 : 0)
    }

    /// Why there was no connection, in two or three words; nil when this is another kind of failure.
    private func connectionFailure(_ error: any Error) -> String? {
        if let error = error as? NIOConnectionError {
            if let first = error.connectionErrors.first { return self.connectionFailure(first.error) }
            return error.dnsAError == nil && error.dnsAAAAError == nil ? "no connection" : "the name is not known"
        }
        if let error = error as? IOError {
            switch error.errnoCode {
            case ECONNREFUSED: return "connection refused"
            case EHOSTUNREACH, ENETUNREACH: return "no route to it"
            case ECONNRESET, EPIPE: return nil
            default: return "no connection"
            }
        }
        if error is SocketAddressError { return "the name is not known" }
        if case .connectTimeout? = error as? ChannelError { return "no answer" }
        return nil
    }
}

extension Duration {
    /// The duration in seconds for a person, such as "0.5 s".
    func formatted(fractionDigits: Int) -> String {
        let (seconds, attoseconds) = self.components
        guard fractionDigits > 0 else { return "\(seconds) s" }
        return "\(seconds).\(attoseconds / 100_000_000_000_000_000) s"
    }
}

/// What a server said of its own failure, as one short line.
struct ServerComplaint: Sendable, Equatable {
    /// The line; empty when the server said nothing.
    var message: String

    /// Longest line that is passed on.
    static let maximumLength = 240

    /// Reads the usual shapes: OpenAI's `error.message`, FastAPI's `detail`, plain text.
    init(_ body: some Collection<UInt8>) {
        if let json = JSONValue(body) {
            self.message = Self.line(Self.text(in: json) ?? "")
        } else {
            let text = String(decoding: body, as: UTF8.self)
            self.message = text.contains("<") ? "" : Self.line(text)
        }
    }

    private static func text(in json: JSONValue) -> String? {
        if let text = json.string { return text }
        if let first = json.array?.first { return Self.text(in: first) }
        for name in ["message", "msg", "error", "detail"] {
            if let value = json[name], let text = Self.text(in: value) { return text }
        }
        return nil
    }

    /// Makes any text fit into one line of a log: no control characters, no long runs of space.
    static func line(_ text: String) -> String {
        let words = text.prefix(4 * Self.maximumLength).split { $0.isWhitespace || $0.isNewline }
        let line = words.joined(separator: " ").filter { character in
            character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        }
        return line.count > Self.maximumLength ? line.prefix(Self.maximumLength) + "…" : line
    }
}
