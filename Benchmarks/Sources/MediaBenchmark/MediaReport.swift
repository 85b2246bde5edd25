import BenchmarkKit
import Foundation

/// All figures of one run: as tables, as JSON and as a picture.
struct MediaReport {
    /// The same legs, ours and baresip's.
    struct Pair: Encodable {
        var speech: Speech
        var setup: Baresip.Setup
        var ours: MediaFigure
        var peer: MediaFigure

        /// Our CPU time a leg as a part of the peer's.
        var ratio: Double { self.ours.cost / max(self.peer.cost, 1e-9) }
    }

    private struct Document: Encodable {
        var machine: Machine
        var capacities: [MediaFigure]
        var pairs: [Pair]
        var memory: [MemoryFigure]
        var steps: [StepFigure]
        var targets: [Target]
    }

    var machine: Machine
    var capacities: [MediaFigure] = []
    var pairs: [Pair] = []
    var memory: [MemoryFigure] = []
    var steps: [StepFigure] = []

    private func figure(_ carrier: Carrier) -> MediaFigure? {
        self.capacities.first { $0.name == carrier.title }
    }

    // MARK: Targets

    var targets: [Target] {
        var targets: [Target] = []
        func cores(_ legs: Double, _ text: String, _ carrier: Carrier) {
            guard let figure = self.figure(carrier) else { return }
            targets.append(Target("cores for \(text)", value: legs / figure.capacity, limit: 1))
        }
        cores(2_000, "2,000 whole PCMU legs", .whole(.pcmu))
        cores(3_000, "3,000 relayed PCMU legs", .relay)
        cores(150, "150 whole Opus legs at complexity 5", .whole(.opus))
        for figure in self.capacities {
            guard let late = figure.lateTicks else { continue }
            targets.append(Target("\(figure.name), ticks of 1,000 that are 5 ms late", value: late, limit: 1))
        }
        // A row whose telephones were late says little: packets came in bunches, which are cheaper.
        for figure in self.capacities {
            let late = figure.load.ownLateness.p999
            targets.append(Target("\(figure.name), ms that its telephones were late at 99.9 %", value: late, limit: 5))
        }
        // With the same settings nearly all of an Opus leg is libopus, on both sides: that row is for the record.
        for pair in self.pairs where pair.speech != .opus || pair.setup == .asShipped {
            let text = "CPU of \(pair.ours.legs) \(pair.speech.title) legs as a part of \(pair.peer.name)'s"
            targets.append(Target(text, value: pair.ratio, limit: 0.5))
        }
        for figure in self.memory {
            targets.append(Target("\(figure.name), allocations", value: Double(figure.allocations), limit: 0))
            let kibibytes = figure.bytesPerLeg / 1_024
            targets.append(Target("\(figure.name), KiB a leg besides the codec's", value: kibibytes, limit: 32))
        }
        return targets + self.steps.flatMap(\.targets)
    }

    // MARK: Text

    var markdown: String {
        let lines = self.targets.map { "- \($0.line)" }.joined(separator: "\n")
        return [
            self.machine.text,
            "### Legs that one core carries\n\n\(self.capacityTable.markdown)",
            "### The same calls to baresip\n\n\(self.pairTable.markdown)",
            "### Memory and allocations\n\n\(self.memoryTable.markdown)",
            "### Walked through, instruction by instruction\n\n\(StepFigure.table(self.steps).markdown)",
            "### Targets\n\n\(lines)",
        ].joined(separator: "\n\n")
    }

    private var capacityTable: Table {
        var table = Table([
            "", "legs a core", "legs measured", "% of the core", "µs of CPU a leg and second", "ticks late, of 1,000",
            "echo late, ms at 99.9 %", "telephones late, ms at 99.9 %", "lost of 1,000", "steal %",
        ])
        for figure in self.capacities {
            table.add([figure.name, decimal(figure.capacity)] + Self.cells(figure))
        }
        return table
    }

    private static func cells(_ figure: MediaFigure) -> [String] {
        let expected = Double(figure.load.received + figure.load.missing)
        return [
            decimal(Double(figure.legs)), decimal(100 * figure.share, 1), decimal(figure.cost, 1),
            figure.lateTicks.map { decimal($0, 3) } ?? "", decimal(figure.load.lateness.p999, 2),
            decimal(figure.load.ownLateness.p999, 2),
            decimal(1_000 * Double(figure.load.missing) / max(expected, 1), 3), decimal(figure.steal, 1),
        ]
    }

    private var pairTable: Table {
        var table = Table([
            "", "legs", "% of the core", "µs of CPU a leg and second", "threads", "KiB resident a leg",
            "echo late, ms at 99.9 %", "CPU, ours = 1",
        ])
        var shown: Set<String> = []
        for pair in self.pairs {
            for figure in [pair.ours, pair.peer] where shown.insert(figure.name).inserted {
                table.add([
                    figure.name, decimal(Double(figure.legs)), decimal(100 * figure.share, 1), decimal(figure.cost, 1),
                    "\(figure.threads)", decimal(figure.residentBytesPerLeg / 1_024, 1),
                    decimal(figure.load.lateness.p999, 2), decimal(figure.cost / pair.ours.cost, 2),
                ])
            }
        }
        return table
    }

    private var memoryTable: Table {
        var table = Table([
            "", "legs", "packets in and out", "allocations meanwhile", "bytes a leg", "bytes of the codec",
        ])
        for figure in self.memory {
            table.add([
                figure.name, "\(figure.legs)", decimal(Double(figure.packets)), "\(figure.allocations)",
                decimal(figure.bytesPerLeg), decimal(figure.codecBytes),
            ])
        }
        return table
    }

    // MARK: Files

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(
            Document(
                machine: self.machine,
                capacities: self.capacities,
                pairs: self.pairs,
                memory: self.memory,
                steps: self.steps,
                targets: self.targets
            )
        )
    }

    /// Puts the tables between the marks in `Benchmarks.md` of that folder, and the picture into its `images`.
    func publish(to folder: String) throws {
        let page = URL(fileURLWithPath: "\(folder)/Benchmarks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marks = ("<!-- media: begin -->", "<!-- media: end -->")
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1) else {
            throw WrongResult("\(page.path) has no marks \(marks.0) and \(marks.1)")
        }
        let filled = text[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + text[end.lowerBound...]
        try Data(filled.utf8).write(to: page)
        let images = "\(folder)/images"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        try Data(self.chart.svg.utf8).write(to: URL(fileURLWithPath: "\(images)/media.svg"))
    }

    private var chart: BarChart {
        let figures = self.capacities + self.pairs.map(\.peer)
        return BarChart(
            title: "Calls that one core carries",
            subtitle: "legs, by the share of a core that those of the measurement took",
            bars: figures.map { figure in
                BarChart.Bar(
                    name: figure.name,
                    value: figure.capacity,
                    label: decimal(figure.capacity),
                    isOurs: figure.isOurs
                )
            }
        )
    }
}
