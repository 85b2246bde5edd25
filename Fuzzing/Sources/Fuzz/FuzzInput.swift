import CoreTypes

/// Reads decisions out of the fuzzer's bytes; zeros when there are none left.
struct FuzzInput {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isEmpty: Bool { self.position >= self.bytes.count }

    mutating func byte() -> UInt8 {
        guard self.position < self.bytes.count else { return 0 }
        defer { self.position += 1 }
        return self.bytes[self.position]
    }

    /// 0 up to `limit`, exclusive.
    mutating func choice(_ limit: Int) -> Int {
        limit <= 1 ? 0 : Int(self.byte()) % limit
    }

    mutating func flag() -> Bool {
        self.byte() & 1 == 1
    }

    mutating func number16() -> UInt16 {
        UInt16(self.byte()) << 8 | UInt16(self.byte())
    }

    mutating func number32() -> UInt32 {
        UInt32(self.number16()) << 16 | UInt32(self.number16())
    }

    /// As many bytes as there are, at most `count`.
    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(self.position + count, self.bytes.count)
        defer { self.position = end }
        return Array(self.bytes[self.position..<end])
    }

    /// The bytes up to `separator`, which is passed; a separator is one byte, so that mutations keep most of the others.
    mutating func record(endingWith separator: UInt8) -> [UInt8] {
        let rest = self.bytes[self.position...]
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        let record = Array(self.bytes[self.position..<end])
        self.position = min(end + 1, self.bytes.count)
        return record
    }

    mutating func rest() -> [UInt8] {
        self.take(self.bytes.count)
    }

    /// A stretch of time: none, or one of those between which timers fire.
    mutating func step() -> Duration {
        let steps: [Duration] = [
            .zero, .milliseconds(1), .milliseconds(20), .milliseconds(200), .milliseconds(500), .seconds(1),
            .seconds(4),
            .seconds(5), .seconds(32), .seconds(190), .seconds(300),
        ]
        return steps[self.choice(steps.count)]
    }

    /// The bytes with each 0x1D and the byte behind it replaced by that many times 64 of the byte before it.
    ///
    /// So a short input reaches the limits on lengths, and the 16 bits of the offsets.
    static func inflated(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x1D) else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count, result.count < 70_000 {
            if bytes[index] == 0x1D, index + 1 < bytes.count, let last = result.last {
                result += [UInt8](repeating: last, count: Int(bytes[index + 1]) * 64)
                index += 2
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
