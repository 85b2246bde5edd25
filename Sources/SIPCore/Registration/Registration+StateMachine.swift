extension Registration {
    /// Where a registration stands (RFC 3261 section 10.2).
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Nothing was asked for yet.
        case idle
        /// A REGISTER that binds our contact is on its way, the first or a refresh.
        case registering
        /// Our contact is bound.
        case registered
        /// A REGISTER failed, the next try waits.
        case backingOff
        /// Our contact is being removed.
        case unregistering
        /// Our contact is not bound, as we requested.
        case unregistered
    }

    /// What can happen to a registration.
    enum Input: String, Sendable, Hashable, CaseIterable {
        /// The application wants it, or the time for a refresh or another try came.
        case register
        /// The registrar bound our contact.
        case granted
        /// The REGISTER failed.
        case failed
        /// The application does not want it any more, and a binding may exist.
        case unregister
        /// The application does not want it any more, and nothing was ever bound.
        case abandon
        /// The removal is over, done or given up.
        case removed
    }
}

extension Registration.State {
    /// The state after `input`, or `nil` where the input has no effect: the whole machine as a table.
    func next(on input: Registration.Input) -> Registration.State? {
        switch self {
        case .idle, .unregistered:
            switch input {
            case .register: .registering
            case .unregister, .abandon: .unregistered
            case .granted, .failed, .removed: nil
            }
        case .registering:
            switch input {
            case .granted: .registered
            case .failed: .backingOff
            case .unregister: .unregistering
            case .register, .abandon, .removed: nil
            }
        case .registered:
            switch input {
            case .register: .registering
            case .unregister: .unregistering
            case .granted, .failed, .abandon, .removed: nil
            }
        case .backingOff:
            switch input {
            case .register: .registering
            case .unregister: .unregistering
            case .abandon: .unregistered
            case .granted, .failed, .removed: nil
            }
        case .unregistering:
            switch input {
            case .removed: .unregistered
            case .register, .granted, .failed, .unregister, .abandon: nil
            }
        }
    }
}
