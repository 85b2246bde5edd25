import CoreTypes

extension SIPMessageBuilder {
    /// What a response copies of its request (RFC 3261 section 8.2.6.2): the request itself, whose lines are copied when
    /// the response is written.
    struct Echo: Sendable {
        let request: SIPMessage
        let toTag: String?

        /// Whether the response has headers of that name from the request.
        static func has(_ name: HeaderName) -> Bool {
            switch name.known {
            case .via, .recordRoute, .from, .to, .callID, .cSeq, .timestamp: true
            case _: false
            }
        }
    }

    /// The headers, with those of the request when one of these is asked for.
    func fields(with name: HeaderName) -> [Field] {
        guard self.echo != nil, Echo.has(name) else { return self.fields }
        var copy = self
        copy.takeOver(name)
        return copy.fields
    }

    /// Makes the headers of the request ones of this response, when one of that name is to be changed.
    mutating func takeOver(_ name: HeaderName) {
        guard let echo = self.echo, Echo.has(name) else { return }
        let own = self.fields
        let status = self.statusCode ?? 0
        self.echo = nil
        self.fields = echo.request.rawLines(.via).map { Field(name: .via, value: $0, isEchoed: true) }
        if status > 100, status < 300 {
            self.fields += echo.request.rawLines(.recordRoute).map {
                Field(name: .recordRoute, value: $0, isEchoed: true)
            }
        }
        self.copy(.from, of: echo.request)
        self.copy(.to, of: echo.request)
        if status > 100, !echo.request.core.to.tag.isPresent, let tag = echo.toTag, let last = self.fields.indices.last
        {
            self.fields[last].value += ";tag=\(tag)".utf8
        }
        self.copy(.callID, of: echo.request)
        self.copy(.cSeq, of: echo.request)
        if status == 100 { self.copy(.timestamp, of: echo.request) }
        self.fields += own
    }

    /// The bytes of a response; with `source`, from where its request came, the top Via gets `received` and `rport`
    /// (RFC 3261 section 18.2.1, RFC 3581 section 4).
    func response(from source: TransportAddress) throws(SIPBuildError) -> [UInt8] {
        if let echo = self.echo { return try self.write(echo, from: source) }
        let message = try self.build()
        return ViaRules.received(message.storage.span, message.core, from: source) ?? message.bytes
    }

    /// The To tag of the response, if it has one.
    var responseTag: String? {
        guard let echo = self.echo else { return self.first(.to).flatMap { NameAddress($0)?.parameters["tag"] } }
        return echo.request.toTag ?? (self.statusCode == 100 ? nil : echo.toTag)
    }

    /// Writes a response: lines of the request as they came, the headers of our own, the body.
    func write(_ echo: Echo, from source: TransportAddress?) throws(SIPBuildError) -> [UInt8] {
        guard case .response(let status, let reason) = self.startLine else { throw .illegalStartLine }
        let room = self.fields.reduce(self.body.count + echo.request.length + reason.utf8.count + 192) {
            $0 + $1.value.count + $1.name.description.utf8.count + 4
        }
        var bytes = [UInt8](repeating: 0, count: room + (echo.toTag?.utf8.count ?? 0))
        let count = try self.write(status, reason, echo, source, into: &bytes)
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private func write(
        _ status: Int,
        _ reason: String,
        _ echo: Echo,
        _ source: TransportAddress?,
        into bytes: inout [UInt8]
    ) throws(SIPBuildError) -> Int {
        var buffer = bytes.mutableSpan
        var writer = try ResponseWriter(
            status,
            reason: reason,
            to: echo.request,
            from: source,
            toTag: echo.toTag,
            into: &buffer
        )
        for field in self.fields where field.name != .contentLength {
            try writer.add(field.name, field.value.span, into: &buffer)
        }
        return try writer.finish(body: self.body.span, into: &buffer)
    }
}
