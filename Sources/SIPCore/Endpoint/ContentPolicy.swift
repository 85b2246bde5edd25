/// Which bodies the owner of an endpoint reads, and which it sends with its answers (RFC 3261 section 8.2.3).
///
/// A request with another body gets 415 with what would do, one whose Accept rules out every answer gets 406; the owner
/// is not asked. A body that may be left aside (`handling=optional`) is no reason to refuse.
public struct ContentPolicy: Hashable, Sendable {
    /// The media types that the owner reads, in small letters, by method; of a method that is not named, any.
    public var acceptedTypes: [SIPMethod: [String]]
    /// The content codings that the owner undoes, in small letters; a body as it is always passes.
    public var acceptedEncodings: [String]
    /// The media types of which an answer with success has one as its body, by method; of a method that is not named,
    /// the answer can do without a body.
    public var answeredTypes: [SIPMethod: [String]]

    /// Makes a policy of an owner that speaks of sessions in SDP, and reads whatever INFO and NOTIFY carry.
    public init() {
        let session = ["application/sdp"]
        self.acceptedTypes = [.invite: session, .update: session, .prack: session, .message: ["text/plain"]]
        self.acceptedEncodings = []
        self.answeredTypes = [.invite: session]
    }

    /// Why the body of a request, or the body that its answer needs, is refused.
    func refusal(of request: SIPMessage) -> Refusal? {
        if !request.body.isEmpty, !request.isBodyOptional {
            let codings = request.values(.contentEncoding).map { lowercased($0) }
            guard codings.allSatisfy({ $0 == "identity" || self.acceptedEncodings.contains($0) }) else {
                let text = self.acceptedEncodings.isEmpty ? "identity" : self.acceptedEncodings.joined(separator: ", ")
                return Refusal(415, [(.acceptEncoding, text)])
            }
            // A body that does not say what it is is left to the owner, for old peers send SDP so.
            if let types = self.acceptedTypes[request.method], let type = request.contentType, !types.contains(type) {
                return Refusal(415, [(.accept, types.joined(separator: ", "))])
            }
        }
        if let types = self.answeredTypes[request.method], request.contains(.accept) {
            let ranges = request.values(.accept).map(MediaRange.init)
            guard types.contains(where: { type in MediaRange.allow(type, ranges) }) else {
                return Refusal(406, [(.warning, "399 endpoint \"Accept leaves no body for the answer\"")])
            }
        }
        return nil
    }
}

extension SIPMessage {
    /// Whether there is a body that a receiver of session descriptions has to read: one of another type that may be left
    /// aside is none.
    public var hasRequiredBody: Bool {
        guard !self.body.isEmpty else { return false }
        return self.contentType == "application/sdp" || !self.isBodyOptional
    }

    /// Whether a receiver that cannot read the body may leave it aside: Content-Disposition says `handling=optional`
    /// (RFC 3261 section 20.11).
    public var isBodyOptional: Bool {
        guard let disposition = self.first(.contentDisposition) else { return false }
        return disposition.split(separator: ";").dropFirst().contains { parameter in
            lowercased(parameter.filter { $0 != " " && $0 != "\t" }) == "handling=optional"
        }
    }
}

/// One item of an Accept header: `type/subtype`, `type/*` or `*/*`, with its weight (RFC 3261 section 20.1).
private struct MediaRange {
    let range: String
    /// Whether the weight is 0: not acceptable.
    let isRefused: Bool

    init(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
            .map { lowercased($0.filter { $0 != " " && $0 != "\t" }) }
        self.range = parts.first ?? ""
        self.isRefused = parts.dropFirst().contains { part in
            part.hasPrefix("q=0") && part.utf8.dropFirst(2).allSatisfy { $0 == 0x30 || $0 == 0x2E }
        }
    }

    /// How closely it names the type: 2 by name, 1 by its first half, 0 by `*/*`; `nil` when it does not.
    func closeness(to type: String) -> Int? {
        if self.range == type { return 2 }
        if self.range == "*/*" { return 0 }
        guard self.range.hasSuffix("/*") else { return nil }
        return type.hasPrefix(self.range.dropLast()) ? 1 : nil
    }

    /// Whether the closest of the ranges allows the type.
    static func allow(_ type: String, _ ranges: [MediaRange]) -> Bool {
        var best: (closeness: Int, isRefused: Bool)?
        for range in ranges {
            guard let closeness = range.closeness(to: type), closeness > best?.closeness ?? -1 else { continue }
            best = (closeness, range.isRefused)
        }
        return best.map { !$0.isRefused } ?? false
    }
}
