public import CoreTypes

extension Registration {
    /// What the application is to do, in the order given.
    public enum Action: Sendable {
        /// Send a REGISTER to the host of `nextHop`.
        case sendRegister(SIPMessageBuilder, nextHop: SIPURI)
        /// Something happened.
        case event(Event)
    }

    /// What happened to a registration.
    public enum Event: Sendable {
        /// Our contact is bound for `granted` from the REGISTER on; `contacts` are all that the registrar holds for us,
        /// without those that it lists as removed.
        ///
        /// A contact that is not ours (`isOwn`) is another device of the same extension.
        case registered(granted: Duration, contacts: [NameAddress])
        /// A REGISTER failed; the next try is at `retryAt`, or never when that is `nil`.
        case failed(FailureReason, retryAt: Instant?)
        /// Our contact is not bound any more, or the last try to remove it failed, as a `.failed` before this one says.
        case unregistered
        /// What the registrar holds for us, as `query` asked.
        case bindings([NameAddress])
    }

    /// Why a REGISTER failed.
    public enum FailureReason: Hashable, Sendable {
        /// The registrar refused a digest and did not call its nonce stale: the password, or the name beside it, is wrong.
        ///
        /// On a 3CX that name is the authentication ID and not the extension.
        case wrongCredentials
        /// The registrar called one nonce after another stale: name and password are right (RFC 7616 section 3.3).
        case staleNonces
        /// The registrar and its proxies went on challenging, each time in another way.
        case challengeLoop
        /// The registrar wants credentials and we have none.
        case noCredentials
        /// The challenge is of another realm than the one that is allowed to ask.
        case foreignRealm(String)
        /// The challenge asks for an algorithm or protection that is not supported, or is no challenge at all.
        case unsupportedChallenge
        /// The registrar refused with this status; a 3CX says 403 to an authentication ID that it does not know.
        case rejected(status: Int, reason: String)
        /// The registrar said 200 and bound nothing.
        case notGranted
        /// No response came.
        case noResponse(TransactionFailure)
    }
}
