/// Horizontal bars in an SVG, with room for a name and a value each.
public struct BarChart: Sendable {
    /// One bar.
    public struct Bar: Sendable {
        /// What stands before it.
        public var name: String
        /// Its length.
        public var value: Double
        /// What stands behind it.
        public var label: String
        /// Whether it is ours, and stands out.
        public var isOurs: Bool

        /// Makes a bar from its parts.
        public init(name: String, value: Double, label: String, isOurs: Bool) {
            self.name = name
            self.value = value
            self.label = label
            self.isOurs = isOurs
        }
    }

    private let title: String
    private let subtitle: String
    private let bars: [Bar]

    /// Makes a chart.
    public init(title: String, subtitle: String, bars: [Bar]) {
        self.title = title
        self.subtitle = subtitle
        self.bars = bars
    }

    /// The chart in SVG, on a ground of its own, so that it can be read on light and dark pages.
    public var svg: String {
        let width = 760
        let nameWidth = 250
        let labelWidth = 150
        let rowHeight = 30
        let top = 72
        let height = top + self.bars.count * rowHeight + 20
        let longest = max(self.bars.map(\.value).max() ?? 1, .leastNonzeroMagnitude)
        let room = Double(width - nameWidth - labelWidth)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
                + " viewBox=\"0 0 \(width) \(height)\" role=\"img\" font-family=\"sans-serif\">",
            "<title>\(Self.escaped(self.title))</title>",
            "<rect width=\"\(width)\" height=\"\(height)\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d0d7de\"/>",
            Self.text(20, 30, self.title, size: 17, color: "#1f2328", weight: "bold"),
            Self.text(20, 52, self.subtitle, size: 13, color: "#59636e"),
        ]
        for (index, bar) in self.bars.enumerated() {
            let y = top + index * rowHeight
            let length = max(room * bar.value / longest, 2).rounded()
            let color = bar.isOurs ? "#e8590c" : "#8c959f"
            lines.append(
                Self.text(nameWidth - 10, y + 16, bar.name, size: 14, color: "#1f2328", anchor: "end")
            )
            lines.append(
                "<rect x=\"\(nameWidth)\" y=\"\(y)\" width=\"\(Int(length))\" height=\"22\" rx=\"3\" fill=\"\(color)\"/>"
            )
            lines.append(Self.text(nameWidth + Int(length) + 8, y + 16, bar.label, size: 13, color: "#1f2328"))
        }
        lines.append("</svg>\n")
        return lines.joined(separator: "\n")
    }

    private static func text(
        _ x: Int,
        _ y: Int,
        _ text: String,
        size: Int,
        color: String,
        weight: String = "normal",
        anchor: String = "start"
    ) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" font-weight=\"\(weight)\" text-anchor=\"\(anchor)\""
            + " fill=\"\(color)\">\(Self.escaped(text))</text>"
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;")
            .split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
    }
}
