package import CoreTypes
import Foundation
package import SIPCore
import Synchronization

/// The messages that passed, in order, with their times from the first one on.
package final class Ladder: Sendable {
    /// Which way a message went.
    package enum Direction: String, Codable, Sendable {
        /// From us.
        case sent
        /// To us.
        case received
    }

    /// One message, or a remark of ours.
    package struct Rung: Codable, Sendable {
        /// Milliseconds since the first one.
        package var milliseconds: Double
        /// Which way; `nil` for a remark.
        package var direction: Direction?
        /// "udp", the only transport so far; `nil` for a remark.
        package var transport: String?
        /// Our address.
        package var local: String?
        /// The other side's.
        package var remote: String?
        /// The start line in short, or the remark.
        package var summary: String
        /// The method of the request, or of the request that the response is to.
        package var method: String?
        /// The status of a response.
        package var status: Int?
        /// The number of the request.
        package var cSeq: UInt32?
        /// Whether the same message went before: a retransmission (RFC 3261 section 17).
        package var isRetransmission: Bool?
        /// Whether credentials go with it.
        package var hasCredentials: Bool?
        /// The message, without what is secret; only on demand.
        package var message: String?

        private enum CodingKeys: String, CodingKey {
            case milliseconds = "atMilliseconds"
            case direction, transport, local, remote, summary, method, status, cSeq, isRetransmission, hasCredentials,
                message
        }
    }

    private struct State {
        var rungs: [Rung] = []
        var responses: [SIPMessage] = []
        var requests: [SIPMessage] = []
        var start: Instant?
    }

    // What is beyond this nobody reads, and who floods us does not fill our memory.
    private static let limit = 2_000

    private let state = Mutex(State())
    private let keepsMessages: Bool

    /// Makes an empty ladder; with `keepsMessages` each rung carries its whole message, redacted.
    package init(keepsMessages: Bool = false) {
        self.keepsMessages = keepsMessages
    }

    /// The rungs so far.
    package var rungs: [Rung] { self.state.withLock { $0.rungs } }

    /// The responses that came, in order; a retransmission is not another one.
    package var responses: [SIPMessage] { self.state.withLock { $0.responses } }

    /// The requests that were sent, in order; a retransmission is not another one.
    package var requests: [SIPMessage] { self.state.withLock { $0.requests } }

    /// The request of ours that a response is to.
    package func request(of response: SIPMessage) -> SIPMessage? {
        self.requests.last { $0.cSeq == response.cSeq && $0.callID == response.callID }
    }

    /// How often the latest request of that method was sent, retransmissions and all.
    package func transmissions(of method: SIPMethod) -> Int {
        let sent = self.rungs.filter { $0.direction == .sent && $0.status == nil && $0.method == method.description }
        return sent.count { $0.cSeq == sent.last?.cSeq }
    }

    /// Whether every final response to an INVITE was acknowledged and every BYE got one.
    package var isSettled: Bool {
        let rungs = self.rungs
        return rungs.allSatisfy { rung in
            switch (rung.direction, rung.method) {
            case (.received, "INVITE"?):
                guard let status = rung.status, status >= 200 else { return true }
                return rungs.contains { $0.direction == .sent && $0.summary.hasPrefix("ACK ") && $0.cSeq == rung.cSeq }
            case (.sent, "BYE"?), (.sent, "CANCEL"?):
                return rungs.contains { other in
                    other.direction == .received && other.cSeq == rung.cSeq && other.method == rung.method
                        && (other.status ?? 0) >= 200
                }
            case (.sent, _), (.received, _), (nil, _): return true
            }
        }
    }

    /// The time from the first ringing, else from the first response, to the 200 of an INVITE.
    package var pickup: Duration? {
        let answers = self.rungs.filter { $0.direction == .received && $0.method == "INVITE" }
        guard let answer = answers.first(where: { $0.status == 200 }) else { return nil }
        let progress = answers.filter { $0.cSeq == answer.cSeq && ($0.status ?? 200) < 200 }
        guard let first = progress.first(where: { ($0.status ?? 0) > 100 }) ?? progress.first else { return .zero }
        return .microseconds(Int64((answer.milliseconds - first.milliseconds) * 1_000))
    }

    /// When a request was sent first, from the first message on; `nil` when it never was.
    package func firstTransmission(of request: SIPMessage) -> Duration? {
        self.rungs.first {
            $0.direction == .sent && $0.status == nil && $0.cSeq == request.cSeq.number
                && $0.method == request.method.description
        }.map { .microseconds(Int64($0.milliseconds * 1_000)) }
    }

    /// The time from the first message to now.
    package func elapsed(at now: Instant) -> Duration {
        self.state.withLock { $0.start.map { now - $0 } ?? .zero }
    }

    /// What came last and could not be read; `nil` when all could.
    package var unreadable: String? {
        self.rungs.last { $0.direction == .received && $0.method == nil }?.summary
    }

    /// Notes a datagram.
    package func record(
        _ bytes: [UInt8],
        _ direction: Direction,
        local: TransportAddress,
        remote: TransportAddress,
        at instant: Instant
    ) {
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        var rung = Rung(milliseconds: 0, direction: direction, summary: "")
        var message: SIPMessage?
        do {
            message = try SIPMessage(bytes)
        } catch {
            rung.summary = "something that is not valid SIP: \(Redaction.line("\(error)"))"
        }
        rung.transport = "udp"
        rung.local = local.description
        rung.remote = remote.description
        if let message {
            rung.summary = Self.summary(message)
            rung.method = message.cSeq.method.description
            rung.status = message.isRequest ? nil : message.statusCode
            rung.cSeq = message.cSeq.number
            if message.isRequest {
                rung.hasCredentials = message.contains(.authorization) || message.contains(.proxyAuthorization)
            }
        }
        if self.keepsMessages { rung.message = Redaction.text(of: bytes) }
        self.append(rung, message, at: instant)
    }

    /// Notes a remark.
    package func note(_ remark: String, at instant: Instant) {
        self.append(Rung(milliseconds: 0, summary: remark), nil, at: instant)
    }

    private func append(_ rung: Rung, _ message: SIPMessage?, at instant: Instant) {
        self.state.withLock { state in
            let start = state.start ?? instant
            state.start = start
            guard state.rungs.count < Self.limit else { return }
            var rung = rung
            rung.milliseconds = (Double((instant - start).nanoseconds) / 100_000).rounded() / 10
            if let message {
                let isOurs = rung.direction == .sent
                let isRequest = message.isRequest
                let before = isRequest ? state.requests : state.responses
                if isOurs == isRequest, before.contains(message) {
                    rung.isRetransmission = true
                    rung.summary += " (retransmission)"
                } else if isOurs, isRequest {
                    state.requests.append(message)
                } else if !isOurs, !isRequest {
                    state.responses.append(message)
                }
            }
            state.rungs.append(rung)
        }
    }

    private static func summary(_ message: SIPMessage) -> String {
        guard message.isRequest else {
            return "\(message.statusCode) \(Redaction.line(message.reasonPhrase)) (\(message.cSeq.method))"
        }
        var text = "\(message.method) \(Redaction.line(Redaction.uri(message.requestURIText)))"
        if message.contains(.authorization) || message.contains(.proxyAuthorization) { text += " +credentials" }
        return text
    }

    /// The ladder for a person.
    package var text: String {
        let rungs = self.rungs
        var lines: [String] = []
        var addresses = ""
        for rung in rungs {
            let time = String(format: "%9.1f ms", rung.milliseconds)
            switch rung.direction {
            case .sent: lines.append("\(time)  --->  \(rung.summary)")
            case .received: lines.append("\(time)  <---  \(rung.summary)")
            case nil: lines.append("\(time)   !!   \(rung.summary)")
            }
            if let transport = rung.transport, let local = rung.local, let remote = rung.remote {
                let now = "\(transport) \(local) <-> \(remote)"
                if now != addresses { lines[lines.count - 1] += "   [\(now)]" }
                addresses = now
            }
            if let message = rung.message {
                lines += message.split(separator: "\n", omittingEmptySubsequences: false).map {
                    "              | \($0)"
                }
            }
        }
        return lines.joined(separator: "\n")
    }
}
