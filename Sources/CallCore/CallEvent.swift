public import CoreTypes
public import RTPCore
public import SIPCore

/// What an ``AgentEngine`` tells its application.
public enum AgentEvent: Sendable {
    /// Somebody calls: ring, answer or reject.
    case incoming(CallID, IncomingCallInfo)
    /// The phone that we call rings, or its PBX reports progress: the status, 180 to 199.
    case ringing(CallID, status: Int)
    /// The call is up.
    case answered(CallID, AnsweredBy)
    /// What media must be from now on; comes with the answer and again after each re-INVITE.
    case media(CallID, MediaParameters)
    /// No more media flow: the call is being ended, by a BYE that may get no answer for half a minute (RFC 3261 section
    /// 15.1.1). ``ended(_:_:)`` follows; it comes without this where there is nothing to wait for.
    case mediaEnded(CallID)
    /// Somebody else is at the other end than before: the PBX said so by a re-INVITE or UPDATE, or in its answer to
    /// our INVITE. What the party of before was allowed, this one is not.
    case identityChanged(CallID, PartyIdentity)
    /// The call is over; nothing more comes of it.
    case ended(CallID, CallEndReason)
    /// A call that came in was refused before it could be told as ``incoming(_:_:)``: it has no audio that we could carry
    /// (488), makes no sense (400), or there are too many calls (486). For the log; nothing more comes of it.
    case callRefused(CallID, IncomingCallInfo, CallEndReason)
    /// The account is registered for this long; the contacts are all that the registrar holds for it.
    case registered(IdentityID, granted: Duration, contacts: [NameAddress])
    /// Registering failed; it is tried again after `retryAfter`, or not at all.
    case registrationFailed(IdentityID, RegistrationFailure, retryAfter: Duration?)
    /// What the registrar holds for an account that only asks (``Identity/RegistrationPolicy/query``).
    case bindings(IdentityID, contacts: [NameAddress])
    /// The account's own contact was removed.
    case unregistered(IdentityID)
    /// Requests were refused, for the log: who sent the latest of them, why, and how many there were.
    ///
    /// The first of a source is told at once, then at most once a minute how many more there were. When too many sources
    /// send, those that are not told one by one are summed up in one that is `from` ``CoreTypes/TransportAddress/otherSources``.
    case refused(from: TransportAddress, method: SIPMethod?, status: Int, reason: String, count: Int)
}

/// Why an account is not registered.
public enum RegistrationFailure: Hashable, Sendable {
    /// The registrar refused a digest, and did not call its nonce stale: the authentication ID or the password is wrong.
    case wrongCredentials
    /// The registrar called one nonce after another stale, which says that the password is right.
    case staleNonces
    /// The registrar and its proxies went on challenging.
    case challengeLoop
    /// The registrar asks for credentials and the account has none.
    case credentialsMissing
    /// A challenge in this realm, which is none of the account's.
    case foreignRealm(String)
    /// A challenge that cannot be answered: an algorithm or protection that is not known, or none at all.
    case unsupportedChallenge
    /// The registrar said no.
    case rejected(status: Int, reason: String)
    /// The registrar said 200 and kept no contact of ours.
    case notGranted
    /// Nothing came back.
    case timeout
    /// The network reported an error.
    case transport(TransportFault)
}

extension RegistrationFailure: CustomStringConvertible {
    /// What is wrong, for a person; without numbers or names.
    public var description: String {
        switch self {
        case .wrongCredentials: "the registrar refused the authentication ID or the password"
        case .staleNonces: "the registrar calls each of its own nonces stale"
        case .challengeLoop: "the registrar and its proxies go on challenging"
        case .credentialsMissing: "the registrar asks for credentials, and there are none"
        case .foreignRealm: "the challenge is for a realm that is none of the account's"
        case .unsupportedChallenge: "the challenge is none that is known here (MD5, SHA-256, SHA-512-256)"
        case .rejected(let status, let reason):
            "the registrar refused with \(status) \(PlainText.line(reason, limit: 100))"
        case .notGranted: "the registrar said 200 and kept no contact of ours"
        case .timeout: "the registrar does not answer: check its address, port and firewall"
        case .transport(let fault): "the registrar cannot be reached: \(fault.reason)"
        }
    }
}

/// Who calls, as the signalling tells it; nothing of it is proved.
public struct IncomingCallInfo: Sendable {
    /// The caller: From.
    public var from: NameAddress
    /// Who was called: To.
    public var to: NameAddress
    /// Where the PBX sent the call: the Request-URI.
    public var requestURI: SIPURI
    /// Where the INVITE came from.
    public var source: TransportAddress
    /// Who diverted the call last: the first Diversion (RFC 5806).
    public var diversion: String?
    /// The PBX's own word for the caller (RFC 3325).
    public var assertedIdentity: String?
    /// Who calls, and whether the PBX vouches for it; may change during the call.
    public var caller: PartyIdentity

    /// The caller's extension or number, vouched for or not; `nil` for who is unnamed, or wants to be.
    public var callerNumber: String? { self.caller.isPrivate ? nil : self.caller.number }
}

/// Who answered, as far as the signalling tells.
public struct AnsweredBy: Sendable, Equatable {
    /// The URI in the Contact of the 200.
    public var contact: SIPURI?
    /// Server or User-Agent.
    public var product: String?
    /// P-Asserted-Identity or Remote-Party-ID; not to be shown when ``isPrivate``.
    public var assertedIdentity: String?
    /// Whether somebody else rang before: the tags of the 180 and the 200 differ, or a 181 came.
    public var wasForwarded: Bool
    /// Diversion, History-Info or Reason of the answer, when there is one.
    public var diversion: String?
    /// Every P-Asserted-Identity (RFC 3325 allows two), or every Remote-Party-ID when there is none.
    public var identities: [String]
    /// Every Diversion of the 200 and of what came before it (RFC 5806).
    public var diversions: [String]
    /// Every History-Info entry, in order, of the response that had the most of them (RFC 7044).
    public var history: [String]
    /// Every Reason of the 200 (RFC 3326).
    public var reasons: [String]
    /// Whether who answered wants to stay unnamed (Privacy: id, RFC 3325 section 9.3).
    public var isPrivate = false

    /// Makes a description of who answered; the lists hold what the single values hold when they are left out.
    public init(
        contact: SIPURI?,
        product: String?,
        assertedIdentity: String?,
        wasForwarded: Bool,
        diversion: String?,
        identities: [String]? = nil,
        diversions: [String] = [],
        history: [String] = [],
        reasons: [String] = []
    ) {
        self.contact = contact
        self.product = product
        self.assertedIdentity = assertedIdentity
        self.wasForwarded = wasForwarded
        self.diversion = diversion
        self.identities = identities ?? [assertedIdentity].compactMap { $0 }
        self.diversions = diversions
        self.history = history
        self.reasons = reasons
    }
}

/// Why a call ended.
public enum CallEndReason: Sendable, Equatable {
    /// We hung up.
    case localHangup
    /// The other side hung up.
    case remoteHangup
    /// The caller gave up before we answered.
    case cancelled
    /// We refused the call with this status.
    case declined(status: Int)
    /// The other side, or its PBX, refused with this status.
    case rejected(status: Int, reason: String)
    /// The other side, or its PBX, gave a cause that tells more than its status; that is `nil` for a BYE.
    case released(ReleaseCause, status: Int?)
    /// Nobody answered in time.
    case noAnswer
    /// No answer to our requests at all.
    case timeout
    /// The request could not be delivered: the network, or the system, said why.
    case unreachable(TransportFault)
    /// The call could not be placed for a reason of our own.
    case transport(String)
    /// The PBX refused the credentials.
    case unauthorized(String)
    /// Offer and answer have no codec in common, or the description made no sense.
    case incompatibleMedia(String)
    /// Our 200 was never acknowledged.
    case notAcknowledged
    /// Nothing was heard for a long time.
    case mediaTimeout
}

/// Where a call's RTP is received.
public struct LocalMedia: Hashable, Sendable {
    /// The address that goes into the description: the one that the peer can reach.
    public var address: IPAddress
    /// The RTP port; RTCP is the next one, or the same when multiplexed.
    public var port: UInt16

    /// Makes an address for media.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}
