/// Dots for every trace: on the left how late it is played, on the right how much of it came too late for that.
///
/// On both sides nearer to the left is better, and one can be had for the other: who is left of the others on both sides
/// is better, who is only on one has paid for it.
struct JitterChart {
    let rows: [JitterRow]
    let players: [Player]

    private static let nameWidth = 190
    private static let panel = 380
    private static let gap = 50
    private static let top = 104
    private static let rowHeight = 26
    private static let longestDelay = 400.0
    private static let mostLate = 2.0

    /// The chart in SVG, on a ground of its own, so that it can be read on light and dark pages.
    var svg: String {
        let width = Self.nameWidth + 2 * Self.panel + Self.gap + 40
        let height = Self.top + self.rows.count * Self.rowHeight + 44
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
                + " viewBox=\"0 0 \(width) \(height)\" role=\"img\" font-family=\"sans-serif\">",
            "<title>Delay and late audio of jitter buffers</title>",
            "<rect width=\"\(width)\" height=\"\(height)\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d0d7de\"/>",
            Self.text(20, 30, "Jitter buffers on the same traces", size: 17, weight: "bold"),
        ]
        var x = 20
        for player in self.players {
            lines.append(self.dot(player, x: x + 6, y: 52, text: player.name))
            lines.append(Self.text(x + 18, 57, player.name, size: 13))
            x += 40 + player.name.count * 8
        }
        let left = Self.nameWidth
        let right = Self.nameWidth + Self.panel + Self.gap
        lines.append(Self.text(left, 84, "mean delay beyond the fastest packet, ms", size: 13, color: "#59636e"))
        lines.append(
            Self.text(right, 84, "percent of the time made up although the packet came", size: 13, color: "#59636e")
        )
        lines += self.grid(left, step: 100, most: Self.longestDelay, digits: 0, height: height)
        lines += self.grid(right, step: 0.5, most: Self.mostLate, digits: 1, height: height)
        for (index, row) in self.rows.enumerated() {
            let y = Self.top + index * Self.rowHeight + Self.rowHeight / 2
            let color = row.isJudged ? "#1f2328" : "#8c959f"
            lines.append(Self.text(Self.nameWidth - 14, y + 5, row.name, size: 13, color: color, anchor: "end"))
            lines.append(
                "<path d=\"M\(left) \(y)h\(Self.panel)M\(right) \(y)h\(Self.panel)\" stroke=\"#eaeef2\"/>"
            )
            // Ours is drawn last, so that nothing hides it.
            for player in self.players.reversed() {
                guard let figures = row.figures(of: player) else { continue }
                let delay = Self.place(figures.mean, Self.longestDelay)
                let late = Self.place(figures.late, Self.mostLate)
                lines.append(
                    self.dot(player, x: left + delay, y: y, text: "\(player.name): \(Int(figures.mean.rounded())) ms")
                )
                let percent = (figures.late * 100).rounded() / 100
                lines.append(self.dot(player, x: right + late, y: y, text: "\(player.name): \(percent) %"))
            }
        }
        lines.append(
            Self.text(
                20,
                height - 14,
                "Dots at the right edge lie beyond it. Traces in gray are told and not judged.",
                size: 12,
                color: "#59636e"
            )
        )
        lines.append("</svg>\n")
        return lines.joined(separator: "\n")
    }

    private static func place(_ value: Double, _ most: Double) -> Int {
        Int((min(max(value / most, 0), 1.02) * Double(self.panel)).rounded())
    }

    private func grid(_ x: Int, step: Double, most: Double, digits: Int, height: Int) -> [String] {
        let bottom = height - 40
        return stride(from: 0, through: most, by: step).flatMap { value in
            let place = x + Self.place(value, most)
            let whole = Int(value)
            let text = digits == 0 ? "\(whole)" : "\(whole).\(Int((value - Double(whole)) * 10))"
            return [
                "<path d=\"M\(place) \(Self.top)V\(bottom)\" stroke=\"#d0d7de\"/>",
                Self.text(place, Self.top - 4, text, size: 11, color: "#59636e", anchor: "middle"),
            ]
        }
    }

    private func dot(_ player: Player, x: Int, y: Int, text: String) -> String {
        let title = "<title>\(text)</title>"
        return switch player {
        case .ours: "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"6\" fill=\"#e8590c\">\(title)</circle>"
        case .model:
            "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"5\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"2.5\">\(title)</circle>"
        case .speex: "<path d=\"M\(x - 5) \(y + 4)h10l-5 -9z\" fill=\"#8c959f\">\(title)</path>"
        case .gstreamer:
            "<rect x=\"\(x - 4)\" y=\"\(y - 4)\" width=\"8\" height=\"8\" fill=\"#57606a\">\(title)</rect>"
        }
    }

    private static func text(
        _ x: Int,
        _ y: Int,
        _ text: String,
        size: Int,
        color: String = "#1f2328",
        weight: String = "normal",
        anchor: String = "start"
    ) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" font-weight=\"\(weight)\" text-anchor=\"\(anchor)\""
            + " fill=\"\(color)\">\(text)</text>"
    }
}
