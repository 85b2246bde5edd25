import CoreTypes
import SIPCore

/// The steps of `sipctl register`: query, bind, remove.
struct RegistrationCheck: ~Copyable {
    private let aor: SIPURI
    private let expires: UInt32
    private let patience: Double
    private let explanation: Explanation
    private let ladder: Ladder
    private let registrar: SIPURI
    private let own: SIPURI
    private let callID: String
    private var report: Report
    private var probe: Probe

    /// Makes a check of `aor` over `probe`; `contact` takes the place of our own.
    init(
        aor: SIPURI,
        contact: SIPURI?,
        expires: UInt32,
        patience: Double,
        explanation: Explanation,
        ladder: Ladder,
        report: Report,
        probe: consuming Probe
    ) {
        var probe = probe
        self.aor = SIPURI(user: aor.user, host: aor.host)
        self.registrar = SIPURI(host: aor.host, port: aor.port)
        self.expires = expires
        self.patience = patience
        self.explanation = explanation
        self.ladder = ladder
        self.report = report
        self.callID = probe.token()
        let local = probe.local
        var own = contact ?? SIPURI(user: aor.user, host: local.host.hostText, port: local.port)
        // The mark by which --unregister knows what --keep left.
        if contact == nil { own.setParameter("rinstance", Self.mark) }
        self.own = own
        self.probe = probe
    }

    /// Queries, binds and, unless `keeping`, removes the binding again.
    mutating func bind(keeping: Bool) -> Report {
        guard let held = self.query() else { return self.report }
        guard let bound = self.step(contacts: [self.own], expires: self.expires) else { return self.report }
        let mine = bound.contacts.first { $0.uri.isEquivalent(to: self.own) }
        self.report.grantedSeconds = mine?.expires ?? bound.expires
        self.list(bound.contacts)
        if mine == nil {
            self.report.remarks.append(
                "the PBX does not list our contact as we wrote it: something rewrites it on the way"
            )
        }
        self.nameOthers(held)
        let granted = self.report.grantedSeconds.map { " for \($0) s" } ?? ""
        if keeping {
            self.report.remarks.append(
                "the binding stays: calls to this extension now ring a port where nobody listens, until it expires"
                    + " or 'sipctl register --unregister' removes it"
            )
        } else if self.step(contacts: [self.own], expires: 0) == nil {
            self.report.remarks.append("our binding could not be removed; it expires by itself")
            return self.report
        }
        let end = keeping ? "and stays" : "and removed again"
        self.report.conclude(
            Diagnosis(verdict: .succeeded, summary: "the credentials work: \(self.aor) was registered\(granted) \(end)")
        )
        return self.report
    }

    /// Removes what `--keep` left behind, and nothing else.
    mutating func unregister() -> Report {
        guard let held = self.query() else { return self.report }
        let ours = held.map(\.uri).filter { self.isOurs($0) }
        guard !ours.isEmpty else {
            self.report.conclude(
                Diagnosis(
                    verdict: .succeeded,
                    summary: "nothing to remove: the PBX holds no contact of ours for \(self.aor)"
                )
            )
            self.nameOthers(held)
            return self.report
        }
        guard let left = self.step(contacts: ours, expires: 0) else { return self.report }
        self.list(left.contacts)
        self.nameOthers(left.contacts)
        self.report.conclude(
            Diagnosis(verdict: .succeeded, summary: "removed \(ours.count) contact(s) of ours from \(self.aor)")
        )
        return self.report
    }

    // MARK: Steps

    /// Asks for the contacts; `nil` when there is no use in going on.
    private mutating func query() -> [NameAddress]? {
        guard let response = self.step(contacts: [], expires: nil) else { return nil }
        self.list(response.contacts)
        return response.contacts
    }

    /// Sends one REGISTER; concludes the report and gives `nil` when it failed.
    private mutating func step(contacts: [SIPURI], expires: UInt32?) -> SIPMessage? {
        do {
            var request = try self.probe.makeRequest(
                .register,
                uri: self.registrar,
                from: self.aor,
                to: self.aor,
                callID: self.callID
            )
            if let expires {
                for contact in contacts {
                    var address = NameAddress(uri: contact)
                    address.parameters.set("expires", "\(expires)")
                    try request.add(.contact, address.description)
                }
                try request.replace(.expires, "\(expires)")
            }
            let outcome = self.probe.ask(request, method: .register, uri: self.registrar)
            if let response = outcome.response { self.report.learn(from: response, local: self.probe.local) }
            self.noteChallenge()
            self.report.measure(self.ladder.rungs)
            let provisional = self.ladder.responses.last.map { $0.statusCode < 200 } ?? false
            if let trouble = self.explanation.diagnose(outcome, patience: self.patience, gotProvisional: provisional) {
                self.report.conclude(trouble)
                return nil
            }
            return outcome.response
        } catch {
            self.report.conclude(Diagnosis(verdict: .failed, summary: "the request cannot be written: \(error)"))
            return nil
        }
    }

    private mutating func noteChallenge() {
        guard self.report.authentication == nil,
            let challenge = self.ladder.responses.first(where: { $0.statusCode == 401 || $0.statusCode == 407 }),
            let first = DigestChallenge.all(in: challenge).first?.challenge
        else { return }
        let protection = first.qop.isEmpty ? "no qop" : "qop " + first.qop.joined(separator: ",")
        let algorithm = first.algorithmName ?? "MD5"
        let realm = Redaction.line(first.realm)
        let name = self.explanation.authenticationID.map { " as '\($0)'" } ?? ""
        self.report.authentication = Redaction.line(
            "\(challenge.statusCode), realm '\(realm)', \(algorithm), \(protection)\(name)"
        )
    }

    // MARK: Contacts

    private mutating func list(_ contacts: [NameAddress]) {
        self.report.contacts = contacts.map { contact in
            Report.Contact(
                uri: Redaction.line(Redaction.uri(contact.uri.description)),
                expires: contact.expires,
                preference: contact.parameters["q"].map(Redaction.line),
                isOwn: self.isOurs(contact.uri)
            )
        }
    }

    private mutating func nameOthers(_ contacts: [NameAddress]) {
        let others = contacts.filter { !self.isOurs($0.uri) }
        guard !others.isEmpty else { return }
        let hosts = others.map { contact in
            Redaction.line(contact.uri.host) + (contact.uri.port.map { ":\($0)" } ?? "")
        }
        self.report.remarks.append(
            "another device holds this extension: \(hosts.joined(separator: ", ")); calls ring there as well, "
                + "and a device that is gone (a phantom) keeps ringing unanswered until it expires"
        )
    }

    private func isOurs(_ uri: SIPURI) -> Bool {
        if uri.isEquivalent(to: self.own) { return true }
        return uri.parameters["rinstance"] == Self.mark && uri.host == self.probe.local.host.hostText
    }

    private static let mark = "sipctl"
}
