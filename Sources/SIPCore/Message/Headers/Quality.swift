/// A `q` value: how much something is preferred, from 0 to 1 in thousandths (RFC 3261 section 25.1, `qvalue`).
public struct Quality: SIPHeaderValue, Comparable {
    /// The value in thousandths, from 0 to 1 000.
    public let thousandths: Int

    /// Makes a quality; `nil` unless it is from 0 to 1 000 thousandths.
    public init?(thousandths: Int) {
        guard (0...1_000).contains(thousandths) else { return nil }
        self.thousandths = thousandths
    }

    /// The quality that holds when none is given.
    public static let highest = Quality(unchecked: 1_000)

    private init(unchecked thousandths: Int) {
        self.thousandths = thousandths
    }

    /// Reads "0.7"; `nil` for anything but a number from 0 to 1 with at most three decimals.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Quality.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        let start = scanner.position
        let whole = scanner.run { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
        guard whole.count == 1 else { throw ScanFailure(start, "a number from 0 to 1 is expected") }
        var value = Int(scanner.bytes[whole.lowerBound] - 0x30) * 1_000
        if scanner.next == UInt8(ascii: ".") {
            _ = scanner.run { $0 == UInt8(ascii: ".") }
            let decimals = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
            guard decimals.count <= 3, decimals.lowerBound == whole.upperBound + 1 else {
                throw ScanFailure(start, "at most three decimals are expected")
            }
            var weight = 100
            for byte in scanner.bytes[decimals] {
                value += Int(byte - 0x30) * weight
                weight /= 10
            }
        }
        guard value <= 1_000 else { throw ScanFailure(start, "a number from 0 to 1 is expected") }
        self.thousandths = value
    }

    /// "1", "0.5": no more decimals than it needs.
    public var description: String {
        guard self.thousandths % 1_000 != 0 else { return "\(self.thousandths / 1_000)" }
        var digits = "\(1_000 + self.thousandths)".dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "0.\(digits)"
    }

    /// Orders by preference.
    public static func < (left: Quality, right: Quality) -> Bool { left.thousandths < right.thousandths }
}

extension Parameters {
    /// The `q` parameter; the highest quality when it is absent, `nil` when it is no quality.
    public var quality: Quality? {
        guard let text = self["q"] else { return .highest }
        return Quality(text)
    }
}
