/// A key in the body of an INFO: `application/dtmf-relay` or `application/dtmf`.
///
/// No RFC has them; this is what Cisco's and Asterisk's documents say and PBXs send. RFC 4733 events in the media are
/// the better way.
public struct DTMFRelay: Hashable, Sendable, CustomStringConvertible {
    /// The type of the body with a duration.
    public static let mediaType = MediaType("application", "dtmf-relay")

    /// The key: a digit, `*`, `#`, `A` to `D`, or `!` for a flash of the hook.
    public let key: Character
    /// How long it lasted, in milliseconds; `nil` when it is not said.
    public let duration: UInt32?

    /// Makes a key; `nil` for one that no telephone has.
    public init?(key: Character, duration: UInt32? = nil) {
        guard let ascii = key.asciiValue, let known = DTMFRelay.key([ascii]) else { return nil }
        self.key = known
        self.duration = duration
    }

    /// Reads "Signal=5" and "Duration=160" on lines of their own; `nil` without a signal or with one that is no key.
    public init?(relay bytes: ArraySlice<UInt8>) {
        guard let value = try? DTMFRelay.parse(relay: bytes) else { return nil }
        self = value
    }

    /// Reads the one key of `application/dtmf`; `nil` for anything else.
    public init?(digit bytes: ArraySlice<UInt8>) {
        guard let value = try? DTMFRelay.parse(digit: bytes) else { return nil }
        self = value
    }

    private init(_ key: Character, _ duration: UInt32?) {
        self.key = key
        self.duration = duration
    }

    static func parse(relay bytes: ArraySlice<UInt8>) throws(ScanFailure) -> DTMFRelay {
        var lines = LineReader(bytes)
        var key: Character?
        var duration: UInt32?
        while let line = try lines.next() {
            guard let equals = bytes[line].firstIndex(of: UInt8(ascii: "=")) else {
                guard lines.trimmed(line).isEmpty else {
                    throw ScanFailure(line.lowerBound, "an equals sign is expected")
                }
                continue
            }
            let value = lines.trimmed((equals + 1)..<line.upperBound)
            switch lowercased(lines.trimmed(line.lowerBound..<equals)) {
            case "signal":
                guard key == nil, let known = DTMFRelay.signal(Array(value.utf8)) else {
                    throw ScanFailure(equals + 1, "one key of a telephone is expected")
                }
                key = known
            case "duration":
                let read = HeaderScanner.read(value) { (scanner) throws(ScanFailure) in try scanner.number() }
                guard duration == nil, let milliseconds = read else {
                    throw ScanFailure(equals + 1, "a number of milliseconds is expected")
                }
                duration = milliseconds
            default: continue
            }
        }
        guard let key else { throw ScanFailure(bytes.startIndex, "the signal is missing") }
        return DTMFRelay(key, duration)
    }

    static func parse(digit bytes: ArraySlice<UInt8>) throws(ScanFailure) -> DTMFRelay {
        var lines = LineReader(bytes)
        guard let line = try lines.next(), let key = DTMFRelay.key(Array(lines.trimmed(line).utf8)) else {
            throw ScanFailure(bytes.startIndex, "one key of a telephone is expected")
        }
        while let line = try lines.next() {
            guard lines.trimmed(line).isEmpty else { throw ScanFailure(line.lowerBound, "nothing may follow the key") }
        }
        return DTMFRelay(key, nil)
    }

    private static let keys = Array("0123456789*#ABCD!".utf8)

    /// The key of one character.
    private static func key(_ text: [UInt8]) -> Character? {
        guard text.count == 1, let byte = text.first else { return nil }
        let capital = byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte
        return DTMFRelay.keys.contains(capital) ? Character(UnicodeScalar(capital)) : nil
    }

    /// The key that a signal means: itself, or the number of its event in RFC 4733 (10 for `*`), as some peers send it.
    private static func signal(_ text: [UInt8]) -> Character? {
        guard text.count == 2, text[0] == UInt8(ascii: "1"), (0x30...0x36).contains(text[1]) else {
            return DTMFRelay.key(text)
        }
        return Character(UnicodeScalar(DTMFRelay.keys[10 + Int(text[1] - 0x30)]))
    }

    /// The body `application/dtmf-relay` as it is sent.
    public var bytes: [UInt8] { Array(self.description.utf8) }

    /// The text of the body.
    public var description: String {
        "Signal=\(self.key)\r\n" + (self.duration.map { "Duration=\($0)\r\n" } ?? "")
    }
}

extension SIPMessage {
    /// The key that the body of an INFO holds; `nil` when it holds none or a malformed one.
    public var dtmfRelay: DTMFRelay? {
        if let bytes = self.body(ofType: "application/dtmf-relay") { return DTMFRelay(relay: bytes) }
        return self.body(ofType: "application/dtmf").flatMap { DTMFRelay(digit: $0) }
    }
}
