// The grammars of headers that nothing here reads as a type: their values are text (`values`, `lines`), and `verdict(of:)` still says
// whether they are well formed.
extension HeaderGrammar {
    // MARK: RFC 3261

    static func priority(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        try scanner.token("a priority is expected")
    }

    /// One choice of Accept-Encoding with how much it is liked (section 20.2).
    static func coding(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.token("a token is expected")
        return try scanner.parameters([ParameterRule("q", .quality)])
    }

    /// One choice of Accept-Language with how much it is liked (section 20.3).
    static func languageRange(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        if !scanner.separator(UInt8(ascii: "*")) { _ = try self.language(&scanner) }
        return try scanner.parameters([ParameterRule("q", .quality)])
    }

    /// A language tag: parts of one to eight characters with hyphens between them.
    static func language(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Range<Int> {
        let start = scanner.position
        repeat {
            let part = scanner.run { byte in
                (byte >= 0x30 && byte <= 0x39) || (lowercased(byte) >= 0x61 && lowercased(byte) <= 0x7A)
            }
            guard (1...8).contains(part.count) else { throw ScanFailure(part.lowerBound, "a language is expected") }
        } while !scanner.run { $0 == UInt8(ascii: "-") }.isEmpty
        return start..<scanner.position
    }

    /// A URI that tells more: Alert-Info, Call-Info and Error-Info (sections 20.4, 20.9 and 20.18).
    static func information(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.bracketedURI()
        return try scanner.parameters([ParameterRule("purpose", .token)])
    }

    /// A scheme with its parameters: Authorization, WWW-Authenticate and their two for proxies (section 25.1).
    static func authorization(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Range<Int> {
        _ = try scanner.token("a scheme is expected")
        try scanner.gap()
        return try self.authenticationInfo(&scanner)
    }

    /// `name=value` with commas between them (section 20.6).
    static func authenticationInfo(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Range<Int> {
        let all = scanner.position
        repeat {
            _ = try scanner.token("the name of a parameter is expected")
            guard scanner.separator(UInt8(ascii: "=")) else {
                throw ScanFailure(scanner.position, "an equals sign is expected")
            }
            let start = scanner.position
            if scanner.next == UInt8(ascii: "\"") {
                _ = try scanner.quotedString()
            } else {
                // More than a token: a Basic-like value in Base64, a URI that a peer forgot to quote.
                let range = scanner.run { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != 0x22 }
                guard !range.isEmpty else { throw ScanFailure(start, "a value is expected") }
            }
        } while scanner.separator(UInt8(ascii: ","))
        return all..<scanner.position
    }

    static func version(_ scanner: inout HeaderScanner) throws(ScanFailure) -> UInt32 {
        let major = try scanner.number()
        try scanner.expect(UInt8(ascii: "."), "a dot is expected")
        _ = try scanner.number()
        return major
    }

    /// Seconds with a comment and a duration (section 20.33).
    static func retryAfter(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.seconds()
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: "(") { try scanner.comment() }
        return try scanner.parameters([ParameterRule("duration", .seconds)])
    }

    /// A time of the client's clock, and the delay until the response (section 20.38).
    static func timestamp(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Range<Int> {
        func decimal(_ scanner: inout HeaderScanner) -> Range<Int> {
            let start = scanner.position
            _ = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
            if scanner.next == UInt8(ascii: ".") {
                scanner.advance()
                _ = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
            }
            return start..<scanner.position
        }
        guard let byte = scanner.next, byte >= 0x30, byte <= 0x39 else {
            throw ScanFailure(scanner.position, "a number is expected")
        }
        let value = decimal(&scanner)
        scanner.skipSpace()
        guard scanner.position > value.upperBound, !scanner.isAtEnd else { return value }
        let delay = decimal(&scanner)
        guard scanner.bytes[delay].contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else {
            throw ScanFailure(delay.lowerBound, "a delay is expected")
        }
        return value
    }

    // MARK: Extensions

    /// Which provisional response a PRACK acknowledges (RFC 3262 section 7.2).
    static func rAck(_ scanner: inout HeaderScanner) throws(ScanFailure) -> CSeq {
        _ = try scanner.number()
        try scanner.gap()
        return try self.cSeq(&scanner)
    }

    /// What device the caller wants (RFC 3841 section 9.2).
    static func contactPreference(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        try scanner.expect(UInt8(ascii: "*"), "an asterisk is expected")
        return try scanner.parameters([ParameterRule("require", .flag), ParameterRule("explicit", .flag)])
    }

    /// The dialog that an INVITE takes the place of, or joins (RFC 3891 section 6.1, RFC 3911).
    static func dialog(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.callID()
        return try scanner.parameters([
            ParameterRule("to-tag", .token, required: true),
            ParameterRule("from-tag", .token, required: true),
            ParameterRule("early-only", .flag),
        ])
    }

    /// Who asked for a request (RFC 3892 section 3).
    static func referrer(_ scanner: inout HeaderScanner) throws(ScanFailure) -> NameAddress {
        try scanner.nameAddress([ParameterRule("cid", .tokenOrQuoted)])
    }

    /// Whether a REFER makes a subscription (RFC 4488 section 4).
    static func referSub(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        let start = scanner.position
        let word = try scanner.token("true or false is expected")
        guard equalIgnoringCase(word, "true") || equalIgnoringCase(word, "false") else {
            throw ScanFailure(start, "true or false is expected")
        }
        return try scanner.parameters()
    }

    /// How long a session lives without a refresh (RFC 4028 section 4).
    static func sessionExpires(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.seconds()
        return try scanner.parameters([ParameterRule("refresher", .oneOf(["uac", "uas"]))])
    }

    /// The shortest interval that is accepted (RFC 4028 section 5).
    static func minSE(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.seconds()
        return try scanner.parameters()
    }

    /// What a subscription is about (RFC 6665 section 8.2.1).
    static func event(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try self.eventPackage(&scanner)
        return try scanner.parameters([ParameterRule("id", .token)])
    }

    /// Tokens without dots, and a dot between two.
    static func eventPackage(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        let start = scanner.position
        let name = try scanner.token("an event package is expected")
        guard !name.hasPrefix("."), !name.hasSuffix("."), !name.contains("..") else {
            throw ScanFailure(start, "a dot may only stand between names")
        }
        return name
    }

    /// Where a subscription stands (RFC 6665 section 8.2.3).
    static func subscriptionState(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        _ = try scanner.token("a state is expected")
        return try scanner.parameters([
            ParameterRule("reason", .token), ParameterRule("expires", .seconds), ParameterRule("retry-after", .seconds),
        ])
    }
}

extension HeaderScanner {
    /// Moves past a comment in parentheses, with the comments in it (RFC 3261 section 25.1).
    fileprivate mutating func comment() throws(ScanFailure) {
        let start = self.position
        try self.expect(UInt8(ascii: "("), "a comment is expected")
        var depth = 1
        while let byte = self.next {
            self.advance()
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return }
            case UInt8(ascii: "\\"): self.advance()
            default: break
            }
        }
        throw ScanFailure(start, "the comment has no end")
    }
}
