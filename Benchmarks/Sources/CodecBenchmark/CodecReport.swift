import BenchmarkKit
import Foundation

/// All figures of one run: as tables, as JSON and as pictures.
struct CodecReport {
    private struct Document: Encodable {
        var machine: Machine
        var figures: [Figure]
        var responses: [Response]
        var targets: [Target]
    }

    let groups: [WorkloadGroup]
    let figures: [Figure]
    let responses: [Response]
    let machine: Machine

    private func figures(of group: String) -> [Figure] {
        self.figures.filter { $0.group == group }
    }

    private func figure(_ group: String, _ name: String) -> Figure? {
        self.figures(of: group).first { $0.name.contains(name) }
    }

    // MARK: Targets

    var targets: [Target] {
        var targets: [Target] = []
        for group in self.groups {
            if let ours = self.figure(group.name, "Svetlana"), let loop = self.figure(group.name, "in C") {
                targets.append(
                    Target("\(group.name), time as a multiple of C's", value: loop.ratio(of: ours), limit: 1.3)
                )
            }
            if let ours = self.figure(group.name, "Svetlana"), let fastest = self.figure(group.name, "FASTEST") {
                let text = "\(group.name), time as a part of SINC_FASTEST's"
                targets.append(Target(text, value: fastest.ratio(of: ours), limit: 0.1))
            }
        }
        let allocations = self.figures.filter { $0.isOurs && !$0.group.hasPrefix("Opus") }.compactMap(\.allocations)
        targets.append(Target("allocations of all of ours", value: allocations.reduce(0, +), limit: 0))
        for response in self.responses where response.isOurs {
            targets.append(Target("\(response.pair.name), ripple in dB", value: response.ripple, limit: 0.5))
            targets.append(
                Target("\(response.pair.name), loudest alias or image in dB", value: response.worst, limit: -70)
            )
        }
        return targets
    }

    // MARK: Text

    var markdown: String {
        var parts = [self.machine.text]
        for group in self.groups where !self.isResampling(group) {
            parts.append("### \(group.title)\n\n\(self.table(of: group).markdown)")
        }
        parts.append(
            "### Resampling 20 ms, beside ours the time of others as multiples of it\n\n\(self.resampling.markdown)"
        )
        parts.append("### What resampling does to frequencies\n\n\(self.responseTable.markdown)")
        let lines = self.targets.map { "- \($0.line)" }.joined(separator: "\n")
        parts.append("### Targets of the codecs\n\n\(lines)")
        return parts.joined(separator: "\n\n")
    }

    private func table(of group: WorkloadGroup) -> Table {
        let figures = self.figures(of: group.name)
        var table = Table([
            "", "ns/\(group.unit), median", "best", "instructions", "allocations", "time, ours = 1",
        ])
        for figure in figures {
            table.add([
                figure.name,
                decimal(figure.nanoseconds),
                decimal(figure.best),
                figure.instructions.map { decimal($0) } ?? "",
                figure.allocations.map { decimal($0, 1) } ?? "",
                figures.first.map { decimal($0.ratio(of: figure), 2) } ?? "",
            ])
        }
        return table
    }

    private func isResampling(_ group: WorkloadGroup) -> Bool {
        ResamplingWorkloads.pairs.contains { $0.name == group.name }
    }

    private var resampling: Table {
        let names = ResamplingWorkloads.candidates.map(\.name)
        var table = Table(["", "ours, ns, median", "best", "instructions", "allocations"] + names.dropFirst())
        for group in self.groups where self.isResampling(group) {
            let figures = self.figures(of: group.name)
            guard let ours = figures.first else { continue }
            table.add(
                [
                    group.name,
                    decimal(ours.nanoseconds),
                    decimal(ours.best),
                    ours.instructions.map { decimal($0) } ?? "",
                    ours.allocations.map { decimal($0, 1) } ?? "",
                ] + figures.dropFirst().map { "\(decimal(ours.ratio(of: $0), 2)) x" }
            )
        }
        return table
    }

    private var responseTable: Table {
        var table = Table([
            "", "ripple, dB", "-1 dB at, kHz", "alias or image, dB", "in the pass band, dB", "delay, ms",
        ])
        for response in self.responses {
            table.add([
                "\(response.pair.name), \(response.name)",
                decimal(response.ripple, 3),
                decimal(response.edge / 1_000, 2),
                decimal(response.worst, 1),
                decimal(response.worstInBand, 1),
                decimal(response.delay, 1),
            ])
        }
        return table
    }

    // MARK: Files

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(
            Document(machine: self.machine, figures: self.figures, responses: self.responses, targets: self.targets)
        )
    }

    /// Puts the tables between the marks in `Benchmarks.md` of that folder, and the pictures into its `images`.
    func publish(to folder: String) throws {
        let page = URL(fileURLWithPath: "\(folder)/Benchmarks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marks = ("<!-- codecs: begin -->", "<!-- codecs: end -->")
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1) else {
            throw WrongResult("\(page.path) has no marks \(marks.0) and \(marks.1)")
        }
        let filled = text[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + text[end.lowerBound...]
        try Data(filled.utf8).write(to: page)
        let images = "\(folder)/images"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        try Data(self.chart.svg.utf8).write(to: URL(fileURLWithPath: "\(images)/resampling.svg"))
    }

    private var chart: BarChart {
        let pair = RatePair(24_000, 8_000)
        let figures = self.figures(of: pair.name)
        return BarChart(
            title: "Resampling 20 ms of speech, \(pair.name)",
            subtitle: "CPU time in microseconds, and the loudest alias",
            bars: figures.map { figure in
                let response = self.responses.first { $0.pair == pair && $0.name == figure.name }
                return BarChart.Bar(
                    name: figure.name,
                    value: figure.nanoseconds,
                    label: decimal(figure.nanoseconds / 1_000, 1)
                        + (response.map { "  (\(decimal($0.worst)) dB)" } ?? ""),
                    isOurs: figure.isOurs
                )
            }
        )
    }
}
