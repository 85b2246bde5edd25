import BenchmarkKit
import Foundation
import JitterTraces

/// All that one run found: as tables and as a picture.
struct JitterReport {
    var rows: [JitterRow] = []
    var reference: [ReferenceTable.Outcome] = []
    var allocations: [String: Double] = [:]
    var instructions: [String: Double] = [:]
    var seeds: UInt64 = 1
    var lacksRecorded = false
    var machine = Machine(packages: [])

    /// Whether everything is as it has to be.
    var passes: Bool {
        self.rows.allSatisfy { $0.passes || !$0.isJudged } && self.reference.allSatisfy(\.isMet)
            && self.allocations.values.allSatisfy { $0 == 0 }
    }

    // MARK: Text

    var markdown: String {
        var parts = [
            self.machine.text,
            """
            Means of \(self.seeds) \(self.seeds == 1 ? "seed" : "seeds"), 300 s each. ms: mean delay beyond the fastest \
            packet, and in brackets what 95 % of the time does not exceed; late: percent of the time that was made up \
            although the packet came; strch: percent of the time removed or inserted. rtpjitterbuffer holds the 200 ms \
            of its default.
            """,
        ]
        if self.lacksRecorded {
            parts.append(
                "The recorded trace is left out: SVETLANA_TEST_DATA names no folder with jitter/recorded-pcmu.csv."
            )
        }
        parts.append(self.table)
        parts.append("### Targets of the jitter table\n\n\(self.targets)")
        if !self.reference.isEmpty { parts.append("### The model of NetEQ beside its reference\n\n\(self.model)") }
        if !self.instructions.isEmpty { parts.append("### What playout of PCMU costs\n\n\(self.cost)") }
        return parts.joined(separator: "\n\n")
    }

    private var players: [Player] {
        Player.allCases.filter { player in self.rows.contains { $0.figures(of: player) != nil } }
    }

    private var table: String {
        var columns = ["trace", "lost %"]
        for player in self.players {
            columns += ["\(player.name) ms", "late"]
            if player == .ours || player == .model { columns.append("strch") }
        }
        var table = Table(columns)
        for row in self.rows {
            var cells = [row.name, decimal(row.meanLoss, 2)]
            for player in self.players {
                let figures = row.figures(of: player)
                cells.append(figures.map { "\(decimal($0.mean)) (\(decimal($0.delay95)))" } ?? "")
                cells.append(figures.map { decimal($0.late, 2) } ?? "")
                if player == .ours || player == .model { cells.append(figures.map { decimal($0.stretched, 2) } ?? "") }
            }
            table.add(cells)
        }
        return table.markdown
    }

    /// One line a trace: the worst of all plays against what is asked.
    private var targets: String {
        let lines = self.rows.map { row in
            let verdict = row.isJudged ? (row.passes ? "PASS" : "FAIL") : "told"
            let gain = decimal(row.worst.gain, 1)
            let late = decimal(row.worst.late, 2)
            return
                "- \(verdict)  \(row.name): reached in \(row.reached) of \(row.plays); at worst \(gain) ms sooner than the "
                + "model (at least 10) and \(late) points later (at most 0.3)"
        }
        return lines.joined(separator: "\n")
    }

    private var model: String {
        var table = Table(["trace", "target", "reference ms", "late", "model ms", "late", ""])
        for outcome in self.reference {
            let row = outcome.row
            table.add([
                row.trace,
                row.fixed.map { "\($0) ms" } ?? "NetEQ",
                decimal(row.mean) + (row.delay95.map { " (\(decimal($0)))" } ?? ""),
                decimal(row.late, 2),
                "\(decimal(outcome.mean)) (\(decimal(outcome.delay95)))",
                decimal(outcome.late, 2),
                outcome.isMet ? "met" : "NOT met",
            ])
        }
        return table.markdown
    }

    private var cost: String {
        var table = Table(["network", "instructions a frame of 20 ms", "allocations a frame"])
        for key in self.instructions.keys.sorted() {
            let name = key.drop { $0 != "/" }.dropFirst()
            table.add([
                String(name), decimal(self.instructions[key] ?? 0), self.allocations[key].map { decimal($0, 4) } ?? "",
            ])
        }
        return table.markdown
    }

    // MARK: Files

    /// Puts the tables between the marks in `Benchmarks.md` of that folder, and the picture into its `images`.
    func publish(to folder: String) throws {
        let page = URL(fileURLWithPath: "\(folder)/Benchmarks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marks = ("<!-- jitter: begin -->", "<!-- jitter: end -->")
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1) else {
            throw WrongResult("\(page.path) has no marks \(marks.0) and \(marks.1)")
        }
        let filled = text[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + text[end.lowerBound...]
        try Data(filled.utf8).write(to: page)
        let images = "\(folder)/images"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        let chart = JitterChart(rows: self.rows, players: self.players)
        try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: "\(images)/jitter.svg"))
    }
}
