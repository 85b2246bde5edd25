extension SIPMessageBuilder {
    /// Starts a response to a request (RFC 3261 section 8.2.6): all Vias, From, To, Call-ID and CSeq as they came.
    ///
    /// `toTag` is added unless the status is 100 or the To has one; Record-Route is copied for 101 to 299, which may
    /// make a dialog (section 12.1.1), and Timestamp for 100. `reason` is the RFC's own phrase unless it is given.
    public init(response status: Int, reason: String? = nil, to request: SIPMessage, toTag: String?) {
        self.init(startLine: .response(status, reason: reason ?? SIPStatus.phrase(status)))
        self.echo = Echo(request: request, toTag: toTag)
    }

    /// The ACK to a final response other than 2xx, complete with its Via (RFC 3261 section 17.1.1.3).
    public static func ack(forNon2xx response: SIPMessage, to request: SIPMessage) -> SIPMessageBuilder {
        var ack = SIPMessageBuilder(sameHopAs: request, method: .ack)
        guard response.core.to.isReadable else {
            // What cannot be read cannot be sent either: our own To, with the tag that was found.
            if let tag = response.toTag, !request.core.to.tag.isPresent,
                let index = ack.fields.firstIndex(where: { $0.name == .to })
            {
                ack.fields[index].value += ";tag=\(tag)".utf8
            }
            return ack
        }
        ack.fields.removeAll { $0.name == .to }
        ack.copy(.to, of: response)
        return ack
    }

    /// The CANCEL of a request that was sent, complete with its Via (RFC 3261 section 9.1).
    public static func cancel(of request: SIPMessage) -> SIPMessageBuilder {
        SIPMessageBuilder(sameHopAs: request, method: .cancel)
    }

    /// A request that goes exactly where `request` went: same Request-URI, top Via, Routes and CSeq number.
    private init(sameHopAs request: SIPMessage, method: SIPMethod) {
        self.init(startLine: .request(method, uri: request.requestURIText))
        let via = Array(request.storage[request.core.topVia.whole.range])
        self.fields.append(Field(name: .via, value: via, isEchoed: true))
        self.fields.append(Field(name: .maxForwards, value: Array("70".utf8)))
        for value in request.rawLines(.route) { self.fields.append(Field(name: .route, value: value, isEchoed: true)) }
        self.copy(.from, of: request)
        self.copy(.to, of: request)
        self.copy(.callID, of: request)
        self.fields.append(Field(name: .cSeq, value: Array("\(request.core.cSeq.number) \(method)".utf8)))
    }

    mutating func copy(_ name: HeaderName, of message: SIPMessage) {
        guard let value = message.rawLines(name).first else { return }
        self.fields.append(Field(name: name, value: value, isEchoed: true))
    }
}
