public import CoreTypes
public import SIPCore

/// Accounts and their registrations.
extension AgentEngine {
    /// Adds an account whose PBX is at `destination`, and begins to register it if it is to, unless `registers`
    /// puts that off until ``register(_:now:)``.
    ///
    /// From then on the PBX may call us.
    public mutating func add(
        _ identity: Identity,
        at destination: Destination,
        registers: Bool = true,
        now: Instant
    ) -> IdentityID {
        defer { self.drain(now: now) }
        let index = self.accounts.count
        let binding = destination.binding.address
        let contact = SIPURI(
            user: identity.addressOfRecord.user,
            host: binding.host.hostText,
            port: binding.port
        )
        var registration: Registration?
        switch identity.registration {
        case .enabled(let expires): registration = self.makeRegistration(identity, contact: contact, expires: expires)
        case .query: registration = self.makeRegistration(identity, contact: contact)
        case .disabled: break
        }
        self.accounts.append(
            Account(identity: identity, destination: destination, contact: contact, registration: registration)
        )
        if case .only(var known, everyone: let methods) = self.endpoint.admission {
            known.insert(destination.address.host)
            self.endpoint.admission = .only(known, everyone: methods)
        }
        let id = IdentityID(index: index)
        if registers { self.register(id, now: now) }
        return id
    }

    /// Begins to register an account that was added without, or to ask what its registrar holds; once.
    public mutating func register(_ identity: IdentityID, now: Instant) {
        defer { self.drain(now: now) }
        guard self.accounts.indices.contains(identity.index) else { return }
        let onlyAsks = self.accounts[identity.index].identity.registration == .query
        self.withRegistration(RegistrationSlot(account: identity.index), now: now) { registration in
            onlyAsks ? registration.query(now: now) : registration.start(now: now)
        }
    }

    func registrarURI(of identity: Identity) -> SIPURI {
        var registrar = identity.addressOfRecord
        registrar.user = nil
        return registrar
    }

    mutating func makeRegistration(
        _ identity: Identity,
        contact: SIPURI,
        expires: Duration = .seconds(60)
    ) -> Registration {
        Registration(
            configuration: Registration.Configuration(
                registrar: self.registrarURI(of: identity),
                addressOfRecord: NameAddress(displayName: identity.displayName, uri: identity.addressOfRecord),
                contact: NameAddress(uri: contact),
                expires: expires,
                credentials: identity.credentials,
                realms: identity.realms,
                timers: self.configuration.timers
            ),
            callID: self.random.token(32),
            random: self.random.split()
        )
    }

    /// Removes the account's own contact from its registrar.
    public mutating func unregister(_ identity: IdentityID, now: Instant) {
        defer { self.drain(now: now) }
        self.withRegistration(RegistrationSlot(account: identity.index), now: now) { $0.unregister(now: now) }
    }

    mutating func registrationResponse(_ slot: RegistrationSlot, _ response: SIPMessage, now: Instant) {
        self.withRegistration(slot, now: now) { $0.handleResponse(response, now: now) }
    }

    mutating func registrationFailure(_ slot: RegistrationSlot, _ failure: TransactionFailure, now: Instant) {
        self.withRegistration(slot, now: now) { $0.handleFailure(failure, now: now) }
    }

    mutating func registrationTimeout(_ slot: RegistrationSlot, now: Instant) {
        self.withRegistration(slot, now: now) { $0.handleTimeout(now: now) }
    }

    mutating func withRegistration(
        _ slot: RegistrationSlot,
        now: Instant,
        _ input: (inout Registration) -> [Registration.Action]
    ) {
        let index = slot.account
        guard self.accounts.indices.contains(index), var registration = self.accounts[index][slot] else { return }
        let actions = input(&registration)
        self.accounts[index][slot] = registration
        for action in actions {
            switch action {
            case .sendRegister(let request, nextHop: _):
                let destination = self.accounts[index].destination
                if let transaction = try? self.endpoint.send(request, to: destination, now: now) {
                    self.registering[transaction] = slot
                }
            case .event(let event) where slot.isInquiry: self.handleInquiry(event, of: index, now: now)
            case .event(let event): self.handle(event, of: index, now: now)
            }
        }
        self.timers.schedule(slot, at: self.accounts[index][slot]?.deadline)
    }

    private mutating func handle(_ event: Registration.Event, of index: Int, now: Instant) {
        let identity = IdentityID(index: index)
        switch event {
        case .registered(granted: let granted, contacts: let contacts):
            self.accounts[index].isRegistered = true
            self.events.append(.registered(identity, granted: granted, contacts: contacts))
        case .failed(let reason, retryAt: let retryAt):
            self.accounts[index].isRegistered = self.accounts[index].registration?.isBound(now: now) ?? false
            self.events.append(
                .registrationFailed(identity, RegistrationFailure(reason), retryAfter: retryAt.map { $0 - now })
            )
        case .unregistered:
            self.accounts[index].isRegistered = false
            self.events.append(.unregistered(identity))
        case .bindings(let contacts): self.events.append(.bindings(identity, contacts: contacts))
        }
    }
}

extension RegistrationFailure {
    /// The reason in the words of an agent.
    init(_ reason: Registration.FailureReason) {
        switch reason {
        case .wrongCredentials: self = .wrongCredentials
        case .staleNonces: self = .staleNonces
        case .challengeLoop: self = .challengeLoop
        case .noCredentials: self = .credentialsMissing
        case .foreignRealm(let realm): self = .foreignRealm(realm)
        case .unsupportedChallenge: self = .unsupportedChallenge
        case .rejected(let status, let phrase): self = .rejected(status: status, reason: phrase)
        case .notGranted: self = .notGranted
        case .noResponse(.timeout), .noResponse(.noAnswer): self = .timeout
        case .noResponse(.transport(let fault)): self = .transport(fault)
        case .noResponse(.overloaded): self = .transport(TransportFault(.other))
        }
    }
}

/// One of the two registrations of an account: its own, and the one that only asks the registrar for its realm.
struct RegistrationSlot: Hashable, Sendable {
    let account: Int
    var isInquiry = false
}

extension AgentEngine.Account {
    /// The registration of a slot.
    subscript(slot: RegistrationSlot) -> Registration? {
        get { slot.isInquiry ? self.inquiry : self.registration }
        set { if slot.isInquiry { self.inquiry = newValue } else { self.registration = newValue } }
    }
}
