public import CoreTypes

/// A registrar in memory: which contacts an address of record has (RFC 3261 section 10.3).
///
/// It decides about bindings only. That the user exists and may register (404, 401, 403) is decided before, by the application.
/// After each input arm `deadline` anew.
public struct Registrar: Sendable {
    /// The limits of a registrar.
    public struct Configuration: Sendable {
        /// The shortest expiry that is granted; shorter requests get 423. Whole seconds.
        public var minimumExpires: Duration
        /// The longest expiry that is granted; longer requests get this. Whole seconds.
        public var maximumExpires: Duration
        /// What is granted when nothing is requested. Whole seconds.
        public var defaultExpires: Duration
        /// The most contacts of one address of record.
        public var maximumContacts: Int
        /// The most addresses of record with contacts.
        public var maximumAddressesOfRecord: Int

        /// Makes a configuration.
        public init(
            minimumExpires: Duration = .seconds(30),
            maximumExpires: Duration = .seconds(3600),
            defaultExpires: Duration = .seconds(3600),
            maximumContacts: Int = 10,
            maximumAddressesOfRecord: Int = 10_000
        ) {
            self.minimumExpires = minimumExpires
            self.maximumExpires = maximumExpires
            self.defaultExpires = defaultExpires
            self.maximumContacts = maximumContacts
            self.maximumAddressesOfRecord = maximumAddressesOfRecord
        }
    }

    /// The limits.
    public let configuration: Configuration
    private var records: [String: [RegistrarBinding]] = [:]
    private var expiries = DeadlineQueue<String>()

    /// Makes a registrar without any binding.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    // MARK: Outputs

    /// How many addresses of record have contacts.
    public var addressesOfRecord: Int {
        self.records.count
    }

    /// When `handleTimeout` is due: the first binding lapses.
    public var deadline: Instant? {
        self.expiries.earliest
    }

    /// The name under which the bindings of a user are kept: scheme, user and host without port and parameters.
    ///
    /// RFC 3261 section 10.3 step 5: escapes resolved, the host without regard to case.
    public static func addressOfRecord(of uri: SIPURI) -> String {
        let user = uri.unescapedUser.map { "\($0)@" } ?? ""
        return "\(uri.scheme.text):\(user)\(uri.host.lowercased())"
    }

    /// The contacts of a user that have not lapsed, the preferred and latest first.
    public func bindings(of user: SIPURI, now: Instant) -> [RegistrarBinding] {
        let bindings = (self.records[Registrar.addressOfRecord(of: user)] ?? []).filter { $0.expiresAt > now }
        // Sorting is stable here by position: a later one of the same preference comes first.
        return bindings.enumerated().sorted {
            ($0.element.preference, $0.offset) > ($1.element.preference, $1.offset)
        }.map(\.element)
    }

    // MARK: Inputs

    /// Serves a REGISTER whose sender may register for the address in its To.
    ///
    /// All of its contacts change or none (RFC 3261 section 10.3 step 7).
    /// - Parameters:
    ///   - request: the REGISTER.
    ///   - source: where it came from, kept with the binding.
    ///   - toTag: the tag of the response.
    ///   - now: the time.
    /// - Returns: the response, and what changed.
    public mutating func handle(
        _ request: SIPMessage,
        from source: TransportAddress? = nil,
        toTag: String,
        now: Instant
    ) -> (response: SIPMessageBuilder, changes: [RegistrarChange]) {
        let name = Registrar.addressOfRecord(of: request.to.uri)
        var changes = self.expire(name, now: now)
        switch self.decide(request, name, source, now: now) {
        case .success(let update):
            changes += update.changes
            self.store(update.bindings, name)
            var response = SIPMessageBuilder(response: 200, to: request, toTag: toTag)
            for binding in update.bindings { response.append(.contact, binding.listed(now: now).description) }
            return (response, changes)
        case .failure(let refusal):
            var response = SIPMessageBuilder(response: refusal.status, to: request, toTag: toTag)
            if refusal.status == 423 {
                response.put(.minExpires, "\(self.configuration.minimumExpires.components.seconds)")
            }
            return (response, changes)
        }
    }

    /// Removes what has lapsed; call it when `deadline` has come.
    public mutating func handleTimeout(now: Instant) -> [RegistrarChange] {
        var changes: [RegistrarChange] = []
        while let name = self.expiries.popExpired(now) { changes += self.expire(name, now: now) }
        return changes
    }

    /// Removes all contacts of a user, as an operator does who throws a device out.
    public mutating func removeAll(of user: SIPURI) -> [RegistrarChange] {
        let name = Registrar.addressOfRecord(of: user)
        let changes = (self.records[name] ?? []).map { RegistrarChange.removed(addressOfRecord: name, $0) }
        self.store([], name)
        return changes
    }

    // MARK: Deciding

    private struct Refusal: Error {
        let status: Int
    }

    private struct Update {
        var bindings: [RegistrarBinding]
        var changes: [RegistrarChange] = []
    }

    private func decide(
        _ request: SIPMessage,
        _ name: String,
        _ source: TransportAddress?,
        now: Instant
    ) -> Result<Update, Refusal> {
        var update = Update(bindings: self.records[name] ?? [])
        // Step 5: only a SIP URI can be an address of record.
        guard request.to.uri.scheme == .sip || request.to.uri.scheme == .sips else {
            return .failure(Refusal(status: 400))
        }
        if request.values(.contact).contains("*") {
            // Step 6: `*` stands alone and only with Expires 0.
            guard request.values(.contact).count == 1, request.expires == 0 else {
                return .failure(Refusal(status: 400))
            }
            for binding in update.bindings {
                guard Registrar.isNewer(request, than: binding) else { return .failure(Refusal(status: 500)) }
                update.changes.append(.removed(addressOfRecord: name, binding))
            }
            update.bindings = []
            return .success(update)
        }
        let contacts = request.contacts
        guard contacts.count == request.values(.contact).count else { return .failure(Refusal(status: 400)) }
        for contact in contacts {
            if let refusal = self.apply(contact, request, name, source, to: &update, now: now) {
                return .failure(refusal)
            }
        }
        return .success(update)
    }

    /// Step 7 for one contact.
    private func apply(
        _ contact: NameAddress,
        _ request: SIPMessage,
        _ name: String,
        _ source: TransportAddress?,
        to update: inout Update,
        now: Instant
    ) -> Refusal? {
        var seconds = self.seconds(requestedBy: contact, request)
        let index = update.bindings.firstIndex { $0.contact.uri.isEquivalent(to: contact.uri) }
        if let index, !Registrar.isNewer(request, than: update.bindings[index]) { return Refusal(status: 500) }
        guard seconds > 0 else {
            if let index { update.changes.append(.removed(addressOfRecord: name, update.bindings.remove(at: index))) }
            return nil
        }
        let minimum = self.configuration.minimumExpires.components.seconds
        if seconds < minimum, seconds < 3600 { return Refusal(status: 423) }
        seconds = min(seconds, max(self.configuration.maximumExpires.components.seconds, 1))
        var kept = contact
        kept.parameters.remove("expires")
        let binding = RegistrarBinding(
            contact: kept,
            preference: contact.parameters["q"].flatMap(RegistrarBinding.thousandths) ?? 1000,
            callID: request.callID,
            cSeq: request.cSeq.number,
            expiresAt: now + .seconds(seconds),
            source: source
        )
        if let index {
            update.bindings.remove(at: index)
            update.bindings.append(binding)
            update.changes.append(.refreshed(addressOfRecord: name, binding))
            return nil
        }
        guard update.bindings.count < self.configuration.maximumContacts,
            self.records[name] != nil || self.records.count < self.configuration.maximumAddressesOfRecord
        else { return Refusal(status: 503) }
        update.bindings.append(binding)
        update.changes.append(.added(addressOfRecord: name, binding))
        return nil
    }

    /// What the contact requests, then Expires, then our default; what is no number counts as no request (section 10.2.1.1).
    private func seconds(requestedBy contact: NameAddress, _ request: SIPMessage) -> Int64 {
        let none = self.configuration.defaultExpires.components.seconds
        if contact.parameters.contains("expires") { return contact.expires.map(Int64.init) ?? none }
        return request.expires.map(Int64.init) ?? none
    }

    /// Whether the REGISTER comes after the one that made the binding, as far as that can be known.
    private static func isNewer(_ request: SIPMessage, than binding: RegistrarBinding) -> Bool {
        request.callID != binding.callID || request.cSeq.number > binding.cSeq
    }

    // MARK: Keeping

    private mutating func store(_ bindings: [RegistrarBinding], _ name: String) {
        self.records[name] = bindings.isEmpty ? nil : bindings
        self.expiries.schedule(name, at: bindings.map(\.expiresAt).min())
    }

    private mutating func expire(_ name: String, now: Instant) -> [RegistrarChange] {
        guard let bindings = self.records[name] else { return [] }
        self.store(bindings.filter { $0.expiresAt > now }, name)
        return bindings.filter { $0.expiresAt <= now }.map { .lapsed(addressOfRecord: name, $0) }
    }
}
