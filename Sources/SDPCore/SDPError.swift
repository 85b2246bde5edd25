/// What is wrong with the bytes of a description, and where.
///
/// RFC 8866 section 5 has the grammar. A peer's mistake is a value, never a trap.
public struct SDPParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of mistake.
    public enum Reason: String, Hashable, Sendable {
        /// The description is longer than `SDPLimits.bytes`.
        case tooLong = "the description is too long"
        /// A line is longer than `SDPLimits.lineBytes`.
        case lineTooLong = "the line is too long"
        /// There are more lines than `SDPLimits.lines`.
        case tooManyLines = "there are too many lines"
        /// There are more m= lines than `SDPLimits.media`.
        case tooManyMedia = "there are too many m= lines"
        /// One section has more a= lines than `SDPLimits.attributes`.
        case tooManyAttributes = "there are too many a= lines"
        /// An m= line lists more formats than `SDPLimits.formats`.
        case tooManyFormats = "the m= line lists too many formats"
        /// A line is not a lower-case letter, "=" and a value.
        case malformedLine = "the line is not of the form type=value"
        /// A value holds NUL or a carriage return.
        case forbiddenByte = "the value holds a control byte that would start a new line or end the text"
        /// The first line is not v=.
        case missingVersion = "the first line is not v="
        /// The version is not 0.
        case unsupportedVersion = "the version is not 0"
        /// There is no o= line.
        case missingOrigin = "there is no o= line"
        /// The o= line does not have its six fields.
        case malformedOrigin = "the o= line is malformed"
        /// A line that may stand once stands again.
        case repeatedLine = "the line may stand only once"
        /// The c= line does not have its three fields.
        case malformedConnection = "the c= line is malformed"
        /// The m= line lacks a field.
        case malformedMedia = "the m= line is malformed"
        /// The port of an m= line is no number from 0 to 65535.
        case malformedPort = "the port is no number from 0 to 65535"
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

    /// "the m= line is malformed (byte 112)".
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
    /// The audio line has no c= line, of its own or of the session.
    case missingConnection
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
        case .noAudio, .noCommonCodec, .incompatibleAddress, .refused: 488
        case .missingConnection, .noOfferPending: 400
        case .offerPending: 491
        }
    }
}

extension SDPError: CustomStringConvertible {
    /// The error in words.
    public var description: String {
        switch self {
        case .noAudio: "the description has no live audio line over plain RTP"
        case .noCommonCodec: "there is no codec that both sides have"
        case .missingConnection: "the audio line has no c= line"
        case .incompatibleAddress: "the peer's media address is of the other IP version"
        case .refused: "the peer refused the audio line"
        case .noOfferPending: "an answer came without an offer"
        case .offerPending: "an offer came while ours is pending"
        }
    }
}
