package import CoreTypes

extension SeededRandom {
    /// A generator with entropy from the system.
    package static func system() -> SeededRandom {
        var system = SystemRandomNumberGenerator()
        return SeededRandom(entropy: (system.next(), system.next(), system.next(), system.next()))
    }
}
