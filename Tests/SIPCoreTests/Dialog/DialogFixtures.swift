import CoreTypes
import Testing

@testable import SIPCore

/// What the tests of dialogs and registrations need: messages of a peer, and a way to read what a session wants done.
enum Peer {
    static let via = Via(transport: .udp, host: "192.0.2.1", port: 5060, branch: "z9hG4bK-test")

    /// Reads a message written with plain line ends; Content-Length is added.
    static func message(_ lines: [String], body: String = "") throws -> SIPMessage {
        let text = (lines + ["Content-Length: \(body.utf8.count)", "", ""]).joined(separator: "\r\n") + body
        return try SIPMessage(Array(text.utf8))
    }

    /// What the peer answers to a request of ours.
    static func response(
        _ status: Int,
        to request: SIPMessageBuilder,
        tag: String? = "peer",
        contact: String? = "<sip:100@192.0.2.9:5070>",
        recordRoutes: [String] = [],
        headers: [(HeaderName, String)] = [],
        body: String = ""
    ) throws -> SIPMessage {
        var response = SIPMessageBuilder(response: status, to: try request.build(via: Peer.via), toTag: tag)
        if let contact { try response.add(.contact, contact) }
        for route in recordRoutes { try response.add(.recordRoute, route) }
        for (name, value) in headers { try response.add(name, value) }
        if !body.isEmpty { response.setBody(Array(body.utf8), contentType: "application/sdp") }
        return try response.build()
    }

    /// A request of the peer inside of a dialog with us.
    static func request(
        _ method: String,
        cSeq: UInt32,
        from peerTag: String = "peer",
        to ourTag: String = "ours",
        contact: String = "<sip:100@192.0.2.9:5070>",
        headers: [String] = [],
        body: String = ""
    ) throws -> SIPMessage {
        try self.message(
            [
                "\(method) sip:bot@192.0.2.1:5060 SIP/2.0",
                "Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK\(method)\(cSeq)",
                "Max-Forwards: 70", "From: <sip:100@pbx.example>;tag=\(peerTag)",
                "To: <sip:bot@pbx.example>;tag=\(ourTag)",
                "Call-ID: call-1", "CSeq: \(cSeq) \(method)", "Contact: \(contact)",
            ] + headers + (body.isEmpty ? [] : ["Content-Type: application/sdp"]),
            body: body
        )
    }

    /// An INVITE of the peer that starts a session.
    static func invite(
        cSeq: UInt32 = 10,
        contact: String? = "<sip:100@192.0.2.9:5070;rinstance=ab>",
        headers: [String] = [],
        body: String = "offer"
    ) throws -> SIPMessage {
        try self.message(
            [
                "INVITE sip:bot@192.0.2.1:5060 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKinvite",
                "Max-Forwards: 70", "From: \"One Hundred\"<sip:100@pbx.example>;tag=peer", "To: <sip:bot@pbx.example>",
                "Call-ID: call-1", "CSeq: \(cSeq) INVITE",
            ] + (contact.map { ["Contact: \($0)"] } ?? []) + headers
                + (body.isEmpty ? [] : ["Content-Type: application/sdp"]),
            body: body
        )
    }
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }
}

extension SIPMessageBuilder {
    /// The message as it would leave.
    func sent() throws -> SIPMessage { try self.build(via: self.statusCode == nil ? Peer.via : nil) }
}

/// One action in a form that a test compares: "send INVITE invite", "respond 200", "ended remoteHangup".
func brief(_ action: InviteSession.Action) -> String {
    switch action {
    case .send(let request, let role, _):
        switch role {
        case .ack(let key): "ack \(key.remoteTag) \(key.cSeq)"
        case .invite, .bye, .cancel, .reinvite, .release, .other: "send \(request.method?.rawValue ?? "?") \(role)"
        }
    case .resendACK(let key): "resend \(key.remoteTag) \(key.cSeq)"
    case .cancelInvite: "cancel"
    case .respond(_, let response): "respond \(response.statusCode ?? 0)"
    case .event(let event): "event " + brief(event)
    case .ended(let reason): "ended \(reason)"
    }
}

private func brief(_ event: InviteSessionEvent) -> String {
    func text(_ body: [UInt8]?) -> String { body.map { String(decoding: $0, as: UTF8.self) } ?? "nothing" }
    return switch event {
    case .ringing: "ringing"
    case .progress(let message, let body): "progress \(message.statusCode) \(text(body))"
    case .answered(let message): "answered \(text(Array(message.body)))"
    case .challenged(let message, let role): "challenged \(message.statusCode) \(role)"
    case .acknowledged(let body): "acknowledged \(text(body))"
    case .reINVITEReceived(_, let body): "re-INVITE \(text(body))"
    case .reINVITECancelled: "reofferCancelled"
    case .reINVITEAnswered(let message): "reofferAnswered \(text(Array(message.body)))"
    case .reINVITERejected(let status): "reofferRejected \(status)"
    case .info(let message): "info \(text(Array(message.body)))"
    case .notified: "notified"
    case .request(_, let message): "request \(message.method)"
    case .response(let message): "response \(message.statusCode)"
    }
}

extension [InviteSession.Action] {
    var brief: [String] { self.map { SIPCoreTests.brief($0) } }

    /// The requests among the actions, in order.
    var requests: [SIPMessageBuilder] {
        self.compactMap { action in
            if case .send(let request, _, _) = action { request } else { nil }
        }
    }

    /// The next hops of the requests.
    var nextHops: [String] {
        self.compactMap { action in
            if case .send(_, _, let hop) = action { hop.description } else { nil }
        }
    }

    /// The responses among the actions, in order.
    var responses: [SIPMessageBuilder] {
        self.compactMap { action in
            if case .respond(_, let response) = action { response } else { nil }
        }
    }

    /// The first request among the actions, as it would leave.
    func sentRequest() throws -> SIPMessage {
        let first = try #require(self.requests.first)
        return try first.sent()
    }

    /// The first response among the actions, as it would leave.
    func sentResponse() throws -> SIPMessage {
        let first = try #require(self.responses.first)
        return try first.sent()
    }
}
