/// What is wrong with the bytes of a description, and where.
///
/// RFC 8866 section 5 has the grammar. A peer's mistake is a value, never a trap.
public struct SDPParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of mistake.
    public enum Reason: String, Hashable, Sendable {
        /// The description is longer than `SDPLimits.bytes`.
        case tooLong = "the description is too long"
        /// There are more lines than `SDPLimits.lines`.
        case tooManyLines = "there are too many lines"
        /// There are more m= lines than `SDPLimits.media`.
        case tooManyMedia = "there are too many m= lines"
        /// There is neither a v= line nor an m= line.
        case missingVersion = "this is no description: there is neither a v= line nor an m= line"
        /// The version is not 0.
        case unsupportedVersion = "the version is not 0"
    }

    /// What is wrong.
    public var reason: Reason
    /// Where: the offset of the line's or field's first byte.
    public var offset: Int

    /// Makes an error.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The SIP status that answers such a description.
    public var suggestedStatus: Int { 400 }

    /// "the version is not 0 (byte 0)".
    public var description: String {
        "\(self.reason.rawValue) (byte \(self.offset))"
    }
}

/// Why an offer or an answer cannot be used (RFC 3264 sections 6 to 8).
public enum SDPError: Error, Hashable, Sendable {
    /// The description has no live audio line over plain RTP.
    case noAudio
    /// An audio line is there, but none of its codecs is ours.
    case noCommonCodec
    /// The peer wants to receive only, and gives no address that could be sent to.
    case unusableAddress
    /// The peer's address is of the other IP version than ours.
    case incompatibleAddress
    /// The peer refused the audio line of our offer by port 0.
    case refused
    /// An answer came, but no offer of ours is pending.
    case noOfferPending
    /// An offer came while one of ours is pending.
    case offerPending

    /// The SIP status that answers such an offer; for an answer, it is a reason to end the call.
    public var suggestedStatus: Int {
        switch self {
        case .noAudio, .noCommonCodec, .incompatibleAddress, .unusableAddress, .refused: 488
        case .noOfferPending: 400
        case .offerPending: 491
        }
    }

    /// The code of the Warning that tells the peer what is wrong (RFC 3261 section 20.43).
    public var warningCode: Int {
        switch self {
        case .noAudio, .refused: 304
        case .noCommonCodec: 305
        case .incompatibleAddress, .unusableAddress: 301
        case .noOfferPending, .offerPending: 399
        }
    }
}

extension SDPError: CustomStringConvertible {
    /// The error in words.
    public var description: String {
        switch self {
        case .noAudio: "the description has no live audio line over plain RTP"
        case .noCommonCodec: "there is no codec that both sides have"
        case .unusableAddress: "the audio line has no address that could be sent to"
        case .incompatibleAddress: "the peer's media address is of the other IP version"
        case .refused: "the peer refused the audio line"
        case .noOfferPending: "an answer came without an offer"
        case .offerPending: "an offer came while ours is pending"
        }
    }
}
