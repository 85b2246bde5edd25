extension SIPMessage {
    /// Why a header that is present is malformed; `nil` when it is absent, well formed, or has no grammar here.
    ///
    /// The one way to tell `nil` for "absent" from `nil` for "malformed": every typed property reads leniently, and this
    /// says what is wrong at which byte of the message, with the status to refuse a request (RFC 3261 section 21.4.1).
    public func verdict(of name: HeaderName) -> SIPParseError? {
        guard let grammar = HeaderGrammar.table[name] else { return nil }
        var isFirst = true
        for range in self.valueRanges(name) {
            do throws(ScanFailure) {
                guard isFirst || grammar.isRepeatable else {
                    throw ScanFailure(range.lowerBound, "the header may stand only once")
                }
                try grammar.check(HeaderScanner(self.storage, range))
            } catch {
                return SIPParseError(
                    layer: .header,
                    offset: error.offset,
                    header: name,
                    message: "\(error.reason)"
                )
            }
            isFirst = false
        }
        return nil
    }

    /// The verdicts of all headers that are malformed, in the order in which they stand first.
    public var verdicts: [SIPParseError] {
        var seen: Set<HeaderName> = []
        return self.headerLines.compactMap { line in
            seen.insert(line.name).inserted ? self.verdict(of: line.name) : nil
        }
    }
}

/// What one header may hold.
struct HeaderGrammar: Sendable {
    /// Whether the header may stand in several lines.
    let isRepeatable: Bool
    /// Throws at the first byte of a line that may not be there.
    let check: @Sendable (HeaderScanner) throws(ScanFailure) -> Void

    /// A header with one value.
    static func one<Value>(
        repeatable: Bool = false,
        _ scan: @escaping @Sendable (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> HeaderGrammar {
        HeaderGrammar(isRepeatable: repeatable) { (scanner) throws(ScanFailure) in
            var scanner = scanner
            _ = try scanner.whole(scan)
        }
    }

    /// A header with values and commas between them.
    static func list<Value>(
        allowsEmpty: Bool = false,
        _ scan: @escaping @Sendable (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> HeaderGrammar {
        HeaderGrammar(isRepeatable: true) { (scanner) throws(ScanFailure) in
            var scanner = scanner
            scanner.skipSpace()
            if allowsEmpty, scanner.isAtEnd { return }
            repeat {
                _ = try scan(&scanner)
                scanner.skipSpace()
                guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else {
                    throw ScanFailure(scanner.position, "nothing may follow here but a comma")
                }
            } while scanner.separator(UInt8(ascii: ","))
        }
    }

    /// The headers that the library reads, each with its grammar. A header with no grammar but words is not here.
    static let table: [HeaderName: HeaderGrammar] = [
        // RFC 3261
        .accept: .list(allowsEmpty: true, MediaType.init(range:)),
        .acceptEncoding: .list(allowsEmpty: true, HeaderGrammar.coding),
        .acceptLanguage: .list(allowsEmpty: true, HeaderGrammar.languageRange),
        .alertInfo: .list(HeaderGrammar.information),
        .allow: .list(allowsEmpty: true, HeaderGrammar.method),
        .authenticationInfo: .one(repeatable: true, HeaderGrammar.authenticationInfo),
        .authorization: .one(repeatable: true, HeaderGrammar.authorization),
        .callInfo: .list(HeaderGrammar.information),
        .contact: .one(repeatable: true, HeaderGrammar.contacts),
        .contentDisposition: .one(ContentDisposition.init(scanning:)),
        .contentEncoding: .list(HeaderGrammar.token),
        .contentLanguage: .list(HeaderGrammar.language),
        .contentLength: .one(HeaderGrammar.number),
        .contentType: .one(MediaType.init(scanning:)),
        .cSeq: .one(HeaderGrammar.cSeq),
        .date: .one(HeaderGrammar.date),
        .errorInfo: .list(HeaderGrammar.information),
        .expires: .one(HeaderGrammar.seconds),
        .from: .one(HeaderGrammar.address),
        .inReplyTo: .list(HeaderGrammar.callID),
        .maxForwards: .one(HeaderGrammar.hops),
        .mimeVersion: .one(HeaderGrammar.version),
        .minExpires: .one(HeaderGrammar.seconds),
        .priority: .one(HeaderGrammar.priority),
        .proxyAuthenticate: .one(repeatable: true, HeaderGrammar.authorization),
        .proxyAuthorization: .one(repeatable: true, HeaderGrammar.authorization),
        .proxyRequire: .list(HeaderGrammar.token),
        .recordRoute: .list(HeaderGrammar.address),
        .replyTo: .one(HeaderGrammar.address),
        .require: .list(HeaderGrammar.token),
        .retryAfter: .one(HeaderGrammar.retryAfter),
        .route: .list(HeaderGrammar.address),
        .supported: .list(allowsEmpty: true, HeaderGrammar.token),
        .timestamp: .one(HeaderGrammar.timestamp),
        .to: .one(HeaderGrammar.address),
        .unsupported: .list(HeaderGrammar.token),
        .via: .list(HeaderGrammar.via),
        .warning: .list(Warning.init(scanning:)),
        .wwwAuthenticate: .one(repeatable: true, HeaderGrammar.authorization),
        // RFC 3262
        .rAck: .one(HeaderGrammar.rAck),
        .rSeq: .one(HeaderGrammar.rSeq),
        // RFC 3323, 3325, 3326, 3327, 3608
        .privacy: .one(repeatable: true, Privacy.init(scanning:)),
        .pAssertedIdentity: .list(HeaderGrammar.address),
        .pPreferredIdentity: .list(HeaderGrammar.address),
        .reason: .list(Reason.init(scanning:)),
        .path: .list(HeaderGrammar.address),
        .serviceRoute: .list(HeaderGrammar.address),
        // RFC 3515, 3841, 3891, 3892, 3903, 3911, 4028, 4488
        .referTo: .one(HeaderGrammar.address),
        .acceptContact: .list(HeaderGrammar.contactPreference),
        .rejectContact: .list(HeaderGrammar.contactPreference),
        .requestDisposition: .list(HeaderGrammar.token),
        .replaces: .one(HeaderGrammar.dialog),
        .join: .one(HeaderGrammar.dialog),
        .referredBy: .one(HeaderGrammar.referrer),
        .sipETag: .one(HeaderGrammar.token),
        .sipIfMatch: .one(HeaderGrammar.token),
        .sessionExpires: .one(HeaderGrammar.sessionExpires),
        .minSE: .one(HeaderGrammar.minSE),
        .referSub: .one(HeaderGrammar.referSub),
        // RFC 5626, 5806, 6665, 7044
        .flowTimer: .one(HeaderGrammar.number),
        .diversion: .list(Diversion.init(scanning:)),
        .event: .one(HeaderGrammar.event),
        .allowEvents: .list(HeaderGrammar.eventPackage),
        .subscriptionState: .one(HeaderGrammar.subscriptionState),
        .historyInfo: .list(HistoryInfo.init(scanning:)),
        // RFC 7315, draft-ietf-sip-privacy-04
        .pAssociatedURI: .list(HeaderGrammar.address),
        .pCalledPartyID: .one(HeaderGrammar.address),
        .remotePartyID: .list(RemotePartyID.init(scanning:)),
    ]
}

// MARK: - The grammars that need no type

extension HeaderGrammar {
    static func token(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        try scanner.token("a token is expected")
    }

    static func method(_ scanner: inout HeaderScanner) throws(ScanFailure) -> SIPMethod {
        SIPMethod(rawValue: try scanner.token("a method is expected"))
    }

    static func callID(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        try scanner.callID()
    }

    static func number(_ scanner: inout HeaderScanner) throws(ScanFailure) -> UInt32 {
        try scanner.number()
    }

    static func seconds(_ scanner: inout HeaderScanner) throws(ScanFailure) -> UInt32 {
        try scanner.seconds()
    }

    /// From 1 to 2^32 - 1 (RFC 3262 section 7.1).
    static func rSeq(_ scanner: inout HeaderScanner) throws(ScanFailure) -> UInt32 {
        let start = scanner.position
        let number = try scanner.number()
        guard number > 0 else { throw ScanFailure(start, "a number from 1 is expected") }
        return number
    }

    /// From 0 to 255 (RFC 3261 section 20.22).
    static func hops(_ scanner: inout HeaderScanner) throws(ScanFailure) -> UInt32 {
        let start = scanner.position
        let number = try scanner.number()
        guard number <= 255 else { throw ScanFailure(start, "a number from 0 to 255 is expected") }
        return number
    }

    static func cSeq(_ scanner: inout HeaderScanner) throws(ScanFailure) -> CSeq {
        let number = try scanner.number()
        try scanner.gap()
        return CSeq(number: number, method: SIPMethod(rawValue: try scanner.token("a method is expected")))
    }

    static func address(_ scanner: inout HeaderScanner) throws(ScanFailure) -> NameAddress {
        try scanner.nameAddress()
    }

    static func via(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Via {
        try scanner.via()
    }

    /// `*`, or addresses with commas between them (RFC 3261 section 20.10).
    static func contacts(_ scanner: inout HeaderScanner) throws(ScanFailure) -> [NameAddress] {
        let rules = [ParameterRule("q", .quality), ParameterRule("expires", .seconds)]
        if scanner.next == UInt8(ascii: "*") {
            _ = scanner.run { $0 == UInt8(ascii: "*") }
            return []
        }
        var contacts: [NameAddress] = []
        repeat {
            contacts.append(try scanner.nameAddress(rules))
        } while scanner.separator(UInt8(ascii: ","))
        return contacts
    }
}
