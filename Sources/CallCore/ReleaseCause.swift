import SIPCore

/// Why the network or the other side released a call, as a Reason header tells it (RFC 3326): a cause of ISDN (Q.850) or
/// a status of SIP. It is more exact than the status beside it, which a PBX chooses by its own table.
public struct ReleaseCause: Sendable, Hashable {
    /// Whose numbers the cause is one of.
    public enum Table: Sendable, Hashable {
        /// ITU-T Q.850, the causes of ISDN.
        case q850
        /// The statuses of SIP.
        case sip
    }

    /// What a cause comes to, for who placed the call.
    public enum Kind: Sendable, Hashable {
        /// The called party is busy.
        case busy
        /// The called party said no.
        case declined
        /// It rang, or could have, and nobody answered.
        case noAnswer
        /// There is no such number.
        case unknownNumber
        /// The telephone is not there: out of order, not registered, switched off.
        case outOfOrder
        /// The network has no room.
        case congestion
        /// The network refuses this call: barred, not allowed, or no such service.
        case barred
        /// Somebody else answered (RFC 3326 section 3.1).
        case answeredElsewhere
        /// Nothing but the usual end of a call.
        case normal
        /// Anything else.
        case other
    }

    /// Whose numbers ``code`` is one of.
    public var table: Table
    /// The cause.
    public var code: UInt32
    /// The cause in words, as it came: to be cleaned before it is shown.
    public var text: String?

    /// Makes a cause.
    public init(_ table: Table, code: UInt32, text: String? = nil) {
        self.table = table
        self.code = code
        self.text = text
    }

    /// What it comes to.
    public var kind: Kind {
        switch self.table {
        case .q850: Self.kind(ofCause: self.code)
        case .sip: Self.kind(ofStatus: self.code)
        }
    }

    /// Whether it says why, and not merely that the call is over.
    public var isTelling: Bool {
        switch self.kind {
        case .busy, .declined, .noAnswer, .unknownNumber, .outOfOrder, .congestion, .barred, .answeredElsewhere: true
        case .normal, .other: false
        }
    }

    /// Whether it says more than the status of the response that it came with: a status that is exact needs no cause.
    func tellsMore(than status: Int) -> Bool {
        guard self.isTelling else { return false }
        let plain = ReleaseCause(.sip, code: UInt32(clamping: status)).kind
        return plain != self.kind
    }

    /// Q.850 table 1, as RFC 3398 section 7.2.4.1 and RFC 4497 section 8.4.4 read it.
    private static func kind(ofCause code: UInt32) -> Kind {
        switch code {
        case 17: .busy
        case 21: .declined
        case 18, 19: .noAnswer
        case 1, 3, 22, 28: .unknownNumber
        case 20, 27: .outOfOrder
        case 25, 34, 38, 41, 42, 43, 44, 46, 47: .congestion
        case 2, 29, 50, 52...55, 57, 58, 63, 65, 69, 70, 79, 87, 88: .barred
        case 26: .answeredElsewhere
        case 16, 31: .normal
        default: .other
        }
    }

    private static func kind(ofStatus code: UInt32) -> Kind {
        switch code {
        case 486, 600: .busy
        case 603, 607, 608: .declined
        case 408, 480, 487: .noAnswer
        case 404, 410, 484, 485, 604: .unknownNumber
        case 430, 502: .outOfOrder
        case 500, 503, 504, 513: .congestion
        case 401, 403, 405, 407, 488, 606: .barred
        case 200: .answeredElsewhere
        default: .other
        }
    }
}

extension ReleaseCause {
    /// The most telling cause of a message: Q.850 before SIP; `nil` when there is none.
    init?(_ message: SIPMessage) {
        let causes = message.reasons.compactMap { reason -> ReleaseCause? in
            guard let code = reason.cause else { return nil }
            switch lowercased(reason.protocolName) {
            case "q.850": return ReleaseCause(.q850, code: code, text: reason.text)
            case "sip": return ReleaseCause(.sip, code: code, text: reason.text)
            default: return nil
            }
        }
        let best =
            causes.first { $0.table == .q850 && $0.isTelling } ?? causes.first { $0.isTelling } ?? causes.first
        guard let best else { return nil }
        self = best
    }
}
