/// Rows of text with a heading, printed in Markdown and aligned, so that a terminal shows it as well.
public struct Table: Sendable {
    private let columns: [String]
    private var rows: [[String]] = []

    /// Makes a table with the names of its columns; the first holds text, the others numbers on the right.
    public init(_ columns: [String]) {
        self.columns = columns
    }

    /// Adds a row; what is missing at its end stays empty.
    public mutating func add(_ cells: [String]) {
        self.rows.append(cells + Array(repeating: "", count: max(0, self.columns.count - cells.count)))
    }

    /// The table in Markdown.
    public var markdown: String {
        let widths = self.columns.indices.map { column in
            ([self.columns] + self.rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return column == 0 ? cells[column] + space : space + cells[column]
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = self.columns.indices.map { column in
            column == 0
                ? String(repeating: "-", count: widths[column] + 2)
                : String(repeating: "-", count: widths[column] + 1) + ":"
        }
        return ([line(self.columns), "|" + rule.joined(separator: "|") + "|"] + self.rows.map(line))
            .joined(separator: "\n")
    }
}

/// A number with so many digits behind the point, and its thousands apart.
public func decimal(_ value: Double, _ digits: Int = 0) -> String {
    guard value.isFinite else { return "-" }
    let factor = (0..<digits).reduce(1.0) { result, _ in result * 10 }
    let scaled = (value.magnitude * factor).rounded()
    let whole = Int64(scaled / factor)
    var text = ""
    for (index, digit) in String(whole).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    text = String(text.reversed())
    if digits > 0 {
        let fraction = String(Int64(scaled) - whole * Int64(factor))
        text += "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
    return value < 0 ? "-" + text : text
}
