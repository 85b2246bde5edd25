import CoreTypes
import SIPCore
import SIPDiagnostics

/// The steps of `sipctl register`: ask; and where that is wanted bind and remove.
struct RegistrationCheck: ~Copyable {
    private let aor: SIPURI
    private let expires: UInt32
    private let requestTimeout: Double
    private let explanation: Explanation
    private let ladder: Ladder
    private let registrar: SIPURI
    let own: SIPURI
    private let callID: String
    var report: Report
    var probe: Probe

    /// Makes a check of `aor` over `probe`; `contact` takes the place of our own.
    init(
        aor: SIPURI,
        contact: SIPURI?,
        expires: UInt32,
        requestTimeout: Double,
        explanation: Explanation,
        ladder: Ladder,
        report: Report,
        probe: consuming Probe
    ) {
        var probe = probe
        self.aor = SIPURI(user: aor.user, host: aor.host)
        self.registrar = SIPURI(host: aor.host, port: aor.port)
        self.expires = expires
        self.requestTimeout = requestTimeout
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

    /// Asks which contacts the PBX holds; nothing changes there.
    mutating func look() -> Report {
        switch self.query() {
        case .done(let response):
            let count = response.contacts.count
            let held = count == 0 ? "no device" : count == 1 ? "one contact" : "\(count) contacts"
            self.nameOthers(response.contacts)
            let proof = self.proof
            self.report.conclude(
                Diagnosis(
                    verdict: .succeeded,
                    summary: "\(proof): the PBX holds \(held) for \(self.aor); nothing was bound"
                )
            )
        case .failed(var diagnosis, let status):
            if status.map(Self.refusesQueries) == true {
                diagnosis.advice.insert(
                    "this PBX may refuse a REGISTER that binds nothing: --bind tries a whole one",
                    at: 0
                )
            }
            self.report.conclude(diagnosis)
        }
        return self.report
    }

    /// Asks, binds and, unless `keeping`, removes the binding again.
    mutating func bind(keeping: Bool) -> Report {
        var held: [NameAddress] = []
        switch self.query() {
        case .done(let response): held = response.contacts
        case .failed(_, let status?) where Self.refusesQueries(status):
            self.report.remarks.append("the PBX does not tell its contacts before one is bound (\(status))")
        case .failed(let diagnosis, _):
            self.report.conclude(diagnosis)
            return self.report
        }
        let bound: SIPMessage
        switch self.bind() {
        case .done(let response): bound = response
        case .failed(var diagnosis, let status):
            let others = held.filter { !self.isOurs($0.uri) }
            if status == 403, !others.isEmpty {
                diagnosis.advice.insert(
                    "the credentials were accepted before, and \(others.count) contact(s) of others are held: the extension "
                        + "may have no more places (max_contacts)",
                    at: 0
                )
            }
            self.report.conclude(diagnosis)
            return self.report
        }
        let mine = bound.contacts.first { $0.uri.isEquivalent(to: self.own) }
        self.report.grantedSeconds = mine?.expires ?? bound.expires
        self.list(bound.contacts)
        if mine == nil {
            self.report.remark(
                bound.contacts.isEmpty
                    ? "the PBX's response lists no contacts"
                    : "the PBX does not list our contact as we wrote it: it, or something on the way, may rewrite contacts"
            )
        }
        // Those that were pushed out are named below.
        let others = held.filter { !self.isOurs($0.uri) }
        var after = bound.contacts
        // Some registrars answer with the new contact alone (RFC 3261 section 10.3 wants all): what they hold, the same
        // question says that was asked before.
        if !Self.displaced(others, after).isEmpty, case .done(let response) = self.query() {
            after = response.contacts
        }
        self.nameOthers(after)
        let displaced = Self.displaced(others, after)
        let granted = self.report.grantedSeconds.map { " for \($0) s" } ?? ""
        if keeping {
            self.report.remarks.append(
                "the binding stays: calls to this extension now ring a port where nobody listens, until it expires"
                    + " or 'sipctl register --unregister' removes it"
            )
        } else {
            switch self.remove([self.own]) {
            case .done(let response): self.list(response.contacts)
            case .failed(let diagnosis, _):
                self.report.conclude(diagnosis)
                self.report.remarks.append("our binding could not be removed; it expires by itself")
                return self.report
            }
        }
        let end = keeping ? "and stays" : "and removed again"
        self.conclude("\(self.proof): \(self.aor) was registered\(granted) \(end)", displaced)
        return self.report
    }

    /// What a success proves: credentials that nobody asked for are not proven.
    private var proof: String {
        mutating get {
            guard self.report.challenges == nil else { return "the credentials work" }
            self.report.remark("the PBX did not ask for credentials, so that they are not proven")
            return "the PBX answers"
        }
    }

    private mutating func conclude(_ summary: String, _ displaced: [NameAddress]) {
        guard !displaced.isEmpty else {
            self.report.conclude(Diagnosis(verdict: .succeeded, summary: summary))
            return
        }
        self.report.displaced = displaced.map { Redaction.line(Redaction.uri($0.uri.description)) }
        self.report.conclude(
            Diagnosis(
                verdict: .displaced,
                summary: summary + "; but the PBX pushed \(displaced.count) other device(s) out to make room",
                advice: [
                    "those devices get no calls until they register again: restart them, or wait for their next refresh",
                    "the extension has too few places for a test beside them (max_contacts): without --bind nothing is changed",
                ]
            )
        )
    }

    /// Whether a PBX says so that it takes no REGISTER without a Contact.
    private static func refusesQueries(_ status: Int) -> Bool {
        status == 400 || status == 405 || status == 501
    }

    /// Removes what `--keep` left behind, and nothing else.
    mutating func unregister() -> Report {
        let held: [NameAddress]
        switch self.query() {
        case .done(let response): held = response.contacts
        case .failed(let diagnosis, _):
            self.report.conclude(diagnosis)
            return self.report
        }
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
        switch self.remove(ours) {
        case .done(let left):
            self.list(left.contacts)
            self.nameOthers(left.contacts)
        case .failed(let diagnosis, _):
            self.report.conclude(diagnosis)
            return self.report
        }
        self.report.conclude(
            Diagnosis(verdict: .succeeded, summary: "removed \(ours.count) contact(s) of ours from \(self.aor)")
        )
        return self.report
    }

    // MARK: Steps

    /// What became of one REGISTER.
    private enum Step {
        /// A 2xx.
        case done(SIPMessage)
        /// Anything else, with the status where there was a response.
        case failed(Diagnosis, status: Int?)
    }

    /// Asks for the contacts.
    private mutating func query() -> Step {
        var registration = self.makeRegistration()
        let step = self.send(registration.query(now: MonotonicClock.now))
        if case .done(let response) = step { self.list(response.contacts) }
        return step
    }

    /// Binds our contact.
    private mutating func bind() -> Step {
        var registration = self.makeRegistration()
        return self.send(registration.start(now: MonotonicClock.now))
    }

    /// Removes contacts of ours, those of earlier runs included: a registration knows its own alone.
    private mutating func remove(_ contacts: [SIPURI]) -> Step {
        do {
            var request = try self.probe.makeRequest(
                .register,
                uri: self.registrar,
                from: self.aor,
                to: self.aor,
                callID: self.callID
            )
            for contact in contacts {
                var address = NameAddress(uri: contact)
                address.parameters.set("expires", "0")
                try request.add(.contact, address.description)
            }
            try request.replace(.expires, "0")
            return self.send(request)
        } catch {
            let diagnosis = Diagnosis(verdict: .failed, summary: "the request cannot be written: \(error)")
            return .failed(diagnosis, status: nil)
        }
    }

    /// A registration that has done nothing yet; it writes the requests, and the probe answers challenges to them.
    private mutating func makeRegistration() -> Registration {
        Registration(
            configuration: Registration.Configuration(
                registrar: self.registrar,
                addressOfRecord: NameAddress(uri: self.aor),
                contact: NameAddress(uri: self.own),
                expires: .seconds(Int64(self.expires))
            ),
            callID: self.callID,
            random: self.probe.makeRandom()
        )
    }

    /// Sends the REGISTER that a registration asks for.
    private mutating func send(_ actions: [Registration.Action]) -> Step {
        for case .sendRegister(let request, nextHop: _) in actions { return self.send(request) }
        return .failed(Diagnosis(verdict: .failed, summary: "no request could be written"), status: nil)
    }

    /// Sends one REGISTER.
    private mutating func send(_ request: SIPMessageBuilder) -> Step {
        let outcome = self.probe.ask(request, method: .register, uri: self.registrar)
        if let response = outcome.response { self.report.learn(from: response, local: self.probe.local) }
        self.report.noteChallenges(in: self.ladder, authenticationID: self.explanation.authenticationID)
        self.report.measure(self.ladder.rungs)
        if let trouble = self.explanation.diagnose(
            outcome,
            requestTimeout: self.requestTimeout,
            ladder: self.ladder,
            method: .register
        ) {
            return .failed(trouble, status: outcome.response?.statusCode)
        }
        guard let response = outcome.response else {
            return .failed(Diagnosis(verdict: .failed, summary: "no response"), status: nil)
        }
        return .done(response)
    }
}
