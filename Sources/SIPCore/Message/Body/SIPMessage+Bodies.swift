// The body of a message by its type, wherever in a multipart it stands.
extension SIPMessage {
    /// The parts of the body, those of nested multiparts in their place: one for a body without parts, none without a
    /// body. A multipart that is malformed or beyond the limits is one part.
    public var parts: [BodyPart] {
        guard !self.body.isEmpty else { return [] }
        var headers: [HeaderField] = []
        for name in [HeaderName.contentType, .contentDisposition, .contentEncoding, "Content-ID"] as [HeaderName] {
            // Of a list with several lines they are one value.
            let lines = self.lines(name)
            if !lines.isEmpty { headers.append(HeaderField(name, lines.joined(separator: ", "))) }
        }
        // Without a type nothing is known of a body; it is not taken for text.
        if headers.first(.contentType) == nil {
            headers.append(HeaderField(.contentType, "application/octet-stream"))
        }
        var leaves: [BodyPart] = []
        BodyPart(headers: headers, body: self.body).collect(into: &leaves, depth: 0, .standard)
        return leaves
    }

    /// The part of a type ("application/sdp") that is meant for its usual use; `nil` when there is none.
    ///
    /// A description with the disposition `early-session` is not the one of the session (RFC 3959), so it is found only
    /// when its disposition is asked for. A part that is compressed or in Base64 is passed over. Of several in a
    /// `multipart/alternative`, which must not happen, the first is taken.
    public func part(ofType type: String, disposition: String? = nil) -> BodyPart? {
        self.parts.first { part in
            guard let name = part.mediaType?.name, equalIgnoringCase(name, type), part.isPlain else { return false }
            if let disposition { return equalIgnoringCase(part.disposition.type, disposition) }
            return name != "application/sdp" || equalIgnoringCase(part.disposition.type, "session")
        }
    }

    /// The bytes of the part that `part(ofType:disposition:)` finds.
    public func body(ofType type: String, disposition: String? = nil) -> ArraySlice<UInt8>? {
        self.part(ofType: type, disposition: disposition)?.body
    }

    /// The part with that Content-ID, which is given without angle brackets: what a `cid` URI means.
    public func part(contentID: String) -> BodyPart? {
        self.parts.first { $0.contentID == contentID }
    }

    /// The parts of a multipart body, nested ones as they are; `nil` when it is none or malformed.
    public var multipart: MultipartBody? {
        guard let type = self.mediaType, type.isMultipart else { return nil }
        return MultipartBody(self.body, type: type)
    }

    /// Why the body does not hold what its type says; `nil` when it does, is empty, or of a type with no grammar here.
    ///
    /// The offset is in the message, the status 400 (RFC 5621 section 3.3 has 415 only for types that are not known).
    public var bodyVerdict: SIPParseError? {
        guard !self.body.isEmpty else { return nil }
        if let error = self.verdict(of: .contentType) { return error }
        // Of what is compressed nothing can be said.
        guard let type = self.mediaType,
            self.values(.contentEncoding).allSatisfy({ equalIgnoringCase($0, "identity") })
        else { return nil }
        do throws(ScanFailure) {
            var budget = BodyLimits.standard.partCount
            try BodyPart.check(self.body, type, depth: 0, &budget)
            return nil
        } catch {
            let offset = error.offset - self.body.startIndex + self.length - self.body.count
            return SIPParseError(layer: .validation, offset: offset, header: .contentType, message: "\(error.reason)")
        }
    }
}

extension BodyPart {
    /// Adds the part, or the parts that it is made of, as far as the limits go.
    fileprivate func collect(into leaves: inout [BodyPart], depth: Int, _ limits: BodyLimits) {
        guard depth < limits.depth, self.isPlain, let multipart = self.multipart(limits: limits),
            leaves.count + multipart.parts.count <= limits.partCount
        else {
            leaves.append(self)
            return
        }
        for part in multipart.parts where leaves.count < limits.partCount {
            part.collect(into: &leaves, depth: depth + 1, limits)
        }
    }

    /// Throws at the first byte of a body that its type does not allow.
    fileprivate static func check(
        _ body: ArraySlice<UInt8>,
        _ type: MediaType,
        depth: Int,
        _ budget: inout Int
    ) throws(ScanFailure) {
        if type.isMultipart {
            guard depth < BodyLimits.standard.depth else {
                throw ScanFailure(body.startIndex, "multiparts are nested too deep")
            }
            let multipart = try MultipartBody(parsing: body, type: type, limits: .standard)
            budget -= multipart.parts.count
            guard budget >= 0 else { throw ScanFailure(body.startIndex, "there are too many parts") }
            guard multipart.isComplete else { throw ScanFailure(body.endIndex, "the last boundary is missing") }
            for part in multipart.parts where part.isPlain {
                guard let type = part.mediaType else {
                    throw ScanFailure(part.body.startIndex, "the Content-Type of this part is malformed")
                }
                try BodyPart.check(part.body, type, depth: depth + 1, &budget)
            }
            return
        }
        switch type.name {
        case "message/sipfrag": _ = try MessageFragment(parsing: body, limits: .standard)
        case "application/simple-message-summary": _ = try MessageSummary(parsing: body, limits: .standard)
        case "application/dtmf-relay": _ = try DTMFRelay.parse(relay: body)
        case "application/dtmf": _ = try DTMFRelay.parse(digit: body)
        default: break
        }
    }
}
