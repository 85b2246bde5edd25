package import CallCore
package import SIPCore

/// Whether a call went elsewhere than to whom was called, as far as the PBX says so: Diversion (RFC 5806), History-Info
/// (RFC 7044) and Reason (RFC 3326).
package struct CallDetour: Sendable, Equatable {
    /// What tells that the call went elsewhere, each with its header.
    package private(set) var told: [String] = []
    /// What is said of the way of the call and tells nothing of that.
    package private(set) var untold: [String] = []
    /// The texts that name where it went or who sent it there.
    package private(set) var places: [String] = []

    /// Reads what an answer says, all values of all three headers.
    package init(_ answer: AnsweredBy, target: SIPURI) {
        var diversions = answer.diversions
        var history = answer.history
        var reasons = answer.reasons
        if diversions.isEmpty, history.isEmpty, reasons.isEmpty, let text = answer.diversion {
            switch Self.kind(of: text) {
            case .diversion: diversions = [text]
            case .history: history = [text]
            case .reason: reasons = [text]
            }
        }
        for diversion in diversions {
            self.sort("Diversion: \(diversion)", Self.tells(diversion: diversion))
            self.places.append(diversion)
        }
        if !history.isEmpty {
            self.sort("History-Info: \(history.joined(separator: ", "))", Self.tells(history: history, target: target))
            // The first entry is whom we called.
            self.places += history.dropFirst()
        }
        for reason in reasons { self.sort("Reason: \(reason)", Self.tells(reason: reason)) }
    }

    /// Whether the call went elsewhere.
    package var isTold: Bool { !self.told.isEmpty }

    private mutating func sort(_ text: String, _ tells: Bool) {
        let line = Redaction.line(text)
        if tells { self.told.append(line) } else { self.untold.append(line) }
    }

    // MARK: One header each

    /// A Diversion says it by being there, unless it counts none.
    package static func tells(diversion: String) -> Bool {
        guard let counter = NameAddress(diversion)?.parameters["counter"] else { return true }
        return Int(counter) != 0
    }

    /// A History-Info lists the way of every call; a status on the way says that it was sent on, unless it came back to
    /// whom was called. 380 stands for a number that was only translated (RFC 8119), below 300 nothing failed.
    package static func tells(history: [String], target: SIPURI) -> Bool {
        guard history.flatMap({ Self.causes(in: $0) }).contains(where: { $0.isDetour }) else { return false }
        guard history.count > 1, let last = history.last.flatMap({ NameAddress($0) }) else { return true }
        return last.uri.host != target.host
            || AnswerSigns.owner(of: last.uri.unescapedUser, target.unescapedUser) != .target
    }

    /// A Reason of a failure: the answer comes in its place.
    package static func tells(reason: String) -> Bool {
        Self.causes(in: reason).contains { $0.isDetour }
    }

    // MARK: Causes

    /// A cause with the protocol that it is of.
    private struct Cause {
        var number: Int
        var isQ850: Bool

        /// Whether somebody did not take the call.
        var isDetour: Bool {
            self.isQ850
                ? (17...22).contains(self.number) || self.number == 27 : self.number >= 300 && self.number != 380
        }
    }

    private enum Kind { case diversion, history, reason }

    private static func kind(of text: String) -> Kind {
        let lower = text.lowercased()
        if lower.contains(";index=") { return .history }
        let word = lower.prefix { $0.isLetter || $0.isNumber || $0 == "." }
        let isReason = (word == "sip" && !lower.hasPrefix("sip:")) || word == "q.850"
        return isReason ? .reason : .diversion
    }

    /// The causes in a value: of its own, of its URI (RFC 4458), and of the Reason that its URI holds (RFC 7044).
    private static func causes(in value: String) -> [Cause] {
        let text = value.lowercased().replacing("%3b", with: ";").replacing("%3d", with: "=").replacing(
            "%20",
            with: " "
        )
        var isQ850 = false
        var causes: [Cause] = []
        for part in text.split(whereSeparator: { ";,?&<>".contains($0) }) {
            let word = part.drop { $0 == " " }
            let name = word.hasPrefix("reason=") ? word.dropFirst(7) : word
            if name.hasPrefix("q.850") { isQ850 = true }
            if name.hasPrefix("sip"), !name.hasPrefix("sip:"), !name.hasPrefix("sips:") { isQ850 = false }
            guard word.hasPrefix("cause=") else { continue }
            let digits = word.dropFirst(6).drop { $0 == " " || $0 == "\"" }.prefix { ("0"..."9").contains($0) }
            if let number = Int(digits) { causes.append(Cause(number: number, isQ850: isQ850)) }
        }
        return causes
    }
}
