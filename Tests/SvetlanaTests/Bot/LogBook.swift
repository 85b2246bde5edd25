import Logging
import Synchronization

/// Keeps the lines of a log, and lets a test wait for one.
final class LogBook: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(needle: String, continuation: AsyncStream<String>.Continuation)] = []
    }
    private let state = Mutex(State())

    /// Why a line did not come.
    struct NoSuchLine: Error, CustomStringConvertible {
        let needle: String
        let lines: [String]
        var description: String { "no line has '\(self.needle)':\n\(self.lines.joined(separator: "\n"))" }
    }

    /// The lines so far: level, text and metadata.
    var lines: [String] { self.state.withLock { $0.lines } }

    /// A logger whose lines are kept.
    var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    /// How many lines hold a text.
    func count(of needle: String) -> Int {
        self.lines.count(where: { $0.contains(needle) })
    }

    /// The first line that holds a text, as soon as there is one.
    ///
    /// - Throws: ``NoSuchLine`` when the test is over before.
    func line(_ needle: String) async throws -> String {
        let (found, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1))
        self.state.withLock { state in
            if let line = state.lines.first(where: { $0.contains(needle) }) {
                continuation.yield(line)
            } else {
                state.waiting.append((needle, continuation))
            }
        }
        for await line in found { return line }
        throw NoSuchLine(needle: needle, lines: self.lines)
    }

    private func append(_ line: String) {
        self.state.withLock { state in
            state.lines.append(line)
            state.waiting.removeAll { waiting in
                guard line.contains(waiting.needle) else { return false }
                waiting.continuation.yield(line)
                return true
            }
        }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        init(book: LogBook) {
            self.book = book
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = self.metadata.merging(event.metadata ?? [:]) { $1 }
            let values = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            self.book.append("\(event.level): \(event.message)\(values)")
        }
    }
}
