import SIPCore

/// A datagram: parsed, read through every accessor, copied, answered; or refused at a byte that it has.
enum MessageTarget {
    static func run(_ input: [UInt8]) {
        let bytes = FuzzInput.inflated(input)
        do {
            let message = try SIPMessage(bytes)
            self.checkAccepted(message, bytes)
        } catch {
            self.checkRefused(error, bytes)
        }
        self.checkReuse(bytes)
        TypedReading.dissect(bytes)
        var narrow = SIPLimits()
        narrow.messageLength = 512
        narrow.headerCount = 8
        narrow.headerLength = 64
        if let message = try? SIPMessage(bytes, limits: narrow) {
            check(message.length <= narrow.messageLength, "a message of \(message.length) bytes passed the limit")
            check(message.headerLines.count <= narrow.headerCount, "the limit on headers did not hold")
        }
    }

    /// A parser that read another message before finds the same.
    private static func checkReuse(_ bytes: [UInt8]) {
        let fresh = Result { () throws(SIPParseError) in try SIPMessage(bytes) }
        var parser = SIPParser()
        for former in [Array(self.example.utf8), bytes] {
            _ = try? parser.parse(former.span)
            let again = Result { () throws(SIPParseError) in
                try parser.parse(bytes.span)
                return parser.makeMessage(bytes.span)
            }
            check(again == fresh, "a parser that was used before finds \(again), a new one \(fresh)")
        }
    }

    private static let example =
        "INVITE sip:b@b.example SIP/2.0\r\nv: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP c.example\r\n"
        + "f: \"A\" <sip:a@a.example>;tag=1\r\nt: <sip:b@b.example>\r\ni: 1@a.example\r\nCSeq: 1 INVITE\r\n"
        + "Max-Forwards: 9\r\nContact: <sip:a@a.example>\r\nRoute: <sip:p.example;lr>\r\nl: 4\r\n\r\nv=0\n"

    // MARK: Refused

    private static func checkRefused(_ error: SIPParseError, _ bytes: [UInt8]) {
        check(error.offset >= 0 && error.offset <= bytes.count, "\(error) is outside of \(bytes.count) bytes")
        check((400...699).contains(error.status), "\(error) has no status to refuse with")
        check(!error.description.isEmpty && !error.message.isEmpty, "an error without words")
    }

    // MARK: Accepted

    private static func checkAccepted(_ message: SIPMessage, _ bytes: [UInt8]) {
        self.read(message)
        TypedReading.read(message)
        check(message.length <= bytes.count, "the message is longer than its datagram")
        let own = message.bytes
        check(own.count == message.length, "length is not that of the bytes")
        if isBrokenOnPurpose, message.values(.contact).count == 2 { fatalError("broken on purpose") }
        // What was accepted is accepted again, and means the same.
        do {
            let again = try SIPMessage(own)
            check(again == message, "the message's own bytes are another message")
            self.checkSame(again, message)
        } catch {
            fatalError("the message's own bytes are refused: \(error)")
        }
        self.checkCopy(message)
        self.checkReplies(message)
    }

    /// Reads everything; returns nothing, for a trap is what is looked for.
    static func read(_ message: SIPMessage) {
        _ = message.description
        _ = message.method
        _ = message.requestURI?.description
        _ = message.requestURIText
        _ = message.reasonPhrase
        check(message.isRequest == (message.statusCode == 0), "a request with a status, or a response without")
        check(message.statusCode == 0 || (100...699).contains(message.statusCode), "status \(message.statusCode)")
        let vias = message.vias
        check(!vias.isEmpty, "a message without Via was accepted")
        check(vias.first == message.topVia, "the top Via is not the first one")
        for via in vias {
            _ = via.description
            _ = via.transport
            _ = via.branch
            _ = via.received
            _ = via.rport
            _ = via.sentBy
        }
        self.read(message.from)
        self.read(message.to)
        check(message.fromTag == message.from.tag, "two From tags")
        check(message.toTag == message.to.tag, "two To tags")
        check(!message.callID.isEmpty, "an empty Call-ID was accepted")
        _ = message.cSeq.description
        for address in message.contacts + message.routes + message.recordRoutes { self.read(address) }
        _ = message.isWildcardContact
        _ = message.maxForwards
        _ = message.expires
        _ = message.minExpires
        _ = message.retryAfter
        _ = message.contentType
        check(message.body.count <= message.length, "a body longer than its message")
        let lines = message.headerLines
        for (name, _) in lines {
            check(message.contains(name), "\(name) is in the message and is not")
            check(!message.lines(name).isEmpty, "no line of \(name)")
            _ = message.first(name)
            _ = message.values(name)
            for address in message.nameAddresses(name) { self.read(address) }
        }
        for (_, challenge) in DigestChallenge.all(in: message) { _ = challenge.description }
    }

    private static func read(_ address: NameAddress) {
        _ = address.description
        _ = address.tag
        _ = address.expires
        _ = address.uri.unescapedUser
        _ = address.uri.transport
        _ = address.uri.address
        _ = address.uri.isLooseRouter
        check(address.uri.isEquivalent(to: address.uri), "\(address.uri) is not equivalent to itself")
    }

    private static func checkSame(_ left: SIPMessage, _ right: SIPMessage) {
        check(left.method == right.method && left.statusCode == right.statusCode, "another start line")
        check(left.requestURI == right.requestURI, "another Request-URI")
        check(left.vias == right.vias, "other Vias")
        check(left.from == right.from && left.to == right.to, "another From or To")
        check(left.callID == right.callID && left.cSeq == right.cSeq, "another Call-ID or CSeq")
        check(left.contacts == right.contacts, "other Contacts")
        check(left.routes == right.routes && left.recordRoutes == right.recordRoutes, "other routes")
        check(left.body == right.body, "another body")
        check(
            left.headerLines.elementsEqual(right.headerLines) { $0.name == $1.name && $0.value == $1.value },
            "other headers"
        )
    }

    // MARK: Building from it

    /// A copy may be refused (a request without Max-Forwards is), but never mean something else.
    private static func checkCopy(_ message: SIPMessage) {
        guard let copy = try? SIPMessageBuilder(copying: message).build() else { return }
        check(copy.method == message.method && copy.statusCode == message.statusCode, "the copy is of another kind")
        check(copy.requestURIText == message.requestURIText, "the copy has another Request-URI")
        check(copy.body == message.body, "the copy has another body")
        check(copy.vias == message.vias, "the copy has other Vias")
        check(copy.from == message.from && copy.to == message.to, "the copy has another From or To")
        check(copy.callID == message.callID && copy.cSeq == message.cSeq, "the copy has another Call-ID or CSeq")
        check(self.others(copy).elementsEqual(self.others(message), by: { $0 == $1 }), "the copy has other headers")
        guard let second = try? SIPMessageBuilder(copying: copy).build() else {
            fatalError("a copy that was built cannot be copied")
        }
        check(second.bytes == copy.bytes, "the copy of a copy has other bytes")
    }

    /// The headers that a copy keeps in their order: Via moves to the top and Content-Length is written anew. A CR that
    /// stands alone, which is borne with in a response, is written as a space.
    private static func others(_ message: SIPMessage) -> [(String, [UInt8])] {
        message.headerLines.filter { $0.name != .via && $0.name != .contentLength }.map { line in
            let value = Array(line.value.utf8)
            let written = value.indices.map { index in
                let isAlone = value[index] == 0x0D && (index + 1 == value.count || value[index + 1] != 0x0A)
                return isAlone ? 0x20 : value[index]
            }
            return (line.name.description, written)
        }
    }

    /// Whatever request was accepted can be answered, and the answer belongs to it.
    private static func checkReplies(_ message: SIPMessage) {
        guard message.isRequest else { return }
        for (status, tag) in [(100, nil), (200, "a"), (486, "b")] as [(Int, String?)] {
            do {
                let reply = try SIPMessageBuilder(response: status, to: message, toTag: tag).build()
                check(reply.statusCode == status, "the answer has another status")
                check(reply.vias == message.vias, "the answer has other Vias")
                check(reply.from == message.from, "the answer has another From")
                check(reply.to.uri == message.to.uri, "the answer has another To")
                check(reply.callID == message.callID && reply.cSeq == message.cSeq, "the answer is to another request")
                check(message.toTag == nil ? reply.toTag == tag : reply.toTag == message.toTag, "a wrong To tag")
            } catch {
                fatalError("the request was accepted, but the \(status) to it is not: \(error)")
            }
        }
        if message.method == .invite, let cancel = try? SIPMessageBuilder.cancel(of: message).build() {
            check(cancel.topVia == message.topVia, "the CANCEL has another Via")
            check(cancel.cSeq.number == message.cSeq.number, "the CANCEL has another CSeq")
        }
    }
}
