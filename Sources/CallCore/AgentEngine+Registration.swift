public import CoreTypes
public import SIPCore

/// Accounts and their registrations.
extension AgentEngine {
    /// Adds an account whose exchange is at `destination`, and begins to register it if it is to, unless `registers`
    /// puts that off until ``register(_:now:)``.
    ///
    /// From then on the exchange may call us.
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
        if case .enabled(let expires) = identity.registration {
            var registrar = identity.addressOfRecord
            registrar.user = nil
            registration = Registration(
                configuration: Registration.Configuration(
                    registrar: registrar,
                    addressOfRecord: NameAddress(displayName: identity.displayName, uri: identity.addressOfRecord),
                    contact: NameAddress(uri: contact),
                    expires: expires,
                    credentials: identity.credentials,
                    realm: identity.realm,
                    timers: self.configuration.timers
                ),
                callID: self.random.token(32),
                random: self.random.split()
            )
        }
        self.accounts.append(
            Account(identity: identity, destination: destination, contact: contact, registration: registration)
        )
        if case .only(var known, everyone: let methods) = self.endpoint.admission {
            known.insert(destination.address.host)
            self.endpoint.admission = .only(known, everyone: methods)
        }
        if registers { self.withRegistration(index, now: now) { $0.start(now: now) } }
        return IdentityID(index: index)
    }

    /// Begins to register an account that was added without; once.
    public mutating func register(_ identity: IdentityID, now: Instant) {
        defer { self.drain(now: now) }
        self.withRegistration(identity.index, now: now) { $0.start(now: now) }
    }

    /// Removes the account's own contact from its registrar.
    public mutating func unregister(_ identity: IdentityID, now: Instant) {
        defer { self.drain(now: now) }
        self.withRegistration(identity.index, now: now) { $0.unregister(now: now) }
    }

    mutating func registrationResponse(_ index: Int, _ response: SIPMessage, now: Instant) {
        self.withRegistration(index, now: now) { $0.handleResponse(response, now: now) }
    }

    mutating func registrationFailure(_ index: Int, _ failure: TransactionFailure, now: Instant) {
        self.withRegistration(index, now: now) { $0.handleFailure(failure, now: now) }
    }

    mutating func registrationTimeout(_ index: Int, now: Instant) {
        self.withRegistration(index, now: now) { $0.handleTimeout(now: now) }
    }

    private mutating func withRegistration(
        _ index: Int,
        now: Instant,
        _ input: (inout Registration) -> [Registration.Action]
    ) {
        guard self.accounts.indices.contains(index), var registration = self.accounts[index].registration else {
            return
        }
        let actions = input(&registration)
        self.accounts[index].registration = registration
        for action in actions {
            switch action {
            case .sendRegister(let request, nextHop: _):
                let destination = self.accounts[index].destination
                if let transaction = try? self.endpoint.send(request, to: destination, now: now) {
                    self.registering[transaction] = index
                }
            case .event(let event): self.handle(event, of: index, now: now)
            }
        }
        self.timers.schedule(index, at: self.accounts[index].registration?.deadline)
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
        case .bindings: break
        }
    }
}

extension RegistrationFailure {
    /// The reason in the words of an agent.
    init(_ reason: Registration.FailureReason) {
        switch reason {
        case .wrongCredentials: self = .wrongCredentials
        case .noCredentials: self = .credentialsMissing
        case .foreignRealm(let realm): self = .challengeRefused("the challenge is for the realm \(realm)")
        case .unsupportedChallenge: self = .challengeRefused("its algorithm is not known here")
        case .rejected(let status, let phrase): self = .rejected(status: status, reason: phrase)
        case .notGranted: self = .rejected(status: 200, reason: "the registrar kept no contact of ours")
        case .noResponse(.timeout), .noResponse(.noAnswer): self = .timeout
        case .noResponse(.transport), .noResponse(.overloaded): self = .transport
        }
    }
}
