import CallCore
import CoreTypes
import SIPCore

/// The log's line for requests that were refused; `Support/fail2ban` reads it.
///
/// A line for each source and minute, made of what the core counted. Only the line of a stranger has the form that
/// fail2ban looks for: the PBX and the peers are never banned for a request that they sent in a wrong way.
struct Refusals: Sendable, Equatable {
    /// Who sent them.
    let source: TransportAddress
    /// The last one's method; `nil` when that could not be read.
    let method: SIPMethod?
    /// What the last one was refused with.
    let status: Int
    /// Why, in the core's words.
    let reason: String
    /// How many they were.
    let count: Int
    /// Whether the source is the PBX or a listed peer.
    let isKnown: Bool

    var line: String {
        let requests = self.count == 1 ? "1 request" : "\(self.count) requests"
        // A method is a token of any length.
        let what = self.method.map { PlainText.line($0.rawValue, limit: 32) } ?? "unreadable"
        if self.isKnown {
            return "\(self.source) is the PBX or a peer, and \(requests) from it failed in the last minute: "
                + "\(what), \(self.status), \(PlainText.line(self.reason, limit: 160))"
        }
        // More sources than are counted one by one are summed up without an address.
        guard self.source != .otherSources else {
            return "refused \(requests) from more strangers in the last minute, too many to name each"
        }
        return "refused \(requests) from \(self.source) in the last minute: \(what), not the PBX and not a listed peer"
    }
}
