import Foundation

/// Instruction counts that a change must not exceed, kept in a file beside the benchmarks.
public struct Thresholds: Sendable {
    /// By how much a count may differ before something is said, in parts of it.
    public static let tolerance = 0.03

    private let file: String
    private var counts: [String: Double]

    /// Reads the file; an absent one holds nothing.
    public init(file: String) throws {
        self.file = file
        let data = FileManager.default.contents(atPath: file) ?? Data("{}".utf8)
        self.counts = try JSONDecoder().decode([String: Double].self, from: data)
    }

    /// Compares with what was counted; the lines to print, and whether nothing got worse.
    public func compare(_ counted: [String: Double]) -> (lines: [String], passes: Bool) {
        var lines: [String] = []
        var passes = true
        var improved = false
        for name in Set(self.counts.keys).union(counted.keys).sorted() {
            guard let now = counted[name] else {
                lines.append("FAIL  \(name): is in the thresholds, but was not counted")
                passes = false
                continue
            }
            guard let before = self.counts[name] else {
                lines.append("FAIL  \(name): \(decimal(now)) instructions, and no threshold yet")
                passes = false
                continue
            }
            let change = before > 0 ? now / before - 1 : 0
            let text = "\(name): \(decimal(now)) instructions, threshold \(decimal(before))"
            let percent = "\(change < 0 ? "" : "+")\(decimal(change * 100, 1)) %"
            if change > Self.tolerance {
                lines.append("FAIL  \(text) (\(percent))")
                passes = false
            } else {
                lines.append("PASS  \(text) (\(percent))")
                if change < -Self.tolerance { improved = true }
            }
        }
        if !passes {
            lines += [
                "",
                "The path got longer, or its workload changed. Look where: Scripts/bench instructions --annotate NAME.",
                "If the work is wanted, take the new counts with Scripts/bench instructions --update,",
                "and say in the commit what they buy.",
            ]
        } else if improved {
            lines += [
                "",
                "Some paths got shorter: keep what was won with Scripts/bench instructions --update.",
            ]
        }
        return (lines, passes)
    }

    /// Takes what was counted as the new thresholds.
    public mutating func update(_ counted: [String: Double]) throws {
        self.counts = counted.mapValues { $0.rounded() }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(self.counts)
        data.append(0x0A)
        try data.write(to: URL(fileURLWithPath: self.file))
    }
}
