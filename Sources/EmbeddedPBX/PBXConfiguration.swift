public import CoreTypes

/// How a ``PBX`` behaves.
public struct PBXConfiguration: Sendable {
    /// An extension and its credentials.
    public struct Account: Sendable {
        /// The name in digest credentials; on a 3CX not the extension.
        public var authenticationID: String
        /// The password.
        public var password: String

        /// Makes an account.
        public init(authenticationID: String, password: String) {
            self.authenticationID = authenticationID
            self.password = password
        }
    }

    /// The accounts, by extension.
    public var accounts: [String: Account]
    /// The address to listen on.
    public var host: IPAddress
    /// The port to listen on; 0 for any.
    public var port: UInt16
    /// The realm of its challenges.
    public var realm: String
    /// How long a phone rings before voicemail answers.
    public var ringTime: Duration
    /// Whether voicemail answers for who is offline, busy or silent; otherwise the caller hears of it.
    public var hasVoicemail: Bool
    /// The port of the voicemail's own signaling; 0 for any.
    public var voicemailPort: UInt16
    /// Where voicemail listens, once it does.
    var voicemail: TransportAddress?
    /// The ports for voicemail's audio.
    public var rtpPorts: ClosedRange<UInt16>
    /// With so many calls further INVITE and OPTIONS get 503 with Retry-After.
    public var maximumCalls: Int
    /// What Server and User-Agent say.
    public var productName: String

    /// Makes a configuration that behaves as a 3CX does.
    public init(
        accounts: [String: Account],
        host: IPAddress = .v4(0x7F00_0001),
        port: UInt16 = 5_060,
        realm: String = "3CXPhoneSystem",
        ringTime: Duration = .seconds(20),
        hasVoicemail: Bool = true,
        voicemailPort: UInt16 = 0,
        rtpPorts: ClosedRange<UInt16> = 39_000...39_199,
        maximumCalls: Int = 1_000,
        productName: String = "3CXPhoneSystem (Svetlana's PBX)"
    ) {
        self.accounts = accounts
        self.host = host
        self.port = port
        self.realm = realm
        self.ringTime = ringTime
        self.hasVoicemail = hasVoicemail
        self.voicemailPort = voicemailPort
        self.rtpPorts = rtpPorts
        self.maximumCalls = maximumCalls
        self.productName = productName
    }
}

/// What happens at a ``PBX``.
public enum PBXEvent: Sendable, Equatable {
    /// An extension registered or refreshed.
    case registered(extension: String, from: TransportAddress)
    /// An extension has no contact any more.
    case unregistered(extension: String)
    /// Somebody tried an extension with wrong credentials.
    case refused(extension: String)
    /// A call begins.
    case calling(caller: String, called: String)
    /// Somebody answered.
    case answered(caller: String, called: String)
    /// Voicemail takes the call, because of this status.
    case voicemail(called: String, status: Int)
    /// A call is over.
    case ended(caller: String, called: String)
}
