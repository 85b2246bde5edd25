/// The method of a request (RFC 3261 section 7.1). Methods are case-sensitive; any token is one.
public struct SIPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The method as it stands on the wire.
    public let rawValue: String

    /// Makes a method from its text; whether that is a token is checked when a message is built.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Opens a session (RFC 3261 section 13).
    public static let invite = SIPMethod(rawValue: "INVITE")
    /// Confirms the final response to an INVITE (RFC 3261 section 13).
    public static let ack = SIPMethod(rawValue: "ACK")
    /// Ends a session (RFC 3261 section 15).
    public static let bye = SIPMethod(rawValue: "BYE")
    /// Withdraws a pending INVITE (RFC 3261 section 9).
    public static let cancel = SIPMethod(rawValue: "CANCEL")
    /// Binds a contact to an address of record (RFC 3261 section 10).
    public static let register = SIPMethod(rawValue: "REGISTER")
    /// Asks for capabilities (RFC 3261 section 11).
    public static let options = SIPMethod(rawValue: "OPTIONS")
    /// Carries application information inside a session (RFC 6086).
    public static let info = SIPMethod(rawValue: "INFO")
    /// Changes a session before or after its answer (RFC 3311).
    public static let update = SIPMethod(rawValue: "UPDATE")
    /// Acknowledges a reliable provisional response (RFC 3262).
    public static let prack = SIPMethod(rawValue: "PRACK")
    /// Asks for notifications of events (RFC 6665).
    public static let subscribe = SIPMethod(rawValue: "SUBSCRIBE")
    /// Tells of an event (RFC 6665).
    public static let notify = SIPMethod(rawValue: "NOTIFY")
    /// Asks the peer to contact a third party (RFC 3515).
    public static let refer = SIPMethod(rawValue: "REFER")
    /// An instant message (RFC 3428).
    public static let message = SIPMethod(rawValue: "MESSAGE")
    /// Publishes event state (RFC 3903).
    public static let publish = SIPMethod(rawValue: "PUBLISH")

    /// The methods that this library knows by name; a server responds with 501 to any other and with 405 to one of these that
    /// it does not allow.
    public static let known: Set<SIPMethod> = [
        .invite, .ack, .bye, .cancel, .register, .options, .info, .update, .prack, .subscribe, .notify, .refer,
        .message, .publish,
    ]

    /// The method as it stands on the wire.
    public var description: String { self.rawValue }
}
