/// Timestamp: when a request was sent, to be given back with the delay until its response (RFC 3261 section 20.38).
public struct Timestamp: SIPHeaderValue {
    /// The time as written: digits, and a fraction behind a dot. Its unit is the client's own business.
    public let value: String
    /// How long the server held the request in seconds, as written; `nil` when it is not said.
    public private(set) var delayText: String?

    /// Makes a timestamp of a time in nanoseconds of the client's clock, written in seconds.
    public init(nanoseconds: UInt64) {
        self.value = Timestamp.decimal(seconds: nanoseconds / 1_000_000_000, nanoseconds: nanoseconds % 1_000_000_000)
    }

    /// Reads "54.3 0.9"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Timestamp.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        guard let byte = scanner.next, byte >= 0x30, byte <= 0x39 else {
            throw ScanFailure(scanner.position, "a number is expected")
        }
        self.value = Timestamp.decimal(&scanner)
        let end = scanner.position
        scanner.skipSpace()
        guard scanner.position > end, !scanner.isAtEnd else { return }
        let start = scanner.position
        let delay = Timestamp.decimal(&scanner)
        guard delay.utf8.contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else {
            throw ScanFailure(start, "a delay is expected")
        }
        self.delayText = delay
    }

    /// The same time with the delay that a server puts into its response (RFC 3261 section 8.2.6.1).
    public func delayed(by delay: Duration) -> Timestamp {
        var copy = self
        let (seconds, attoseconds) = max(delay, .zero).components
        copy.delayText = Timestamp.decimal(
            seconds: UInt64(clamping: seconds),
            nanoseconds: UInt64(clamping: attoseconds / 1_000_000_000)
        )
        return copy
    }

    /// The delay; `nil` when it is not said or beyond all measure.
    public var delay: Duration? {
        guard let text = self.delayText else { return nil }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = parts[0].isEmpty ? 0 : UInt32(parts[0]) else { return nil }
        var nanoseconds: Int64 = 0
        if parts.count > 1 {
            let digits = parts[1].utf8.prefix(9)
            nanoseconds = digits.reduce(0) { $0 * 10 + Int64($1 &- 0x30) }
            for _ in digits.count..<9 { nanoseconds *= 10 }
        }
        return .seconds(Int64(seconds)) + .nanoseconds(nanoseconds)
    }

    /// The header's value.
    public var description: String { self.delayText.map { "\(self.value) \($0)" } ?? self.value }

    private static func decimal(_ scanner: inout HeaderScanner) -> String {
        let start = scanner.position
        _ = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
        if scanner.next == UInt8(ascii: ".") {
            scanner.advance()
            _ = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
        }
        return scanner.text(start..<scanner.position)
    }

    private static func decimal(seconds: UInt64, nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "\(seconds)" }
        var digits = "\(1_000_000_000 + nanoseconds)".dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(seconds).\(digits)"
    }
}

extension SIPMessage {
    /// Timestamp; `nil` when it is absent or malformed.
    public var timestamp: Timestamp? { self.one(.timestamp, Timestamp.init(scanning:)) }
}
