import CallCore
import CoreTypes
import Foundation
import Logging

/// Writes a log as lines for people: the text first, then what belongs to it as `key=value`.
///
/// Under journald a line begins with its priority (`<6>`) and has no time, for the journal has both. What other packages say at
/// debug and trace is left out. Nothing in a line can move a terminal's cursor or begin another line.
struct TextLog: LogHandler {
    /// How a line begins.
    enum Style: Sendable, Equatable {
        /// The time and the level.
        case dated
        /// The priority of syslog in angle brackets, as sd-daemon(3) has it.
        case journal

        /// The style for what standard error is connected to.
        static func detected(_ environment: [String: String]) -> Style {
            environment["JOURNAL_STREAM"] == nil ? .dated : .journal
        }
    }

    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let style: Style
    private let now: @Sendable () -> Date
    private let write: @Sendable (String) -> Void

    /// Makes a log; `write` gets each line with its line end.
    init(
        style: Style,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if event.level < .info, !Self.ownModules.contains(event.source) { return }
        var all = self.metadata
        if let provided = self.metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        var line: String
        switch self.style {
        case .dated: line = "\(self.now().formatted(Self.time)) \(event.level.rawValue) "
        case .journal: line = "<\(Self.priority(event.level))>"
        }
        line += PlainText.line("\(event.message)", limit: 2_000)
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(Self.quoted(PlainText.line("\(value)", limit: 1_000)))"
        }
        self.write(line + "\n")
    }

    /// A value with blanks is quoted, so that the next key is found.
    private static func quoted(_ value: String) -> String {
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }

    private static let ownModules: Set<String> = [
        "svetlana", "Telephony", "CallCore", "VoicePipeline", "VoiceProviders", "LocalSpeech",
    ]
    private static let time = Date.ISO8601FormatStyle(timeZone: .current)
        .year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true)
}

extension Logger {
    /// A logger that writes lines to standard error.
    static func make(_ settings: BotConfiguration.LogSettings, label: String = "svetlana") -> Logger {
        let style = TextLog.Style.detected(ProcessInfo.processInfo.environment)
        var logger = Logger(label: label) { _ in
            TextLog(style: style) { line in
                // One call a line: lines of several threads do not mix.
                try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
            }
        }
        logger.logLevel = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        return logger
    }
}

/// What may stand in a log.
extension BotConfiguration {
    /// A number: its last digit only, unless the owner wants it whole.
    func redact(_ number: String?) -> String {
        guard let number else { return "unknown" }
        let line = PlainText.line(number, limit: 40)
        return self.log.redact ? "…" + line.suffix(1) : line
    }

    /// A party: the number, and the name of who is listed. While numbers are left out, so are names, but for the owner's,
    /// which this configuration gives.
    func describe(_ party: PartyIdentity, _ household: Household) -> String {
        let number = party.isPrivate ? "a withheld number" : self.redact(party.number)
        var name: String?
        if household.isOwner(party) {
            name = self.owner.name
        } else if household.trusts(party), !self.log.redact {
            name = party.shownName
        }
        return number + (name.map { " (\(PlainText.line($0, limit: 40)))" } ?? "")
    }
}

/// The log of the call that a task works for: what it starts finds it too.
enum CallLog {
    @TaskLocal static var logger: Logger?
}
