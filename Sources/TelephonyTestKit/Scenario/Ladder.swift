public import CoreTypes
import SIPCore

/// A sequence diagram of a simulation in plain text: one column a host, one line a message, with its fate.
public struct Ladder: Sendable {
    /// The lines.
    public let lines: [String]

    /// Draws what happened; hosts stand in the order given.
    public init(_ simulation: Simulation, hosts: [(name: String, address: IPAddress)]) {
        let width = 34
        var columns: [IPAddress: Int] = [:]
        for (index, host) in hosts.enumerated() { columns[host.address] = index }
        let blank = Array(repeating: Character(" "), count: max(hosts.count - 1, 0) * width + 1)
        func lifelines() -> [Character] {
            var line = blank
            for index in hosts.indices { line[index * width] = "|" }
            return line
        }
        func put(_ text: String, at start: Int, in line: inout [Character]) {
            for (offset, character) in text.enumerated() where line.indices.contains(start + offset) {
                line[start + offset] = character
            }
        }
        var head = Array(repeating: Character(" "), count: blank.count + width)
        for (index, host) in hosts.enumerated() { put(host.name, at: index * width, in: &head) }
        var lines = ["         s  " + String(head)]
        func add(_ instant: Instant, _ line: [Character], _ remark: String) {
            let time = Self.text(instant)
            let pad = String(repeating: " ", count: max(0, 10 - time.count))
            lines.append("\(pad)\(time)  \(String(line))\(remark.isEmpty ? "" : "  \(remark)")")
        }
        let inside = simulation.translators.indices.map { simulation.translators[$0].address }
        for entry in simulation.entries {
            var line = lifelines()
            switch entry {
            case .sent(let index):
                let sent = simulation.sent[index]
                let from = columns[sent.from.host] ?? 0
                // What goes to a translator goes to the host behind it.
                let behind = inside.firstIndex(of: sent.to.host).flatMap { _ in
                    hosts.firstIndex { $0.address != sent.from.host && simulation.isBehindNAT($0.address) }
                }
                let to = columns[sent.to.host] ?? behind ?? from
                let (left, right) = (min(from, to) * width + 1, max(from, to) * width)
                guard right > left else { continue }
                for position in left..<right { line[position] = "-" }
                put(Self.label(sent.bytes), at: left + 3, in: &line)
                var remark = ""
                switch sent.fate {
                case .arrives(at: let instant, again: let again):
                    line[from < to ? right - 1 : left] = from < to ? ">" : "<"
                    remark = "arrives \(Self.text(instant))"
                    if let again { remark += ", again \(Self.text(again))" }
                case .lost: remark = "LOST"
                case .cut: remark = "CUT OFF"
                case .dropped: remark = "QUEUE FULL"
                }
                if case .arrives = sent.fate {} else { line[from < to ? right - 1 : left] = "X" }
                add(sent.instant, line, remark)
            case .delivered, .broken: continue
            case .blocked(let index):
                add(
                    simulation.sent[index].instant,
                    line,
                    "(\(Self.label(simulation.sent[index].bytes)) blocked by the NAT)"
                )
            case .note(let host, let text, let number, let instant):
                let name = host.flatMap { columns[$0] }.map { hosts[$0].name } ?? "*"
                add(instant, line, "\(name) \(text) \(number)")
            }
        }
        self.lines = lines
    }

    /// "INVITE 1a2b3c" or "486 INVITE 1a2b3c": what a message is, and the end of its branch.
    static func label(_ bytes: [UInt8]) -> String {
        guard let message = try? SIPMessage(bytes) else { return "?" }
        let branch = message.topVia.branch.map { String($0.suffix(8)) } ?? ""
        let name = message.isRequest ? "" : "\(message.statusCode) "
        return " \(name)\(message.cSeq.method) \(branch) "
    }

    /// An instant in seconds with three digits.
    static func text(_ instant: Instant) -> String {
        let milliseconds = instant.nanoseconds / 1_000_000
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
