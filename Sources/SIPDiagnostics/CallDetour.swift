package import CallCore
package import SIPCore

/// Whether a call went elsewhere than to whom was called, as far as the PBX says so: Diversion (RFC 5806), History-Info
/// (RFC 7044) and Reason (RFC 3326).
package struct CallDetour: Sendable, Equatable {
    /// What tells that the call went elsewhere, each with its header.
    package private(set) var reported: [String] = []
    /// What is said of the way of the call and tells nothing of that.
    package private(set) var unrelated: [String] = []
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
    package var isReported: Bool { !self.reported.isEmpty }

    private mutating func sort(_ text: String, _ tells: Bool) {
        let line = Redaction.line(text)
        if tells { self.reported.append(line) } else { self.unrelated.append(line) }
    }

    // MARK: One header each

    /// A Diversion says it by being there, unless it counts none.
    package static func tells(diversion: String) -> Bool {
        Diversion(diversion)?.counter != 0
    }

    /// A History-Info lists the way of every call; a status on the way says that it was sent on, unless it came back to
    /// whom was called. 380 stands for a number that was only translated (RFC 8119), below 300 nothing failed.
    package static func tells(history: [String], target: SIPURI) -> Bool {
        let entries = history.flatMap { NameAddress.all(in: $0) }.map { HistoryInfo(address: $0) }
        guard entries.contains(where: { $0.causes.contains(where: self.isDetour) }) else { return false }
        guard entries.count > 1, let last = entries.last else { return true }
        return last.uri.host != target.host
            || AnswerSigns.owner(of: last.uri.unescapedUser, target.unescapedUser) != .target
    }

    /// A Reason of a failure: the answer comes in its place.
    package static func tells(reason: String) -> Bool {
        Reason.all(in: reason).contains(where: self.isDetour)
    }

    /// Whether a cause says that somebody did not take the call.
    private static func isDetour(_ reason: Reason) -> Bool {
        guard let cause = reason.cause else { return false }
        switch reason.protocolName.lowercased() {
        case "q.850": return (17...22).contains(cause) || cause == 27
        case "sip": return cause >= 300 && cause != 380
        case _: return false
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
}
