// Headers that hold addresses and nothing else: who somebody is, and where requests go.
extension SIPMessage {
    /// P-Asserted-Identity: who the network says that the peer is (RFC 3325 section 9.1). To be believed only from a
    /// trusted peer.
    public var assertedIdentities: [NameAddress] { self.list(.pAssertedIdentity, HeaderGrammar.address) }

    /// P-Preferred-Identity: who the user would like to be (RFC 3325 section 9.2).
    public var preferredIdentities: [NameAddress] { self.list(.pPreferredIdentity, HeaderGrammar.address) }

    /// Path: the proxies between a registrar and a contact, the nearest to the registrar first (RFC 3327).
    public var path: [NameAddress] { self.list(.path, HeaderGrammar.address) }

    /// Service-Route: the route that a registrar gives for requests of its user (RFC 3608).
    public var serviceRoute: [NameAddress] { self.list(.serviceRoute, HeaderGrammar.address) }

    /// Reply-To: where to call back (RFC 3261 section 20.31).
    public var replyTo: NameAddress? { self.one(.replyTo, HeaderGrammar.address) }

    /// Refer-To (compact "r"): whom to call (RFC 3515 section 2.1). Its URI may carry a `Replaces`.
    public var referTo: NameAddress? { self.one(.referTo, HeaderGrammar.address) }

    /// P-Associated-URI: the other addresses of record of a registered user (RFC 7315 section 4.1).
    public var associatedURIs: [NameAddress] { self.list(.pAssociatedURI, HeaderGrammar.address) }

    /// P-Called-Party-ID: whom the call was for before the contact was put in (RFC 7315 section 4.2).
    public var calledPartyID: NameAddress? { self.one(.pCalledPartyID, HeaderGrammar.address) }

    /// P-Access-Network-Info as written, one item each (RFC 7315 section 4.4).
    public var accessNetworkInfo: [String] { self.rawItems(.pAccessNetworkInfo) }

    /// P-Visited-Network-ID as written, one item each (RFC 7315 section 4.3).
    public var visitedNetworkIDs: [String] { self.rawItems(.pVisitedNetworkID) }

    /// P-Charging-Vector as written (RFC 7315 section 4.6).
    public var chargingVector: String? { self.words(.pChargingVector) }

    private func rawItems(_ name: HeaderName) -> [String] {
        self.list(name) { (scanner) throws(ScanFailure) in scanner.rest() }.filter { !$0.isEmpty }
    }
}

extension HeaderName {
    /// P-Visited-Network-ID.
    public static let pVisitedNetworkID: HeaderName = "P-Visited-Network-ID"
    /// P-Charging-Vector.
    public static let pChargingVector: HeaderName = "P-Charging-Vector"
}
