public import SIPCore

/// What is called: an extension or a number, `user@host`, or a URI of the schemes `sip` and `tel`, in any letters.
public struct DialTarget: Sendable, Hashable {
    /// The Request-URI.
    public let uri: SIPURI

    /// Reads a target; an extension or a telephone number is one of the PBX that `account` is at.
    ///
    /// `tel:+49-30-1234` becomes `sip:+49301234@pbx;user=phone` (RFC 3261 section 19.1.6). A port in the target is kept: a
    /// call to the PBX's own host goes to that port of it.
    /// - Throws: ``TelephonyError/invalidTarget``, and ``TelephonyError/insecureTransport`` for `sips`, which may not be sent
    ///   without TLS (RFC 3261 section 19.1).
    public init(_ text: String, at account: SIPURI) throws(TelephonyError) {
        guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidTarget
        }
        if let uri = SIPURI(text) {
            switch uri.scheme {
            case .sip:
                // An empty user is borne with in what others send; as a target it is a mistake.
                guard uri.headers == nil, uri.user != nil || !text.contains("@") else { throw .invalidTarget }
                self.uri = uri
                return
            case .sips: throw .insecureTransport
            case .tel:
                self.uri = try Self.telephone(uri, at: account)
                return
            case .other: throw .invalidTarget
            }
        }
        if text.contains("@") {
            // A URI that broke its grammar is no user with a colon.
            guard let uri = SIPURI("sip:" + text), uri.headers == nil, uri.password == nil, uri.user != nil
            else { throw .invalidTarget }
            self.uri = uri
        } else {
            let host = account.port.map { "\(account.host):\($0)" } ?? account.host
            guard let uri = SIPURI("sip:\(text)@\(host)"), uri.user == text else { throw .invalidTarget }
            self.uri = uri
        }
    }

    private static func telephone(_ number: SIPURI, at account: SIPURI) throws(TelephonyError) -> SIPURI {
        // Visual separators mean nothing (RFC 3966 section 5.1.1), and some PBXs do not know them.
        let digits = (number.user ?? "").filter { !"-.()".contains($0) }
        guard !digits.isEmpty else { throw .invalidTarget }
        var uri = SIPURI(user: digits + number.parameters.description, host: account.host, port: account.port)
        uri.setParameter("user", "phone")
        return uri
    }
}
