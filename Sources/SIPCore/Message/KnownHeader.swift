/// The headers that the library knows: their spelling, their compact form and whether they are lists.
enum KnownHeader: UInt8, CaseIterable, Sendable {
    // Those of `CoreHeader` come first, with the same numbers.
    case via = 1
    case from
    case to
    case callID
    case cSeq
    case maxForwards
    case contact
    case route
    case recordRoute

    case accept
    case acceptContact
    case acceptEncoding
    case acceptLanguage
    case alertInfo
    case allow
    case allowEvents
    case answerMode
    case authenticationInfo
    case authorization
    case callInfo
    case contentDisposition
    case contentEncoding
    case contentLanguage
    case contentLength
    case contentType
    case date
    case diversion
    case errorInfo
    case event
    case expires
    case flowTimer
    case historyInfo
    case identity
    case inReplyTo
    case join
    case mimeVersion
    case minExpires
    case minSE
    case organization
    case pAccessNetworkInfo
    case pAssertedIdentity
    case pAssociatedURI
    case pCalledPartyID
    case pPreferredIdentity
    case path
    case priority
    case privacy
    case proxyAuthenticate
    case proxyAuthorization
    case proxyRequire
    case rAck
    case rSeq
    case reason
    case referSub
    case referTo
    case referredBy
    case rejectContact
    case remotePartyID
    case replaces
    case replyTo
    case requestDisposition
    case require
    case retryAfter
    case server
    case serviceRoute
    case sessionExpires
    case sipETag
    case sipIfMatch
    case subject
    case subscriptionState
    case supported
    case timestamp
    case unsupported
    case userAgent
    case warning
    case wwwAuthenticate

    /// The header of that name in the bytes of a message, in any case; `nil` for one that the library does not know.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let count = range.count
        guard count > 0, count <= 24, range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        let start = range.lowerBound
        let first = Word.lowercased(bytes.key(start, min(count, 8)))
        let second = count > 8 ? Word.lowercased(bytes.key(start + 8, min(count - 8, 8))) : 0
        let third = count > 16 ? Word.lowercased(bytes.key(start + 16, count - 16)) : 0
        guard let known = KnownHeader.find(count, first, second, third) else { return nil }
        self = known
    }

    /// The header that a compact name, a small letter, stands for (RFC 3261 section 7.3.3).
    init?(compact letter: UInt8) {
        switch letter {
        case UInt8(ascii: "a"): self = .acceptContact
        case UInt8(ascii: "u"): self = .allowEvents
        case UInt8(ascii: "i"): self = .callID
        case UInt8(ascii: "m"): self = .contact
        case UInt8(ascii: "e"): self = .contentEncoding
        case UInt8(ascii: "l"): self = .contentLength
        case UInt8(ascii: "c"): self = .contentType
        case UInt8(ascii: "o"): self = .event
        case UInt8(ascii: "f"): self = .from
        case UInt8(ascii: "y"): self = .identity
        case UInt8(ascii: "r"): self = .referTo
        case UInt8(ascii: "b"): self = .referredBy
        case UInt8(ascii: "j"): self = .rejectContact
        case UInt8(ascii: "d"): self = .requestDisposition
        case UInt8(ascii: "x"): self = .sessionExpires
        case UInt8(ascii: "s"): self = .subject
        case UInt8(ascii: "k"): self = .supported
        case UInt8(ascii: "t"): self = .to
        case UInt8(ascii: "v"): self = .via
        default: return nil
        }
    }

    /// Whether several values may stand in one line with commas between them.
    var isList: Bool {
        switch self {
        case .accept, .acceptContact, .acceptEncoding, .acceptLanguage, .alertInfo, .allow, .allowEvents,
            .callInfo, .contact, .contentEncoding, .contentLanguage, .diversion, .errorInfo, .historyInfo,
            .inReplyTo, .pAccessNetworkInfo, .pAssertedIdentity, .pAssociatedURI, .pPreferredIdentity, .path,
            .proxyRequire, .reason, .recordRoute, .rejectContact, .remotePartyID, .requestDisposition, .require,
            .route, .serviceRoute, .supported, .unsupported, .via, .warning:
            true
        case .answerMode, .authenticationInfo, .authorization, .callID, .contentDisposition, .contentLength,
            .contentType, .cSeq, .date, .event, .expires, .flowTimer, .from, .identity, .join, .maxForwards,
            .mimeVersion, .minExpires, .minSE, .organization, .pCalledPartyID, .priority, .privacy,
            .proxyAuthenticate, .proxyAuthorization, .rAck, .rSeq, .referSub, .referTo, .referredBy, .replaces,
            .replyTo, .retryAfter, .server, .sessionExpires, .sipETag, .sipIfMatch, .subject,
            .subscriptionState, .timestamp, .to, .userAgent, .wwwAuthenticate:
            false
        }
    }

    /// The canonical spelling.
    var spelling: String {
        switch self {
        case .accept: "Accept"
        case .acceptContact: "Accept-Contact"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .alertInfo: "Alert-Info"
        case .allow: "Allow"
        case .allowEvents: "Allow-Events"
        case .answerMode: "Answer-Mode"
        case .authenticationInfo: "Authentication-Info"
        case .authorization: "Authorization"
        case .callID: "Call-ID"
        case .callInfo: "Call-Info"
        case .contact: "Contact"
        case .contentDisposition: "Content-Disposition"
        case .contentEncoding: "Content-Encoding"
        case .contentLanguage: "Content-Language"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .cSeq: "CSeq"
        case .date: "Date"
        case .diversion: "Diversion"
        case .errorInfo: "Error-Info"
        case .event: "Event"
        case .expires: "Expires"
        case .flowTimer: "Flow-Timer"
        case .from: "From"
        case .historyInfo: "History-Info"
        case .identity: "Identity"
        case .inReplyTo: "In-Reply-To"
        case .join: "Join"
        case .maxForwards: "Max-Forwards"
        case .mimeVersion: "MIME-Version"
        case .minExpires: "Min-Expires"
        case .minSE: "Min-SE"
        case .organization: "Organization"
        case .pAccessNetworkInfo: "P-Access-Network-Info"
        case .pAssertedIdentity: "P-Asserted-Identity"
        case .pAssociatedURI: "P-Associated-URI"
        case .pCalledPartyID: "P-Called-Party-ID"
        case .pPreferredIdentity: "P-Preferred-Identity"
        case .path: "Path"
        case .priority: "Priority"
        case .privacy: "Privacy"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxyRequire: "Proxy-Require"
        case .rAck: "RAck"
        case .rSeq: "RSeq"
        case .reason: "Reason"
        case .recordRoute: "Record-Route"
        case .referSub: "Refer-Sub"
        case .referTo: "Refer-To"
        case .referredBy: "Referred-By"
        case .rejectContact: "Reject-Contact"
        case .remotePartyID: "Remote-Party-ID"
        case .replaces: "Replaces"
        case .replyTo: "Reply-To"
        case .requestDisposition: "Request-Disposition"
        case .require: "Require"
        case .retryAfter: "Retry-After"
        case .route: "Route"
        case .server: "Server"
        case .serviceRoute: "Service-Route"
        case .sessionExpires: "Session-Expires"
        case .sipETag: "SIP-ETag"
        case .sipIfMatch: "SIP-If-Match"
        case .subject: "Subject"
        case .subscriptionState: "Subscription-State"
        case .supported: "Supported"
        case .timestamp: "Timestamp"
        case .to: "To"
        case .unsupported: "Unsupported"
        case .userAgent: "User-Agent"
        case .via: "Via"
        case .warning: "Warning"
        case .wwwAuthenticate: "WWW-Authenticate"
        }
    }
}

extension HeaderName {
    /// Accept.
    public static var accept: HeaderName { HeaderName(KnownHeader.accept) }
    /// Accept-Contact (compact "a").
    public static var acceptContact: HeaderName { HeaderName(KnownHeader.acceptContact) }
    /// Accept-Encoding.
    public static var acceptEncoding: HeaderName { HeaderName(KnownHeader.acceptEncoding) }
    /// Accept-Language.
    public static var acceptLanguage: HeaderName { HeaderName(KnownHeader.acceptLanguage) }
    /// Alert-Info.
    public static var alertInfo: HeaderName { HeaderName(KnownHeader.alertInfo) }
    /// Allow.
    public static var allow: HeaderName { HeaderName(KnownHeader.allow) }
    /// Allow-Events (compact "u").
    public static var allowEvents: HeaderName { HeaderName(KnownHeader.allowEvents) }
    /// Answer-Mode.
    public static var answerMode: HeaderName { HeaderName(KnownHeader.answerMode) }
    /// Authentication-Info.
    public static var authenticationInfo: HeaderName { HeaderName(KnownHeader.authenticationInfo) }
    /// Authorization.
    public static var authorization: HeaderName { HeaderName(KnownHeader.authorization) }
    /// Call-ID (compact "i").
    public static var callID: HeaderName { HeaderName(KnownHeader.callID) }
    /// Call-Info.
    public static var callInfo: HeaderName { HeaderName(KnownHeader.callInfo) }
    /// Contact (compact "m").
    public static var contact: HeaderName { HeaderName(KnownHeader.contact) }
    /// Content-Disposition.
    public static var contentDisposition: HeaderName { HeaderName(KnownHeader.contentDisposition) }
    /// Content-Encoding (compact "e").
    public static var contentEncoding: HeaderName { HeaderName(KnownHeader.contentEncoding) }
    /// Content-Language.
    public static var contentLanguage: HeaderName { HeaderName(KnownHeader.contentLanguage) }
    /// Content-Length (compact "l").
    public static var contentLength: HeaderName { HeaderName(KnownHeader.contentLength) }
    /// Content-Type (compact "c").
    public static var contentType: HeaderName { HeaderName(KnownHeader.contentType) }
    /// CSeq.
    public static var cSeq: HeaderName { HeaderName(KnownHeader.cSeq) }
    /// Date.
    public static var date: HeaderName { HeaderName(KnownHeader.date) }
    /// Diversion.
    public static var diversion: HeaderName { HeaderName(KnownHeader.diversion) }
    /// Error-Info.
    public static var errorInfo: HeaderName { HeaderName(KnownHeader.errorInfo) }
    /// Event (compact "o").
    public static var event: HeaderName { HeaderName(KnownHeader.event) }
    /// Expires.
    public static var expires: HeaderName { HeaderName(KnownHeader.expires) }
    /// Flow-Timer.
    public static var flowTimer: HeaderName { HeaderName(KnownHeader.flowTimer) }
    /// From (compact "f").
    public static var from: HeaderName { HeaderName(KnownHeader.from) }
    /// History-Info.
    public static var historyInfo: HeaderName { HeaderName(KnownHeader.historyInfo) }
    /// Identity (compact "y").
    public static var identity: HeaderName { HeaderName(KnownHeader.identity) }
    /// In-Reply-To.
    public static var inReplyTo: HeaderName { HeaderName(KnownHeader.inReplyTo) }
    /// Join.
    public static var join: HeaderName { HeaderName(KnownHeader.join) }
    /// Max-Forwards.
    public static var maxForwards: HeaderName { HeaderName(KnownHeader.maxForwards) }
    /// MIME-Version.
    public static var mimeVersion: HeaderName { HeaderName(KnownHeader.mimeVersion) }
    /// Min-Expires.
    public static var minExpires: HeaderName { HeaderName(KnownHeader.minExpires) }
    /// Min-SE.
    public static var minSE: HeaderName { HeaderName(KnownHeader.minSE) }
    /// Organization.
    public static var organization: HeaderName { HeaderName(KnownHeader.organization) }
    /// P-Access-Network-Info.
    public static var pAccessNetworkInfo: HeaderName { HeaderName(KnownHeader.pAccessNetworkInfo) }
    /// P-Asserted-Identity.
    public static var pAssertedIdentity: HeaderName { HeaderName(KnownHeader.pAssertedIdentity) }
    /// P-Associated-URI.
    public static var pAssociatedURI: HeaderName { HeaderName(KnownHeader.pAssociatedURI) }
    /// P-Called-Party-ID.
    public static var pCalledPartyID: HeaderName { HeaderName(KnownHeader.pCalledPartyID) }
    /// P-Preferred-Identity.
    public static var pPreferredIdentity: HeaderName { HeaderName(KnownHeader.pPreferredIdentity) }
    /// Path.
    public static var path: HeaderName { HeaderName(KnownHeader.path) }
    /// Priority.
    public static var priority: HeaderName { HeaderName(KnownHeader.priority) }
    /// Privacy.
    public static var privacy: HeaderName { HeaderName(KnownHeader.privacy) }
    /// Proxy-Authenticate.
    public static var proxyAuthenticate: HeaderName { HeaderName(KnownHeader.proxyAuthenticate) }
    /// Proxy-Authorization.
    public static var proxyAuthorization: HeaderName { HeaderName(KnownHeader.proxyAuthorization) }
    /// Proxy-Require.
    public static var proxyRequire: HeaderName { HeaderName(KnownHeader.proxyRequire) }
    /// RAck.
    public static var rAck: HeaderName { HeaderName(KnownHeader.rAck) }
    /// RSeq.
    public static var rSeq: HeaderName { HeaderName(KnownHeader.rSeq) }
    /// Reason.
    public static var reason: HeaderName { HeaderName(KnownHeader.reason) }
    /// Record-Route.
    public static var recordRoute: HeaderName { HeaderName(KnownHeader.recordRoute) }
    /// Refer-Sub.
    public static var referSub: HeaderName { HeaderName(KnownHeader.referSub) }
    /// Refer-To (compact "r").
    public static var referTo: HeaderName { HeaderName(KnownHeader.referTo) }
    /// Referred-By (compact "b").
    public static var referredBy: HeaderName { HeaderName(KnownHeader.referredBy) }
    /// Reject-Contact (compact "j").
    public static var rejectContact: HeaderName { HeaderName(KnownHeader.rejectContact) }
    /// Remote-Party-ID.
    public static var remotePartyID: HeaderName { HeaderName(KnownHeader.remotePartyID) }
    /// Replaces.
    public static var replaces: HeaderName { HeaderName(KnownHeader.replaces) }
    /// Reply-To.
    public static var replyTo: HeaderName { HeaderName(KnownHeader.replyTo) }
    /// Request-Disposition (compact "d").
    public static var requestDisposition: HeaderName { HeaderName(KnownHeader.requestDisposition) }
    /// Require.
    public static var require: HeaderName { HeaderName(KnownHeader.require) }
    /// Retry-After.
    public static var retryAfter: HeaderName { HeaderName(KnownHeader.retryAfter) }
    /// Route.
    public static var route: HeaderName { HeaderName(KnownHeader.route) }
    /// Server.
    public static var server: HeaderName { HeaderName(KnownHeader.server) }
    /// Service-Route.
    public static var serviceRoute: HeaderName { HeaderName(KnownHeader.serviceRoute) }
    /// Session-Expires (compact "x").
    public static var sessionExpires: HeaderName { HeaderName(KnownHeader.sessionExpires) }
    /// SIP-ETag.
    public static var sipETag: HeaderName { HeaderName(KnownHeader.sipETag) }
    /// SIP-If-Match.
    public static var sipIfMatch: HeaderName { HeaderName(KnownHeader.sipIfMatch) }
    /// Subject (compact "s").
    public static var subject: HeaderName { HeaderName(KnownHeader.subject) }
    /// Subscription-State.
    public static var subscriptionState: HeaderName { HeaderName(KnownHeader.subscriptionState) }
    /// Supported (compact "k").
    public static var supported: HeaderName { HeaderName(KnownHeader.supported) }
    /// Timestamp.
    public static var timestamp: HeaderName { HeaderName(KnownHeader.timestamp) }
    /// To (compact "t").
    public static var to: HeaderName { HeaderName(KnownHeader.to) }
    /// Unsupported.
    public static var unsupported: HeaderName { HeaderName(KnownHeader.unsupported) }
    /// User-Agent.
    public static var userAgent: HeaderName { HeaderName(KnownHeader.userAgent) }
    /// Via (compact "v").
    public static var via: HeaderName { HeaderName(KnownHeader.via) }
    /// Warning.
    public static var warning: HeaderName { HeaderName(KnownHeader.warning) }
    /// WWW-Authenticate.
    public static var wwwAuthenticate: HeaderName { HeaderName(KnownHeader.wwwAuthenticate) }
}
