/// Remote-Party-ID: who a PBX says that the peer is (draft-ietf-sip-privacy-04, as 3CX and others still send it).
public struct RemotePartyID: SIPHeaderValue {
    /// The party, with all parameters.
    public var address: NameAddress

    /// Makes a value from its parts.
    public init(uri: SIPURI, displayName: String? = nil, party: String? = nil, privacy: String? = nil) {
        self.address = NameAddress(displayName: displayName, uri: uri)
        self.address.parameters.assign("party", party)
        self.address.parameters.assign("privacy", privacy)
    }

    /// Reads "\"Alice\" <sip:100@pbx.example>;party=calling;screen=yes"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, RemotePartyID.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.address = try scanner.nameAddress([
            ParameterRule("party", .token), ParameterRule("screen", .token), ParameterRule("id-type", .token),
            ParameterRule("privacy", .tokenOrQuoted),
        ])
    }

    /// The URI of the party.
    public var uri: SIPURI { self.address.uri }
    /// Which party: `calling`, `called`.
    public var party: String? { self.address.parameters["party"] }
    /// Whether the identity was checked.
    public var isScreened: Bool { self.address.parameters["screen"].map { equalIgnoringCase($0, "yes") } ?? false }
    /// What kind of identity it is: `subscriber`, `user`, `term`.
    public var identityType: String? { self.address.parameters["id-type"] }
    /// What is to be hidden: `full`, `name`, `uri`, `off`.
    public var privacy: String? { self.address.parameters["privacy"] }

    /// The value as one item of the header.
    public var description: String { self.address.description }
}

extension SIPMessage {
    /// P-Asserted-Identity: who the network says that the peer is (RFC 3325 section 9.1). To be believed only from a trusted peer.
    public var assertedIdentities: [NameAddress] { self.list(.pAssertedIdentity, HeaderGrammar.address) }

    /// The Remote-Party-IDs in order. To be believed only from a trusted peer.
    public var remotePartyIDs: [RemotePartyID] { self.list(.remotePartyID, RemotePartyID.init(scanning:)) }
}
