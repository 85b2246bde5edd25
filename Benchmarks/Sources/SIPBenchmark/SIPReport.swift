import BenchmarkKit
import Foundation
import SIPWorkloads

/// All figures of one run: as tables, as JSON and as pictures.
struct SIPReport {
    private struct Document: Encodable {
        var machine: Machine
        var figures: [Figure]
        var bytesPerTransaction: [String: Double]
        var targets: [Target]
    }

    let corpus: Corpus
    let groups: [WorkloadGroup]
    let figures: [Figure]
    let memory: [(name: String, bytes: Double)]
    let machine: Machine

    // MARK: Finding figures

    private func figures(of group: String) -> [Figure] {
        self.figures.filter { $0.group == group }
    }

    private func figure(_ group: String, _ name: String) -> Figure? {
        self.figures(of: group).first { $0.name.hasPrefix(name) }
    }

    // MARK: Targets

    var targets: [Target] {
        var targets: [Target] = []
        func time(_ text: String, _ group: String, _ ours: String, _ peer: String, _ limit: Double) {
            guard let ours = self.figure(group, ours), let peer = self.figure(group, peer) else { return }
            targets.append(Target(text, value: peer.ratio(of: ours), limit: limit))
        }
        func allocations(_ text: String, _ group: String, _ ours: String, _ limit: Double) {
            guard let count = self.figure(group, ours)?.allocations else { return }
            targets.append(Target(text, value: count, limit: limit))
        }
        time("typed core, time as a part of sofia-sip's", "parse", "Svetlana, typed core", "sofia-sip", 1.0 / 5)
        allocations("typed core, allocations", "parse", "Svetlana, typed core", 0)
        time("owned message, time as a part of sofia-sip's", "parse", "Svetlana, owned", "sofia-sip", 1.0 / 4)
        allocations("owned message, allocations", "parse", "Svetlana, owned", 1)
        time("a 200, time as a part of libre's", "reply", "Svetlana, ResponseWriter", "libre", 1.0 / 5)
        allocations("a 200, allocations", "reply", "Svetlana, ResponseWriter", 0)
        for group in self.groups where group.unit == "transaction" {
            time("\(group.name), time with 100,000 live as a multiple of 100 live", group.name, "100,000", "100 ", 1.25)
            guard let few = self.figure(group.name, "100 ")?.instructions,
                let many = self.figure(group.name, "10,000 ")?.instructions
            else { continue }
            let text = "\(group.name), instructions with 10,000 live as a multiple of 100 live"
            targets.append(Target(text, value: many / few, limit: 1.05))
        }
        return targets
    }

    // MARK: Text

    var markdown: String {
        var parts = [
            """
            \(self.machine.text)

            \(self.corpus.messages.count) messages, on average \(decimal(self.corpus.meanLength)) bytes and \
            \(decimal(self.corpus.meanHeaders, 1)) header lines.
            """
        ]
        for group in self.groups { parts.append("### \(group.title)\n\n\(self.table(of: group).markdown)") }
        let scopes = (self.figures(of: "parse") + self.figures(of: "reply")).map { "- **\($0.name)**: \($0.scope)." }
        parts.append("### What is compared\n\n\(scopes.joined(separator: "\n"))")
        if !self.memory.isEmpty {
            var table = Table(["transactions that wait for their last timer", "bytes each"])
            for entry in self.memory { table.add([entry.name, decimal(entry.bytes)]) }
            parts.append("### Memory of a live transaction\n\n\(table.markdown)")
        }
        let lines = self.targets.map { "- \($0.line)" }.joined(separator: "\n")
        parts.append("### Targets\n\n\(lines)")
        return parts.joined(separator: "\n\n")
    }

    private func table(of group: WorkloadGroup) -> Table {
        let figures = self.figures(of: group.name)
        let ours = figures.first
        var table = Table([
            "", "ns/\(group.unit), median", "best", "\(group.unit)s/s", "instructions", "allocations", "time, ours = 1",
        ])
        for figure in figures {
            table.add([
                figure.name,
                decimal(figure.nanoseconds),
                decimal(figure.best),
                decimal(figure.rate),
                figure.instructions.map { decimal($0) } ?? "",
                figure.allocations.map { decimal($0, 1) } ?? "",
                ours.map { decimal($0.ratio(of: figure), 2) } ?? "",
            ])
        }
        return table
    }

    // MARK: Files

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let memory = Dictionary(self.memory.map { ($0.name, $0.bytes) }) { first, _ in first }
        return try encoder.encode(
            Document(machine: self.machine, figures: self.figures, bytesPerTransaction: memory, targets: self.targets)
        )
    }

    /// Puts the tables between the marks in `Benchmarks.md` of that folder, and the pictures into its `images`.
    func publish(to folder: String) throws {
        let page = URL(fileURLWithPath: "\(folder)/Benchmarks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marks = ("<!-- sip: begin -->", "<!-- sip: end -->")
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1) else {
            throw WrongResult("\(page.path) has no marks \(marks.0) and \(marks.1)")
        }
        let filled = text[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + text[end.lowerBound...]
        try Data(filled.utf8).write(to: page)
        let images = "\(folder)/images"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        for (name, chart) in self.charts {
            try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: "\(images)/\(name).svg"))
        }
    }

    private var charts: [(String, BarChart)] {
        [
            (
                "parse",
                self.chart(
                    "Reading a SIP message",
                    "CPU time of one message, nanoseconds: mean of twelve messages of a telephone's day",
                    self.figures(of: "parse")
                )
            ),
            (
                "reply",
                self.chart(
                    "Building a 200 to an INVITE",
                    "CPU time, nanoseconds, from a request that is already read",
                    self.figures(of: "reply")
                )
            ),
            (
                "transactions",
                BarChart(
                    title: "A server transaction, from OPTIONS to the end of its last timer",
                    subtitle: "CPU time, nanoseconds, by how many transactions live at once",
                    bars: self.figures(of: "OPTIONS server").map { figure in
                        BarChart.Bar(
                            name: figure.isOurs ? "Svetlana, \(figure.name)" : figure.name,
                            value: figure.nanoseconds,
                            label: decimal(figure.nanoseconds),
                            isOurs: figure.isOurs
                        )
                    }
                )
            ),
        ]
    }

    private func chart(_ title: String, _ subtitle: String, _ figures: [Figure]) -> BarChart {
        let ours = figures.first
        return BarChart(
            title: title,
            subtitle: subtitle,
            bars: figures.map { figure in
                let ratio = ours.map { $0.ratio(of: figure) } ?? 1
                let times = ratio == 1 ? "" : "  (\(decimal(ratio, 1)) x)"
                return BarChart.Bar(
                    name: figure.name,
                    value: figure.nanoseconds,
                    label: decimal(figure.nanoseconds) + times,
                    isOurs: figure.isOurs
                )
            }
        )
    }
}
