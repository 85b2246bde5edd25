/// The pieces of a start line.
enum StartLineParts {
    static func parts(of line: Range<Int>, in bytes: [UInt8]) -> [MessageAnatomy.Part] {
        let words = bytes[line].split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count >= 2 else {
            return [MessageAnatomy.Part(name: "text", value: VisibleText.text(bytes[line]))]
        }
        var result: [MessageAnatomy.Part] = []
        func add(_ name: String, _ value: String) {
            result.append(MessageAnatomy.Part(name: name, value: VisibleText.text(value.utf8)))
        }
        let last = words.count > 2 ? words[2] : ""
        if words[0].uppercased().hasPrefix("SIP/") {
            add("version", words[0])
            add("status", words[1])
            add("reason", last)
        } else {
            add("method", words[0])
            add("Request-URI", Secrets.masked(uri: words[1]))
            if let uri = SIPURI(words[1]) { result += HeaderParts.parts(of: uri) }
            add("version", last)
        }
        return result
    }
}

/// The pieces of the headers that the library reads.
enum HeaderParts {
    private enum Form {
        case addresses, vias, cSeq, credentials, plain
    }

    static func parts(of name: HeaderName, _ value: String) -> [MessageAnatomy.Part] {
        switch self.form(of: name) {
        case .addresses:
            return self.items(value).flatMap { item -> [MessageAnatomy.Part] in
                guard let address = NameAddress(item) else { return [] }
                let display = address.displayName.map { [self.part("display name", $0)] } ?? []
                return display + self.parts(of: address.uri) + self.parts(of: address.parameters, "")
            }
        case .vias:
            return self.items(value).flatMap { item -> [MessageAnatomy.Part] in
                guard let via = Via(item) else { return [] }
                let port = via.port.map { [self.part("port", "\($0)")] } ?? []
                return [self.part("transport", via.transportName), self.part("host", via.host)] + port
                    + self.parts(of: via.parameters, "")
            }
        case .cSeq:
            guard let cSeq = CSeq(value) else { return [] }
            return [self.part("number", "\(cSeq.number)"), self.part("method", cSeq.method.rawValue)]
        case .credentials:
            let scheme = value.prefix { $0 != " " }
            return [self.part("scheme", String(scheme))]
                + self.items(String(value.dropFirst(scheme.count))).map { item in
                    let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                        String.init
                    )
                    let key = pair[0].filter { $0 != " " }
                    let isSecret = lowercased(key) == "response"
                    return self.part(key, isSecret ? Secrets.mask : pair.count > 1 ? pair[1] : "")
                }
        case .plain:
            return []
        }
    }

    /// The pieces of a URI.
    static func parts(of uri: SIPURI) -> [MessageAnatomy.Part] {
        var result = [self.part("scheme", uri.scheme.text)]
        if let user = uri.user { result.append(self.part("user", user)) }
        if uri.password != nil { result.append(self.part("password", Secrets.mask)) }
        if !uri.host.isEmpty { result.append(self.part("host", uri.host)) }
        if let port = uri.port { result.append(self.part("port", "\(port)")) }
        result += self.parts(of: uri.parameters, "URI ")
        if let headers = uri.headers { result.append(self.part("URI headers", headers)) }
        if !uri.opaque.isEmpty { result.append(self.part("opaque", uri.opaque)) }
        return result
    }

    private static func parts(of parameters: Parameters, _ prefix: String) -> [MessageAnatomy.Part] {
        parameters.items.map { self.part("\(prefix);\($0.name)", $0.value ?? "") }
    }

    private static func part(_ name: String, _ value: String) -> MessageAnatomy.Part {
        MessageAnatomy.Part(name: VisibleText.text(name.utf8), value: VisibleText.text(value.utf8))
    }

    private static func form(of name: HeaderName) -> Form {
        switch name {
        case .from, .to, .contact, .route, .recordRoute, .referTo, .referredBy, .replyTo, .path, .serviceRoute,
            .diversion,
            .historyInfo, .remotePartyID, .pAssertedIdentity, .pPreferredIdentity, .pAssociatedURI, .pCalledPartyID:
            .addresses
        case .via: .vias
        case .cSeq: .cSeq
        case .authorization, .proxyAuthorization, .wwwAuthenticate, .proxyAuthenticate: .credentials
        // Any other header is a name of the application's or has a value that speaks for itself.
        default: .plain
        }
    }

    /// Splits a value at its commas, but not inside quotes or angle brackets.
    private static func items(_ value: String) -> [String] {
        var items: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        var isBracketed = false
        for byte in value.utf8 {
            if byte == UInt8(ascii: ","), !isQuoted, !isBracketed {
                items.append([])
                continue
            }
            if byte == UInt8(ascii: "\""), !isEscaped, !isBracketed { isQuoted.toggle() }
            if !isQuoted, byte == UInt8(ascii: "<") { isBracketed = true }
            if !isQuoted, byte == UInt8(ascii: ">") { isBracketed = false }
            isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
            items[items.count - 1].append(byte)
        }
        return items.map { item in
            let text = item.drop { $0 == 0x20 || $0 == 0x09 }
            let end = text.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? text.startIndex
            return String(decoding: text[..<end], as: UTF8.self)
        }.filter { !$0.isEmpty }
    }
}

/// What nobody but the two sides may see.
enum Secrets {
    static let mask = "***"

    /// A header's value with the digest response and the passwords of URIs masked.
    static func masked(_ value: String, of name: HeaderName?) -> String {
        if name == .authorization || name == .proxyAuthorization {
            // The marker is ASCII, so that its place among the small letters is its place.
            guard let found = Array(lowercased(value).utf8).firstRange(of: Array("response=".utf8)) else {
                return value
            }
            let bytes = Array(value.utf8)
            let end = bytes[found.upperBound...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
            return String(decoding: bytes.prefix(found.upperBound), as: UTF8.self) + self.mask
                + String(decoding: bytes.dropFirst(end), as: UTF8.self)
        }
        guard value.utf8.contains(UInt8(ascii: "@")) else { return value }
        let words = value.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            guard let start = (word.firstRange(of: "sip:") ?? word.firstRange(of: "sips:"))?.lowerBound else {
                return String(word)
            }
            return String(word[..<start]) + self.masked(uri: String(word[start...]))
        }
        return words.joined(separator: " ")
    }

    /// A URI without its password, however broken it is.
    static func masked(uri text: String) -> String {
        guard let at = text.firstIndex(of: "@"), let scheme = text.firstIndex(of: ":"), scheme < at else { return text }
        let user = text[text.index(after: scheme)..<at]
        guard let colon = user.firstIndex(of: ":") else { return text }
        return text[...scheme] + user[..<colon] + ":" + self.mask + text[at...]
    }
}

/// Bytes as a terminal can show them without being steered by them.
enum VisibleText {
    /// Letters of any script as they are; control characters, and bytes that are no text, as `\xNN` or `\u{NNNN}`.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let all = Array(bytes)
        guard let text = String(validating: all, as: UTF8.self) else { return self.ascii(all) }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            // A control character, one that turns the direction of text, or no character at all.
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result +=
                    scalar.value < 0x80 ? self.escaped(UInt8(scalar.value)) : "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// One character or one `\xNN` for each byte, so that a caret can stand under it.
    static func ascii(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            text += (0x20...0x7E).contains(byte) ? String(UnicodeScalar(byte)) : self.escaped(byte)
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
}
