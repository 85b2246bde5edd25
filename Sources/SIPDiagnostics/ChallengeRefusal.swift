/// Why a challenge is not answered.
package enum ChallengeRefusal: Hashable, Sendable {
    /// Name or password are wrong.
    case wrongCredentials
    /// The server calls each nonce stale at once.
    case staleAgain
    /// The challenge is none that can be computed.
    case unsupported
    /// The challenge is of another realm than those that were given.
    case foreignRealm(String)
    /// One realm after another asks.
    case loop
}
