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
            guard types.contains(where: { MediaType($0).map(request.accepts) ?? false }) else {
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
        self.contentDisposition.map { !$0.isRequired } ?? false
    }
}
