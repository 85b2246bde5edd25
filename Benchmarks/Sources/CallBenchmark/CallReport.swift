import BenchmarkKit
import Foundation

/// All figures of one run: as a table and as JSON.
struct CallReport {
    private struct Document: Encodable {
        var machine: Machine
        var figures: [CallFigure]
        var targets: [Target]
    }

    var machine: Machine
    var figures: [CallFigure] = []

    /// What sipp's answerer does beside as many dialogs.
    private func measure(_ dialogs: Int) -> Double? {
        self.figures.first { $0.answerer == .sipp && $0.dialogs == dialogs }?.perSecond
    }

    /// For the record, not for CI: the ratio depends on the machine and its neighbors.
    var targets: [Target] {
        var targets: [Target] = []
        let ours = self.figures.filter { $0.answerer == .ours }
        for figure in ours where figure.audio != .bothWays {
            guard let measure = self.measure(figure.dialogs) else { continue }
            let text = "CPU of a call, audio \(figure.audio.rawValue), beside \(figure.dialogs) dialogs, sipp's = 1"
            targets.append(Target(text, value: measure / figure.perSecond, limit: 1 / 0.6))
        }
        for audio in [CallAudio.none, .oneWay] {
            let row = ours.filter { $0.audio == audio }
            guard let first = row.first, let last = row.last, first.dialogs < last.dialogs else { continue }
            let text =
                "CPU of a call, audio \(audio.rawValue), beside \(last.dialogs) dialogs, beside \(first.dialogs) = 1"
            targets.append(Target(text, value: first.perSecond / last.perSecond, limit: 1.25))
        }
        return targets
    }

    /// The whole report.
    var markdown: String {
        let lines = self.targets.map { "- \($0.line)" }.joined(separator: "\n")
        return [self.machine.text, self.table.markdown, lines].joined(separator: "\n\n")
    }

    private var table: Table {
        var table = Table([
            "", "standing dialogs", "audio", "calls a CPU second", "sipp's answerer = 1", "switches a call",
            "% of a core that the dialogs take",
        ])
        for figure in self.figures {
            table.add([
                figure.answerer.title, decimal(Double(figure.dialogs)), figure.audio.rawValue,
                decimal(figure.perSecond), self.measure(figure.dialogs).map { decimal(figure.perSecond / $0, 2) } ?? "",
                decimal(figure.switches, 1), decimal(100 * figure.standing, 1),
            ])
        }
        return table
    }

    // MARK: Files

    /// The figures for a program.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Document(machine: self.machine, figures: self.figures, targets: self.targets))
    }

    /// Puts the table between the marks in `Benchmarks.md` of that folder.
    func publish(to folder: String) throws {
        let page = URL(fileURLWithPath: "\(folder)/Benchmarks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marks = ("<!-- calls: begin -->", "<!-- calls: end -->")
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1) else {
            throw WrongResult("\(page.path) has no marks \(marks.0) and \(marks.1)")
        }
        let filled = text[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + text[end.lowerBound...]
        try Data(filled.utf8).write(to: page)
    }
}
