/// Big-endian numbers in received bytes. The callers have checked the length; Span traps, it never reads astray.
extension Span<UInt8> {
    func number16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    func number32(at offset: Int) -> UInt32 {
        UInt32(self.number16(at: offset)) << 16 | UInt32(self.number16(at: offset + 2))
    }
}

extension [UInt8] {
    mutating func append(number16 value: UInt16) {
        self.append(UInt8(truncatingIfNeeded: value >> 8))
        self.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(number32 value: UInt32) {
        self.append(number16: UInt16(truncatingIfNeeded: value >> 16))
        self.append(number16: UInt16(truncatingIfNeeded: value))
    }

    /// Appends received bytes.
    mutating func append(_ bytes: Span<UInt8>) {
        let start = self.count
        self.resize(to: start + bytes.count)
        var target = self.mutableSpan
        for index in bytes.indices { target[start + index] = bytes[index] }
    }

    /// Makes the array exactly `count` long and keeps its storage, so that a reused buffer allocates only once.
    package mutating func resize(to count: Int) {
        if self.count > count {
            self.removeLast(self.count - count)
        } else if self.count < count {
            self.append(contentsOf: repeatElement(0, count: count - self.count))
        }
    }
}

extension [Int16] {
    /// Makes the array exactly `count` long and keeps its storage, so that a reused buffer allocates only once.
    package mutating func resize(to count: Int) {
        if self.count > count {
            self.removeLast(self.count - count)
        } else if self.count < count {
            self.append(contentsOf: repeatElement(0, count: count - self.count))
        }
    }
}
