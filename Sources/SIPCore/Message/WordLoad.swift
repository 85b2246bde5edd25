#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// Every unsafe line of the message layer is in this file. Eight bytes are looked at in one word, which a span cannot
// give without an unchecked load, and whole pieces are copied at once, which neither `Array` nor `MutableSpan` does.

extension Span where Element == UInt8 {
    /// The eight bytes from `position`, the first in the lowest place; `nil` when fewer are left.
    @inline(__always)
    func word(at position: Int) -> UInt64? {
        guard position >= 0, position <= self.count &- 8 else { return nil }
        // Sound: the guard holds all eight bytes inside the span, and an integer may have any bits.
        return unsafe self.uncheckedWord(position)
    }

    /// The first position from `start` on, before `end`, whose byte is not of the class; `end` when all are.
    @inline(__always)
    func skip(_ set: CharacterClass, _ start: Int, _ end: Int) -> Int {
        guard start >= 0, end <= self.count else { return start }
        var position = start
        // Sound: the guard and the loops' conditions hold each position inside the span.
        let last = end &- 3
        while position < last {
            guard set.contains(unsafe self[unchecked: position]) else { return position }
            guard set.contains(unsafe self[unchecked: position &+ 1]) else { return position &+ 1 }
            guard set.contains(unsafe self[unchecked: position &+ 2]) else { return position &+ 2 }
            guard set.contains(unsafe self[unchecked: position &+ 3]) else { return position &+ 3 }
            position &+= 4
        }
        while position < end, set.contains(unsafe self[unchecked: position]) { position &+= 1 }
        return position
    }

    /// The first position from `start` on of a byte below 16, among which are the line ends; the count when there is
    /// none.
    @inline(__always)
    func findControl(_ start: Int) -> Int {
        guard start >= 0 else { return self.count }
        var position = start
        while position <= self.count &- 16 {
            // Sound: the loop's condition holds all sixteen bytes inside the span.
            let (first, second) = unsafe (self.uncheckedWord(position), self.uncheckedWord(position &+ 8))
            let (firstHits, secondHits) = (Word.controls(first), Word.controls(second))
            if (firstHits | secondHits) & Word.highBits != 0 {
                let hits = firstHits & Word.highBits
                return hits != 0
                    ? position &+ Word.bytes(below: hits)
                    : position &+ 8 &+ Word.bytes(below: secondHits & Word.highBits)
            }
            position &+= 16
        }
        while let word = self.word(at: position) {
            let hits = Word.controls(word) & Word.highBits
            if hits != 0 { return position &+ Word.bytes(below: hits) }
            position &+= 8
        }
        while position < self.count, self[position] >= 16 { position &+= 1 }
        return Swift.min(position, self.count)
    }

    /// The eight bytes from `position`, which the caller has compared with the count.
    @unsafe
    @inline(__always)
    private func uncheckedWord(_ position: Int) -> UInt64 {
        unsafe UInt64(
            littleEndian: self.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
        )
    }

    /// Copies `range` into `target` from `position` on; `false`, with nothing written, when either is too short.
    @inline(__always)
    func copy(_ range: ByteRange, to target: inout MutableSpan<UInt8>, at position: Int) -> Bool {
        let start = Int(range.offset)
        let length = Int(range.length)
        guard start &+ length <= self.count, position >= 0, position <= target.count &- length else { return false }
        guard length > 0 else { return true }
        unsafe self.withUnsafeBufferPointer { source in
            unsafe target.withUnsafeMutableBufferPointer { destination in
                guard let from = source.baseAddress, let to = destination.baseAddress else { return }
                // Sound: the guards hold both ranges inside their spans, which cannot overlap while one is `inout`.
                unsafe memcpy(to + position, from + start, length)
            }
        }
        return true
    }
}

extension Array where Element == UInt8 {
    /// One array with the first `length` bytes of a message and its index behind them.
    init(_ bytes: Span<UInt8>, _ length: Int, index: borrowing HeaderIndex) {
        let length = Swift.min(length, bytes.count)
        let first = index.first.span.extracting(first: Swift.min(index.count, 64))
        let others = index.others.span
        let total = length + (first.count + others.count) * HeaderEntry.size
        unsafe self.init(unsafeUninitializedCapacity: total) { (buffer, count) in
            guard let target = buffer.baseAddress else { return }
            // Sound: each source has at least as many bytes as are copied of it, and the buffer has the sum of them.
            unsafe bytes.withUnsafeBufferPointer { source in
                if let from = source.baseAddress { unsafe memcpy(target, from, length) }
            }
            unsafe first.withUnsafeBytes { source in
                if let from = source.baseAddress { unsafe memcpy(target + length, from, source.count) }
            }
            unsafe others.withUnsafeBytes { source in
                guard let from = source.baseAddress else { return }
                unsafe memcpy(target + length + first.count * HeaderEntry.size, from, source.count)
            }
            // Sound: all of them were written above.
            count = total
        }
    }
}

extension StaticString {
    /// Copies the text into `target` from `position` on; `false`, with nothing written, when that is too short.
    @inline(__always)
    func copy(to target: inout MutableSpan<UInt8>, at position: Int) -> Bool {
        let length = self.utf8CodeUnitCount
        guard self.hasPointerRepresentation, position >= 0, position <= target.count &- length else { return false }
        unsafe target.withUnsafeMutableBufferPointer { destination in
            guard let to = destination.baseAddress else { return }
            // Sound: the guard holds the range inside the span; the text has as many bytes as it says.
            unsafe memcpy(to + position, self.utf8Start, length)
        }
        return true
    }

    /// Calls `body` with the text's bytes.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        self.withUTF8Buffer { (buffer) -> Result in
            // Sound: the text of a static string lives as long as the program.
            unsafe body(Span(_unsafeElements: buffer))
        }
    }
}

// MARK: - Words of eight bytes

/// Tests of eight bytes at once.
enum Word {
    /// The high bit of each byte.
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The bit of each byte that makes a capital a small letter.
    static let smallLetters: UInt64 = 0x2020_2020_2020_2020

    /// In its high bits, whether each byte is below 16 (line ends, tabs and other controls): at and below the first
    /// hit exact.
    @inline(__always)
    static func controls(_ word: UInt64) -> UInt64 {
        (word &- 0x1010_1010_1010_1010) & ~word
    }

    /// The high bit of every byte that is `byte`: at and below the first hit exact.
    @inline(__always)
    static func hits(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let zeros = word ^ (UInt64(byte) &* 0x0101_0101_0101_0101)
        return (zeros &- 0x0101_0101_0101_0101) & ~zeros & 0x8080_8080_8080_8080
    }

    /// The number of bytes below the first hit.
    @inline(__always)
    static func bytes(below hits: UInt64) -> Int {
        hits.trailingZeroBitCount &>> 3
    }

    /// The bytes below the first hit; those from it on 0.
    @inline(__always)
    static func below(_ word: UInt64, _ hits: UInt64) -> UInt64 {
        word & ((hits ^ (hits &- 1)) &>> 8)
    }

    /// The word with ASCII capitals as small letters, exactly.
    @inline(__always)
    static func lowercased(_ word: UInt64) -> UInt64 {
        let sevenBits = word & 0x7F7F_7F7F_7F7F_7F7F
        let fromA = sevenBits &+ 0x3F3F_3F3F_3F3F_3F3F
        let aboveZ = sevenBits &+ 0x2525_2525_2525_2525
        let capitals = (fromA ^ aboveZ) & ~word & 0x8080_8080_8080_8080
        return word | (capitals &>> 2)
    }

    /// The first `count` bytes, 1 to 8, of a word; the others 0.
    @inline(__always)
    static func prefix(_ word: UInt64, _ count: Int) -> UInt64 {
        word & (UInt64.max &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8))
    }
}

extension Span where Element == UInt8 {
    /// Up to eight bytes from `position` as a word, the missing ones 0: what names are compared by.
    @inline(__always)
    func key(_ position: Int, _ count: Int) -> UInt64 {
        guard count > 0, count <= 8 else { return 0 }
        if let word = self.word(at: position) { return Word.prefix(word, count) }
        return self.shortKey(position, count)
    }

    /// As `key`, where the span ends before eight bytes.
    @inline(never)
    private func shortKey(_ position: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count where position + index < self.count {
            word |= UInt64(self[position + index]) << UInt64(index * 8)
        }
        return word
    }

    /// The first position from `start` on, before `end`, where `byte` is; `end` when it is nowhere.
    @inline(__always)
    func find(_ byte: UInt8, _ start: Int, _ end: Int) -> Int {
        var position = start
        while let word = self.word(at: position), position < end {
            let hits = Word.hits(word, byte)
            if hits != 0 { return Swift.min(position &+ Word.bytes(below: hits), end) }
            position &+= 8
        }
        while position < end, self[position] != byte { position &+= 1 }
        return Swift.min(position, end)
    }
}
