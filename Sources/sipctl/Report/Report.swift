import ArgumentParser
import Foundation
import SIPDiagnostics

/// What a command found: for a person as text, for a program as one JSON object.
struct Report: Encodable, Sendable {
    /// A contact that the PBX holds.
    struct Contact: Encodable, Sendable, Equatable {
        var uri: String
        var expires: UInt32?
        /// The q value.
        var preference: Double?
        /// Whether this program bound it.
        var isOwn: Bool

        private enum CodingKeys: String, CodingKey {
            case uri, preference, isOwn
            case expires = "expiresSeconds"
        }
    }

    /// What the PBX asked credentials for.
    struct Challenge: Encodable, Sendable, Equatable {
        var status: Int
        var realm: String
        var algorithm: String
        var qop: [String]
        /// As whom it was answered; `nil` when it was not.
        var authenticationID: String?

        /// One line for a person.
        var text: String {
            "\(self.status), realm '\(self.realm)', \(self.algorithm), "
                + (self.qop.isEmpty ? "no qop" : "qop " + self.qop.joined(separator: ","))
                + (self.authenticationID.map { " as '\($0)'" } ?? "")
        }
    }

    /// What a call was like.
    struct Call: Encodable, Sendable {
        var codec: String?
        var remoteMedia: String?
        var answeredAfterMilliseconds: Double?
        /// The provisional statuses, in order.
        var ringing: [Int] = []
        var answeredBy: AnswerJudgement?
        var packetsSent: UInt64 = 0
        var packetsReceived: UInt64 = 0
        var packetsLost: UInt64 = 0
        var lossPercent: Double = 0
        var jitterMilliseconds: Double = 0
        var roundTripMilliseconds: Double?
        var remoteLossPercent: Double?
        var remoteJitterMilliseconds: Double?
        var heardMilliseconds: Double = 0
        var heardDecibels: Double?
        var recording: String?
    }

    var command: String
    var target: String
    var verdict: Verdict = .succeeded
    var summary = ""
    var advice: [String] = []
    /// What was learned on the way, for a person.
    var remarks: [String] = []
    var server: String?
    var roundTripMilliseconds: Double?
    /// What the other side can do: Allow, Supported, Accept and Allow-Events, each whole.
    var allow: [String]?
    var supported: [String]?
    var accept: [String]?
    var allowEvents: [String]?
    var challenges: [Challenge]?
    var seenAs: String?
    var contacts: [Contact]?
    var grantedSeconds: UInt32?
    /// The contacts of other devices that were gone after ours was bound.
    var displaced: [String]?
    var call: Call?
    var ladder: [Ladder.Rung] = []

    private enum Key: String, CodingKey {
        case schema, program, command, target, ok, outcome, exitCode, summary, advice, remarks
        case server, roundTripMilliseconds, allow, supported, accept, allowEvents, challenges, seenAs, contacts
        case grantedSeconds, displaced, call, ladder
    }

    /// Takes over a diagnosis.
    mutating func conclude(_ diagnosis: Diagnosis) {
        self.verdict = diagnosis.verdict
        self.summary = diagnosis.summary
        self.advice += diagnosis.advice
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .schema)
        try container.encode("sipctl", forKey: .program)
        try container.encode(self.command, forKey: .command)
        try container.encode(self.target, forKey: .target)
        try container.encode(self.verdict == .succeeded, forKey: .ok)
        try container.encode(self.verdict.word, forKey: .outcome)
        try container.encode(self.verdict.rawValue, forKey: .exitCode)
        try container.encode(self.summary, forKey: .summary)
        try container.encode(self.advice, forKey: .advice)
        try container.encode(self.remarks, forKey: .remarks)
        try container.encodeIfPresent(self.server, forKey: .server)
        try container.encodeIfPresent(self.roundTripMilliseconds, forKey: .roundTripMilliseconds)
        try container.encodeIfPresent(self.allow, forKey: .allow)
        try container.encodeIfPresent(self.supported, forKey: .supported)
        try container.encodeIfPresent(self.accept, forKey: .accept)
        try container.encodeIfPresent(self.allowEvents, forKey: .allowEvents)
        try container.encodeIfPresent(self.challenges, forKey: .challenges)
        try container.encodeIfPresent(self.seenAs, forKey: .seenAs)
        try container.encodeIfPresent(self.contacts, forKey: .contacts)
        try container.encodeIfPresent(self.grantedSeconds, forKey: .grantedSeconds)
        try container.encodeIfPresent(self.displaced, forKey: .displaced)
        try container.encodeIfPresent(self.call, forKey: .call)
        try container.encode(self.ladder, forKey: .ladder)
    }

    /// One JSON object on one line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// The text after the ladder.
    var text: String {
        var lines: [String] = []
        if let server = self.server { lines.append("server:         \(server)") }
        if let time = self.roundTripMilliseconds { lines.append("round trip:     \(Self.number(time)) ms") }
        lines += Self.lines("allows:", self.allow)
        lines += Self.lines("supports:", self.supported)
        lines += Self.lines("accepts:", self.accept)
        lines += Self.lines("events:", self.allowEvents)
        for (index, challenge) in (self.challenges ?? []).enumerated() {
            lines.append((index == 0 ? "authentication: " : "                ") + challenge.text)
        }
        if let seen = self.seenAs { lines.append("seen as:        \(seen)") }
        if let granted = self.grantedSeconds { lines.append("granted:        \(granted) s") }
        for (index, uri) in (self.displaced ?? []).enumerated() {
            lines.append((index == 0 ? "displaced:      " : "                ") + uri)
        }
        if let contacts = self.contacts { lines += Self.lines(contacts) }
        if let call = self.call { lines += Self.lines(call) }
        lines += self.remarks.map { "note:           \($0)" }
        if !lines.isEmpty { lines.append("") }
        lines.append((self.verdict == .succeeded ? "OK: " : "FAILED: ") + self.summary)
        lines += self.advice.map { "  try: \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ name: String, _ values: [String]?) -> [String] {
        guard let values, !values.isEmpty else { return [] }
        return [name + String(repeating: " ", count: max(1, 16 - name.count)) + values.joined(separator: ", ")]
    }

    private static func lines(_ contacts: [Contact]) -> [String] {
        guard !contacts.isEmpty else { return ["contacts:       none held by the PBX"] }
        return contacts.enumerated().map { index, contact in
            let expiry = contact.expires.map { ", expires in \($0) s" } ?? ""
            let preference = contact.preference.map { ", q \($0)" } ?? ""
            let owner = contact.isOwn ? " (ours)" : " (not ours)"
            return (index == 0 ? "contacts:       " : "                ") + contact.uri + expiry + preference + owner
        }
    }

    private static func lines(_ call: Call) -> [String] {
        var lines: [String] = []
        if let answered = call.answeredBy { lines.append("answered by:    \(answered.text)") }
        if let time = call.answeredAfterMilliseconds { lines.append("answered after: \(Self.number(time)) ms") }
        if let codec = call.codec {
            lines.append("codec:          \(codec)" + (call.remoteMedia.map { " to \($0)" } ?? ""))
        }
        guard call.codec != nil else { return lines }
        lines.append(
            "heard:          \(call.packetsReceived) packets, \(Self.number(call.heardMilliseconds / 1_000)) s"
                + (call.heardDecibels.map { ", level \(Self.number($0)) dBFS" } ?? "")
                + ", loss \(Self.number(call.lossPercent)) %, jitter \(Self.number(call.jitterMilliseconds)) ms"
        )
        var sent = "sent:           \(call.packetsSent) packets"
        if let loss = call.remoteLossPercent { sent += ", the other side reports loss \(Self.number(loss)) %" }
        if let jitter = call.remoteJitterMilliseconds { sent += ", jitter \(Self.number(jitter)) ms" }
        if let time = call.roundTripMilliseconds { sent += ", round trip \(Self.number(time)) ms" }
        lines.append(sent)
        if let file = call.recording { lines.append("recorded:       \(file) (left: heard, right: said)") }
        return lines
    }

    static func number(_ value: Double) -> String {
        String(format: "%.1f", value)
    }
}

extension Verdict {
    /// The exit code for the argument parser.
    var exitCode: ExitCode { ExitCode(self.rawValue) }
}
