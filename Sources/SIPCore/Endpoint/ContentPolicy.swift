/// Which bodies the transaction user of an endpoint reads, and which it sends with its responses (RFC 3261 section 8.2.3).
///
/// A request with another body gets 415 with what would do, one whose Accept rules out every response gets 406; the transaction user
/// is not asked. A body that may be left aside (`handling=optional`) is no reason to refuse.
public struct ContentPolicy: Hashable, Sendable {
    /// The media types that the transaction user reads, in small letters, by method; of a method that is not named, any.
    public var acceptedTypes: [SIPMethod: [String]]
    /// The content codings that the transaction user undoes, in small letters; a body as it is always passes.
    public var acceptedEncodings: [String]
    /// The media types of which a response with success has one as its body, by method; of a method that is not named,
    /// the response can do without a body.
    public var answeredTypes: [SIPMethod: [String]]

    /// Makes a policy of a transaction user that speaks of sessions in SDP, and reads whatever INFO and NOTIFY carry.
    public init() {
        let session = ["application/sdp"]
        self.acceptedTypes = [.invite: session, .update: session, .prack: session, .message: ["text/plain"]]
        self.acceptedEncodings = []
        self.answeredTypes = [.invite: session]
    }

    /// Why the body of a request, or the body that its response needs, is refused.
    func refusal(of request: SIPMessage) -> Refusal? {
        if !request.body.isEmpty, !request.isBodyOptional {
            let codings = request.values(.contentEncoding).map { lowercased($0) }
            guard codings.allSatisfy({ $0 == "identity" || self.acceptedEncodings.contains($0) }) else {
                let text = self.acceptedEncodings.isEmpty ? "identity" : self.acceptedEncodings.joined(separator: ", ")
                return Refusal(415, .body, [(.acceptEncoding, text)])
            }
            // A body that does not say what it is is left to the transaction user, for old peers send SDP so.
            if let types = self.acceptedTypes[request.method], let type = request.contentType, !types.contains(type) {
                guard self.understands(request, types) else {
                    return Refusal(415, .body, [(.accept, types.joined(separator: ", "))])
                }
                // A part that nobody can find the end of is no matter of types (RFC 5621 section 3.3).
                guard request.multipart?.isComplete == true else { return Refusal(400, .body) }
            }
        }
        // An Accept that cannot be read rules out nothing; an empty one everything (RFC 3261 section 20.1).
        if let types = self.answeredTypes[request.method], let ranges = request.accept,
            !ranges.isEmpty || request.lines(.accept).allSatisfy(\.isEmpty)
        {
            guard types.contains(where: { MediaType($0).map(request.accepts) ?? false }) else {
                return Refusal(406, .body, [(.warning, "399 endpoint \"Accept leaves no body for the answer\"")])
            }
        }
        return nil
    }

    /// Whether the body is a multipart of which nothing has to be read that the transaction user does not read; of one that is
    /// malformed that is said too.
    private func understands(_ request: SIPMessage, _ types: [String]) -> Bool {
        // Into what is compressed nobody looks here.
        guard let type = request.mediaType, type.isMultipart,
            request.values(.contentEncoding).allSatisfy({ lowercased($0) == "identity" })
        else { return false }
        guard let multipart = request.multipart else { return true }
        return self.understands(multipart, types, depth: 1)
    }

    private func understands(_ multipart: MultipartBody, _ types: [String], depth: Int) -> Bool {
        switch lowercased(multipart.subtype) {
        // The same in several forms, of which the receiver takes one that it can read (RFC 2046 section 5.1.4).
        case "alternative": multipart.parts.contains { self.understands($0, types, depth) }
        // The others are there for the first one's sake (RFC 2387 section 3.2).
        case "related": multipart.parts.first.map { self.understands($0, types, depth) } ?? false
        // Any other is taken for one of these (RFC 2046 section 5.1.7), and each part says whether it matters.
        default: self.understandsWhatMatters(multipart, types, depth)
        }
    }

    /// Whether each part that matters is understood. One that says nothing of its purpose (no Content-Disposition at all,
    /// as a PBX adds one that describes the caller) does not matter beside one that is understood.
    private func understandsWhatMatters(_ multipart: MultipartBody, _ types: [String], _ depth: Int) -> Bool {
        var isUnderstood = false
        var isSilent = false
        for part in multipart.parts {
            if self.understands(part, types, depth) {
                isUnderstood = true
            } else if part.headers.first(.contentDisposition) == nil {
                isSilent = true
            } else if part.disposition.isRequired {
                return false
            }
        }
        return isUnderstood || !isSilent
    }

    private func understands(_ part: BodyPart, _ types: [String], _ depth: Int) -> Bool {
        guard part.isPlain, let type = part.mediaType else { return false }
        guard type.isMultipart else {
            let name = lowercased(type.name)
            guard name == "application/sdp" else { return types.contains(name) }
            // One with another purpose, `early-session` (RFC 3959), is not the one that the transaction user reads.
            return types.contains(name) && equalIgnoringCase(part.disposition.type, "session")
        }
        guard depth < BodyLimits.standard.depth, let multipart = part.multipart() else { return false }
        return self.understands(multipart, types, depth: depth + 1)
    }
}

extension SIPMessage {
    /// The description of the session that the message offers or answers with; `nil` when it has none.
    ///
    /// It is the body, but for one of another type that may be left aside, or the part of a multipart that is
    /// `application/sdp` and meant for the session (RFC 5621 section 3.1).
    public var sessionBody: ArraySlice<UInt8>? {
        guard !self.body.isEmpty else { return nil }
        switch self.contentType {
        case "application/sdp": return self.body
        case let type? where type.hasPrefix("multipart/"): return self.body(ofType: "application/sdp")
        case nil, .some: return self.isBodyOptional ? nil : self.body
        }
    }

    /// Whether a receiver that cannot read the body may leave it aside: Content-Disposition says `handling=optional`
    /// (RFC 3261 section 20.11).
    public var isBodyOptional: Bool {
        self.contentDisposition.map { !$0.isRequired } ?? false
    }
}
