import CoreTypes
import RTPCore
import SDPCore
import SIPCore

/// One call as the ``AgentEngine`` keeps it: its negotiation, its credentials, what is known of it.
struct CallRecord {
    var isIncoming = false
    /// Whom the INVITE names: the Request-URI.
    let target: SIPURI
    /// The account whose credentials answer challenges; `nil` for a call that came in from a peer.
    let identity: Int?
    var digest: DigestClient?
    /// The realms that were answered in this call: they may ask again in it.
    var realms: Set<String> = []
    /// What the latest challenge was for: another request begins with a clean count of tries.
    var challengedRole: RequestRole?
    /// A challenge that waits for the registrar to show its realm.
    var waitingChallenge: (response: SIPMessage, role: RequestRole)?
    /// Whether the registrar was asked for this call; once is enough.
    var hasInquired = false
    /// `nil` until the owner says where media is received.
    var negotiation: OfferAnswer?
    /// The offer of an INVITE that waits for the owner's answer; `nil` when the INVITE had none.
    var offer: SessionDescription?
    /// Whether our 2xx made the offer, so that the ACK brings the answer.
    var awaitsAnswerInACK = false
    /// Whether our 2xx waits for its ACK; until it comes the call is not up and has no media.
    var awaitsAcknowledgment = false
    /// What the answer in our 2xx agreed on, or a re-INVITE before the ACK.
    var acceptedAudio: NegotiatedAudio?
    /// Whether we held the call before the re-INVITE that is on its way.
    var wasHolding = false
    /// Whether that offer was the answer to a re-INVITE, without which the session goes on as it was.
    var isReofferInACK = false
    /// Whether media was told to end.
    var hasEndedMedia = false
    /// What media was told last, so that nothing is told twice.
    var media: MediaParameters?
    /// Who is at the other end.
    var party: PartyIdentity
    /// From of the peer's latest request that named somebody; `nil` before that.
    var remoteURI: SIPURI?
    /// The hosts whose users the exchange of this call knows.
    var home = HomeDomains()
    /// Whom a provisional response named, with its tag.
    var ringingParty: (tag: String?, party: PartyIdentity)?
    /// Why the exchange refused or ended the call, when it says.
    var cause: ReleaseCause?
    var ringingTag: String?
    var wasForwarded = false
    /// Why it ends, when that is known before the session says so.
    var endReason: CallEndReason?
}

extension CallEndReason {
    /// The end of a session in the words of a call, with the cause that the exchange gave.
    init(_ reason: InviteSession.EndReason, cause: ReleaseCause? = nil) {
        switch reason {
        case .rejected(let status, _) where cause?.tellsMore(than: status) == true:
            self = cause.map { .released($0, status: status) } ?? .remoteHangup
        case .remoteHangup where cause?.isTelling == true:
            self = cause.map { .released($0, status: nil) } ?? .remoteHangup
        case .localHangup, .localCancel: self = .localHangup
        case .remoteHangup: self = .remoteHangup
        case .remoteCancel, .expired: self = .cancelled
        case .rejected(let status, let phrase): self = .rejected(status: status, reason: phrase)
        case .declined(let status): self = .declined(status: status)
        case .failed(.timeout), .failed(.noAnswer): self = .timeout
        case .failed(.transport): self = .transport("the request could not be delivered")
        case .failed(.overloaded): self = .transport("too many requests on the way")
        case .unacknowledged: self = .notAcknowledged
        case .dialogLost(let status): self = .rejected(status: status, reason: "the call is not known any more")
        }
    }
}

extension AnsweredBy {
    /// Who sent this 2xx.
    init(_ response: SIPMessage, ringingTag: String?, wasForwarded: Bool) {
        self.init(
            contact: response.contacts.first?.uri,
            product: response.first(.server) ?? response.first(.userAgent),
            assertedIdentity: response.first(.pAssertedIdentity) ?? response.first(.remotePartyID),
            wasForwarded: wasForwarded || (ringingTag != nil && ringingTag != response.to.tag),
            diversion: response.first(.diversion) ?? response.first(.historyInfo) ?? response.first(.reason)
        )
    }
}
