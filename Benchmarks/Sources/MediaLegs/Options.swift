import Foundation
import RTPCore

/// What the command line asks.
struct Options {
    /// How legs are carried.
    enum Kind: String {
        case pcmu
        case g722
        case opus
        /// PCMU, passed on between two legs as it is.
        case relay

        var codec: AudioCodec {
            switch self {
            case .pcmu, .relay: .pcmu
            case .g722: .g722
            case .opus: .opus
            }
        }
    }

    /// A fault in the processor of each leg.
    enum Plant: String {
        case lock
        case allocation
    }

    var kind = Kind.pcmu
    var plant: Plant?
    var legs = 100
    /// The first of our ports, and of those that we send to; leg i has the port 2 * i above.
    var port = 10_000
    var peer = 10_000
    /// The processor of the loop.
    var core = 1
    /// The rate of the processor on the leg.
    var rate = 16_000

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Misuse() }
            switch (name, Int(value)) {
            case ("--kind", _):
                guard let kind = Kind(rawValue: value) else { throw Misuse() }
                self.kind = kind
            case ("--plant", _):
                guard let plant = Plant(rawValue: value) else { throw Misuse() }
                self.plant = plant
            case ("--legs", let number?): self.legs = number
            case ("--port", let number?): self.port = number
            case ("--peer", let number?): self.peer = number
            case ("--core", let number?): self.core = number
            case ("--rate", let number?): self.rate = number
            default: throw Misuse()
            }
        }
        guard self.legs > 0, self.port + 2 * self.legs <= 65_536, self.peer + 2 * self.legs <= 65_536 else {
            throw Misuse()
        }
    }

    struct Misuse: Error, CustomStringConvertible {
        var description: String {
            "MediaLegs --kind pcmu|g722|opus|relay --legs N [--port P] [--peer P] [--core C] [--rate HZ] "
                + "[--plant lock|allocation]"
        }
    }
}
