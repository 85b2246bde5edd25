/// The payload of a telephone-event (RFC 4733 section 2.3).
///
/// ```
/// |     event     |E|R| volume    |          duration             |
/// ```
public struct TelephoneEvent: Sendable, Hashable {
    /// The event: 0 to 9 the digits, 10 the star, 11 the pound, 12 to 15 A to D, others no DTMF digit.
    public var code: UInt8
    /// Whether the event is over.
    public var isEnd: Bool
    /// The level below 0 dBm0, 0 to 63.
    public var volume: UInt8
    /// How long the event has lasted, in ticks of the clock of its payload type.
    public var duration: UInt16

    /// Makes an event.
    public init(code: UInt8, isEnd: Bool, volume: UInt8 = 10, duration: UInt16) {
        self.code = code
        self.isEnd = isEnd
        self.volume = volume & 0x3F
        self.duration = duration
    }

    /// Reads a payload; `nil` when it is too short. Further events in the same payload are not read.
    public init?(_ payload: Span<UInt8>) {
        guard payload.count >= 4 else { return nil }
        self.code = payload[0]
        self.isEnd = payload[1] & 0x80 != 0
        self.volume = payload[1] & 0x3F
        self.duration = payload.number16(at: 2)
    }

    /// Appends the payload as it goes on the wire.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(self.code)
        bytes.append((self.isEnd ? 0x80 : 0) | self.volume & 0x3F)
        bytes.append(number16: self.duration)
    }

    /// The DTMF digit of the event, or `nil` when it is none.
    public var digit: Character? {
        switch self.code {
        case 0...9: Character(UnicodeScalar(0x30 + self.code))
        case 10: "*"
        case 11: "#"
        case 12...15: Character(UnicodeScalar(0x41 + self.code - 12))
        default: nil
        }
    }

    /// The event of a DTMF digit (0 to 9, *, #, A to D in either case), or `nil`.
    public static func code(of digit: Character) -> UInt8? {
        guard let ascii = digit.asciiValue else { return nil }
        switch ascii {
        case 0x30...0x39: return ascii - 0x30
        case 0x2A: return 10
        case 0x23: return 11
        case 0x41...0x44: return ascii - 0x41 + 12
        case 0x61...0x64: return ascii - 0x61 + 12
        default: return nil
        }
    }
}
