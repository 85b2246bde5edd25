public import SIPCore

/// One account: an extension of a PBX, or a trunk.
public struct Identity: Sendable {
    /// Whether and how an account registers.
    public enum RegistrationPolicy: Hashable, Sendable {
        /// Never registers: a trunk known by its address, or a caller that must not become a phantom device.
        case disabled
        /// Registers and refreshes; asks for this lifetime.
        case enabled(expires: Duration)
        /// Asks the registrar once which contacts it holds, and binds nothing (RFC 3261 section 10.2.3).
        case query
    }

    /// The address of record, such as `sip:100@pbx.example`.
    public var addressOfRecord: SIPURI
    /// The name shown to those who are called.
    public var displayName: String?
    /// The authentication ID and password. On a 3CX the ID is not the extension.
    public var credentials: DigestCredentials?
    /// The only realms that are answered; without any those that the registrar asks in and then accepts.
    public var realms: [String]
    /// Whether the first challenge of a call is answered in whatever realm it is: for a call that a person places by hand,
    /// and never where strangers can be at the other end.
    public var answersFirstChallenge: Bool
    /// Whether the account registers.
    public var registration: RegistrationPolicy

    /// Makes an account.
    public init(
        addressOfRecord: SIPURI,
        displayName: String? = nil,
        credentials: DigestCredentials? = nil,
        realms: [String] = [],
        answersFirstChallenge: Bool = false,
        registration: RegistrationPolicy = .disabled
    ) {
        self.addressOfRecord = addressOfRecord
        self.displayName = displayName
        self.credentials = credentials
        self.realms = realms
        self.answersFirstChallenge = answersFirstChallenge
        self.registration = registration
    }
}

/// An account of an ``AgentEngine``.
public struct IdentityID: Hashable, Sendable {
    let index: Int
}

/// A call of an ``AgentEngine``; never used again.
public struct CallID: Hashable, Sendable, CustomStringConvertible {
    /// A number that counts the calls of this engine.
    public let number: UInt64

    /// "call 7".
    public var description: String { "call \(self.number)" }
}
