import SIPCore

/// Reads every typed header and body of a message, asks for every verdict, and looks at its anatomy.
enum TypedReading {
    static func read(_ message: SIPMessage) {
        self.readHeaders(message)
        self.readBodies(message)
        for verdict in message.verdicts { self.examine(verdict, of: message) }
        if let verdict = message.bodyVerdict { self.examine(verdict, of: message) }
    }

    private static func examine(_ verdict: SIPParseError, of message: SIPMessage) {
        check(verdict.offset >= 0 && verdict.offset <= message.length, "\(verdict) is outside of the message")
        check((400...699).contains(verdict.status), "\(verdict) has no status to refuse with")
    }

    private static func readHeaders(_ message: SIPMessage) {
        _ = (message.accept, message.contentDisposition, message.mediaType, message.product, message.warnings)
        _ = (message.assertedIdentities, message.privacy, message.remotePartyIDs)
        _ = (message.reasons, message.cause(of: "Q.850"))
        for diversion in message.diversions { _ = (diversion.counter, diversion.limit, diversion.reason) }
        for entry in message.historyInfo { _ = (entry.index, entry.origin, entry.causes, entry.privacy) }
    }

    private static func readBodies(_ message: SIPMessage) {
        _ = (message.dtmfRelay?.description, message.fragment?.description, message.messageSummary?.description)
        let parts = message.parts
        check(parts.count <= BodyLimits.standard.partCount + 1, "\(parts.count) parts passed the limit")
        for part in parts {
            check(part.body.count <= message.body.count, "a part larger than the whole")
            _ = (part.mediaType, part.disposition, part.contentID, part.isPlain, part.multipart()?.parts.count)
        }
        if let first = parts.first?.contentID { check(message.part(contentID: first) != nil, "\(first) is not found") }
        _ = message.body(ofType: "application/sdp")
        _ = message.multipart?.isComplete
    }

    // MARK: Of any bytes

    /// What `sipctl parse` shows, of a message or of a fault.
    static func dissect(_ bytes: [UInt8]) {
        let anatomy = MessageAnatomy(bytes)
        check(anatomy.length == bytes.count, "the anatomy is of \(anatomy.length) bytes")
        check(anatomy.startLineOffset <= bytes.count, "the start line is outside")
        // A line of nothing but white space may end what was refused.
        for header in anatomy.headers { check(header.offset <= bytes.count, "\(header.name) is outside") }
        check(anatomy.bodyOffset ?? 0 <= bytes.count, "the body is outside")
        check(anatomy.bodyLength >= 0 && anatomy.trailingLength >= 0, "less than nothing")
        check(
            (anatomy.fault == nil) == ((try? SIPMessage(bytes)) != nil),
            "the anatomy judges otherwise than the parser"
        )
        guard let fault = anatomy.fault else { return }
        check(fault.offset <= bytes.count && fault.line > 0 && fault.column > 0, "\(fault)")
        check(fault.caret >= 0 && fault.caret <= fault.excerpt.count, "the caret is outside of its line: \(fault)")
        check(!fault.excerpt.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a control in \(fault)")
    }
}
