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
    /// `nil` until the application says where media is received.
    var negotiation: OfferAnswer?
    /// The offer of an INVITE that waits for the application's answer; `nil` when the INVITE had none.
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
    var isReINVITEInACK = false
    /// Whether media was told to end.
    var hasEndedMedia = false
    /// What media was told last, so that nothing is told twice.
    var media: MediaParameters?
    /// Who is at the other end.
    var party: PartyIdentity
    /// From of the peer's latest request that named somebody; `nil` before that.
    var remoteURI: SIPURI?
    /// The hosts whose users the PBX of this call knows.
    var home = HomeDomains()
    /// Whom a provisional response named, with its tag.
    var ringingParty: (tag: String?, party: PartyIdentity)?
    /// Why the PBX refused or ended the call, when it says.
    var cause: ReleaseCause?
    var ringingTag: String?
    var wasForwarded = false
    /// What the responses so far said of the way of the call.
    var way = CallWay()
    /// Why it ends, when that is known before the session says so.
    var endReason: CallEndReason?
}

extension CallEndReason {
    /// The end of a session in the words of a call, with the cause that the PBX gave.
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
        case .failed(.transport(let fault)): self = .unreachable(fault)
        case .failed(.overloaded): self = .transport("too many requests on the way")
        case .unacknowledged: self = .notAcknowledged
        case .dialogLost(let status): self = .rejected(status: status, reason: "the call is not known any more")
        }
    }
}

extension AnsweredBy {
    /// Who sent this 2xx; `way` is what the provisional responses before it said.
    init(_ response: SIPMessage, ringingTag: String?, wasForwarded: Bool, way: CallWay = CallWay()) {
        var way = way
        way.note(response)
        let asserted = response.values(.pAssertedIdentity)
        let identities = asserted.isEmpty ? response.values(.remotePartyID) : asserted
        let reasons = CallWay.bounded(response.values(.reason))
        let told = [way.diversions, way.history, reasons].first { !$0.isEmpty } ?? []
        self.init(
            contact: response.contacts.first?.uri,
            product: response.first(.server) ?? response.first(.userAgent),
            assertedIdentity: identities.first,
            wasForwarded: wasForwarded || (ringingTag != nil && ringingTag != response.to.tag),
            diversion: told.isEmpty ? nil : told.joined(separator: ", "),
            identities: CallWay.bounded(identities),
            diversions: way.diversions,
            history: way.history,
            reasons: reasons
        )
        self.isPrivate =
            response.privacy.map { $0.hidesIdentity || $0.contains("user") || $0.contains("full") } ?? false
    }
}

/// The way that a call took, as the responses to its INVITE tell it.
struct CallWay: Sendable {
    /// Who diverted it (RFC 5806).
    private(set) var diversions: [String] = []
    /// Where it was sent (RFC 7044).
    private(set) var history: [String] = []

    /// Keeps what a response says. The PBX chooses how much it says, so that only so much is kept.
    mutating func note(_ response: SIPMessage) {
        for diversion in CallWay.bounded(response.values(.diversion))
        where !self.diversions.contains(diversion) && self.diversions.count < CallWay.limit {
            self.diversions.append(diversion)
        }
        let history = CallWay.bounded(response.values(.historyInfo))
        if history.count >= self.history.count { self.history = history }
    }

    /// The first values that are of a sensible length.
    static func bounded(_ values: [String]) -> [String] {
        Array(values.lazy.filter { $0.utf8.count <= 1_024 }.prefix(self.limit))
    }

    private static let limit = 16
}
