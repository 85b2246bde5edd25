import VoicePipeline

/// Hermes Agent's `hermes.tool.progress` events: a tool begins or ends; arguments and results are not passed on.
struct HermesToolProgress: Sendable {
    /// The name of the events in the stream.
    static let eventName = "hermes.tool.progress"

    private struct Progress: Decodable {
        var tool: String?
        var label: String?
        var toolCallId: String?
        var status: String?
    }

    /// The tools at work: the call's identifier and the name for people, oldest first.
    private var running: [(id: String, name: String)] = []

    /// Most tools at a time that are kept track of.
    private static let maximum = 64

    /// Takes the data of one event; false when it reported nothing new.
    mutating func receive(_ data: String, into parts: inout [ReplyPart]) -> Bool {
        guard let progress = decodedJSON(Progress.self, from: data.utf8) else { return false }
        let named = [progress.label, progress.tool].compactMap { $0 }.map { ServerComplaint.line($0) }
        let name = named.first { !$0.isEmpty } ?? "a tool"
        let id = progress.toolCallId ?? name
        let index = self.running.firstIndex { $0.id == id }
        switch progress.status {
        case "running", "started", nil:
            guard index == nil, self.running.count < Self.maximum else { return false }
            self.running.append((id, String(name.prefix(80))))
            parts.append(.toolStarted(String(name.prefix(80))))
        case "completed", "failed", "error", "cancelled", "done":
            guard let index else { return false }
            parts.append(.toolFinished(self.running.remove(at: index).name))
        default:
            return false
        }
        return true
    }

    /// The reply is over, and with it all tools.
    mutating func end(into parts: inout [ReplyPart]) {
        for tool in self.running { parts.append(.toolFinished(tool.name)) }
        self.running.removeAll()
    }
}
