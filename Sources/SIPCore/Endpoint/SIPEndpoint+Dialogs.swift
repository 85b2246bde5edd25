public import CoreTypes

/// The dialogs that the transaction user has. A To tag counts only when it names one of them, and only from a host that may speak
/// in it: tags are not secret to whoever sees the packets.
extension SIPEndpoint {
    /// Tells of a dialog by Call-ID and our tag, or changes the hosts that may speak in it besides those that the
    /// admission policy knows: where its INVITE came from or went to, its remote target, the first hop of its routes.
    ///
    /// To be called again after each target refresh, and taken back by `removeDialog`; the limit on dialogs is the transaction user's.
    public mutating func setDialog(callID: String, localTag: String, hosts: [IPAddress]) {
        self.dialogs.set(self.keys.dialog(callID: callID, tag: localTag), hosts: hosts)
    }

    /// Forgets a dialog: what comes in it from now on gets 481.
    public mutating func removeDialog(callID: String, localTag: String) {
        self.dialogs.remove(self.keys.dialog(callID: callID, tag: localTag))
    }

    /// Whether requests of this host outside of dialogs may reach the transaction user.
    public func isKnown(_ source: IPAddress) -> Bool {
        self.admission.standing(of: source) != .stranger
    }

    /// The hosts whose datagrams matter: those that the admission policy names, those of the dialogs, and those that living
    /// transactions talk to. `nil` where everybody's do.
    ///
    /// For a driver that has to drop some of a flood before reading it. Looks at all that lives: not for each datagram.
    public var hostsThatMatter: Set<IPAddress>? {
        guard case .only(let known, everyone: _) = self.admission else { return nil }
        return known.union(self.dialogs.hosts).union(self.transactions.hosts)
    }

    /// Where a new request belongs.
    enum Place {
        /// To the transaction user, outside of known dialogs.
        case outside
        /// To the known dialog of that number.
        case inside(UInt32)
        /// To nobody: a stranger's.
        case strange
        /// To nobody: it names a dialog that is not known, or one in which its source has no part.
        case nowhere(Refusal)
    }

    /// Finds where the request belongs that was parsed last; one hash of a request with a To tag, none of others.
    func place(of bytes: Span<UInt8>, from source: IPAddress) -> Place {
        let core = self.parser.core
        let standing = self.admission.standing(of: source)
        guard core.to.tag.isPresent else { return standing == .stranger ? .strange : .outside }
        if let number = self.dialogs.find(self.keys.dialog(bytes, callID: core.callID, tag: core.to.tag)) {
            // Not 481, by which a party of the dialog would take it for lost.
            guard self.admits(source, standing, to: number) else { return .nowhere(Refusal(403, .stranger)) }
            return .inside(number)
        }
        if standing == .stranger { return .nowhere(Refusal(481, .stranger)) }
        return self.configuration.knowsDialogs ? .nowhere(Refusal(481, .unknownDialog)) : .outside
    }

    /// Whether an ACK may be reported to the transaction user that was parsed last, and that belongs to no refusal.
    func isPlaced(_ bytes: Span<UInt8>, from source: IPAddress) -> Bool {
        switch self.place(of: bytes, from: source) {
        case .outside, .inside: true
        case .strange, .nowhere: false
        }
    }

    /// Whether a host may speak in a dialog.
    func admits(_ source: IPAddress, _ standing: AdmissionPolicy.Standing, to number: UInt32) -> Bool {
        switch standing {
        case .known: true
        case .anyone, .stranger: self.dialogs.admits(source, to: number)
        }
    }

    /// Whether a host has a part in a transaction: it is the one that the transaction talks to, or it is as well known
    /// as that one.
    ///
    /// A PBX may have several addresses, all of which are known; elsewhere the other side of a hop is one host.
    func hasPart(_ source: IPAddress, in identifier: TransactionTable.Identifier) -> Bool {
        if self.transactions.talks(identifier, toHost: source) { return true }
        guard self.admission.standing(of: source) == .known, let record = self.transactions[identifier],
            let destination = self.transactions.destination(of: record)
        else { return false }
        return self.admission.standing(of: destination.address.host) == .known || record.dialog != .max
    }
}
