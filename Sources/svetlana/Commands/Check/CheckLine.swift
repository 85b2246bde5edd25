import VoicePipeline

/// What became of one probe of `svetlana check`.
struct CheckLine: Encodable, Sendable, Equatable {
    /// How it ended.
    enum State: String, Sendable {
        /// As it should be.
        case ok
        /// It works, and is seldom meant so, or may not last.
        case warning
        /// It does not work.
        case failed
    }

    /// What was probed, such as `registration`.
    var piece: String
    /// How it ended.
    var state: State
    /// What was found.
    var found: String
    /// What to do, the likeliest first.
    var advice: [String] = []
    /// The exit code of a failure.
    var status = ExitStatus.success

    /// Something that is as it should be.
    static func ok(_ piece: String, _ found: String, advice: [String] = []) -> CheckLine {
        CheckLine(piece: piece, state: .ok, found: found, advice: advice)
    }

    /// Something to look at.
    static func warning(_ piece: String, _ found: String, advice: [String] = []) -> CheckLine {
        CheckLine(piece: piece, state: .warning, found: found, advice: advice)
    }

    /// Something that does not work.
    static func failed(_ piece: String, _ found: String, advice: [String] = [], _ status: ExitStatus) -> CheckLine {
        CheckLine(piece: piece, state: .failed, found: found, advice: advice, status: status)
    }

    /// What a stage's probe found.
    init(_ piece: String, _ probe: Stages.Probe) {
        self.init(
            piece: piece,
            state: probe.result.ok ? .ok : .failed,
            found: probe.result.found,
            advice: probe.result.advice.map { [$0] } ?? [],
            status: probe.status
        )
    }

    init(piece: String, state: State, found: String, advice: [String] = [], status: ExitStatus = .success) {
        self.piece = piece
        self.state = state
        self.found = found
        self.advice = advice
        self.status = status
    }

    /// For a person.
    var text: String {
        let mark =
            switch self.state {
            case .ok: "ok     "
            case .warning: "WARNING"
            case .failed: "FAILED "
            }
        return (["\(mark) \(self.piece): \(self.found)"] + self.advice.map { "        -> \($0)" }).joined(
            separator: "\n"
        )
    }

    private enum Key: String, CodingKey {
        case piece, ok, state, found, advice, exitCode
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.piece, forKey: .piece)
        try container.encode(self.state != .failed, forKey: .ok)
        try container.encode(self.state.rawValue, forKey: .state)
        try container.encode(self.found, forKey: .found)
        try container.encode(self.advice, forKey: .advice)
        try container.encode(self.state == .failed ? self.status.rawValue : 0, forKey: .exitCode)
    }
}

/// All lines of a check, as JSON: the first failure decides.
struct CheckReport: Sendable {
    /// The lines in their order.
    var lines: [CheckLine] = []

    /// How the check ends.
    var status: ExitStatus { self.failure?.status ?? .success }

    private var failure: CheckLine? { self.lines.first { $0.state == .failed } }

    private struct Pieces: Encodable, Sendable {
        var pieces: [CheckLine]
    }

    /// The object that `--json` prints.
    var output: some Encodable & Sendable {
        let warnings = self.lines.filter { $0.state == .warning }
        let summary =
            self.failure.map { "\($0.piece): \($0.found)" }
            ?? (warnings.isEmpty ? "everything is in order" : "everything works; look at the remarks")
        return ProgramOutput(
            command: "check",
            status: self.status,
            summary: summary,
            advice: self.failure?.advice ?? [],
            remarks: warnings.map { "\($0.piece): \($0.found)" },
            body: Pieces(pieces: self.lines)
        )
    }
}
