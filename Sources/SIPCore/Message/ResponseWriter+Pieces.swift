import CoreTypes

extension ResponseWriter {
    @inline(__always)
    mutating func put(
        _ bytes: Span<UInt8>,
        _ range: ByteRange,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        guard bytes.copy(range, to: &buffer, at: self.count) else { throw .bufferTooSmall }
        self.count &+= Int(range.length)
    }

    @inline(__always)
    mutating func put(_ text: StaticString, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard text.copy(to: &buffer, at: self.count) else { throw .bufferTooSmall }
        self.count &+= text.utf8CodeUnitCount
    }

    mutating func putText(_ text: String, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        let bytes = text.utf8.span
        guard bytes.count <= 65_535 else { throw .bufferTooSmall }
        try self.put(bytes, ByteRange(0, bytes.count), &buffer)
    }

    @inline(__always)
    mutating func putLineEnd(_ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard self.count &+ 2 <= buffer.count else { throw .bufferTooSmall }
        buffer[self.count] = 0x0D
        buffer[self.count &+ 1] = 0x0A
        self.count &+= 2
    }

    @inline(__always)
    mutating func put(_ byte: UInt8, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard self.count < buffer.count else { throw .bufferTooSmall }
        buffer[self.count] = byte
        self.count &+= 1
    }

    /// A number in decimal.
    @inline(__always)
    mutating func put(_ number: UInt16, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        let digits = number < 100 ? (number < 10 ? 1 : 2) : number < 1_000 ? 3 : number < 10_000 ? 4 : 5
        guard self.count &+ digits <= buffer.count else { throw .bufferTooSmall }
        self.count &+= digits
        var (place, rest) = (self.count, UInt32(number))
        repeat {
            place &-= 1
            buffer[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        } while rest > 0
    }

    /// An address without brackets, IPv6 in the form of RFC 5952.
    mutating func put(_ address: IPAddress, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        switch address {
        case .v4(let value):
            var shift: UInt32 = 24
            while true {
                try self.put(UInt16(truncatingIfNeeded: value &>> shift & 255), &buffer)
                guard shift > 0 else { return }
                try self.put(UInt8(ascii: "."), &buffer)
                shift &-= 8
            }
        case .v6(let upper, let lower):
            func group(_ index: Int) -> UInt16 {
                UInt16(truncatingIfNeeded: (index < 4 ? upper : lower) &>> UInt64((3 &- index & 3) &* 16))
            }
            // The first of the longest runs of two zeros and more.
            var (best, bestLength, run) = (8, 1, 0)
            for index in 0..<8 {
                run = group(index) == 0 ? run &+ 1 : 0
                if run > bestLength { (best, bestLength) = (index &+ 1 &- run, run) }
            }
            var index = 0
            while index < 8 {
                if index == best {
                    try self.put("::", &buffer)
                    index &+= bestLength
                    continue
                }
                if index > 0, index != best &+ bestLength { try self.put(UInt8(ascii: ":"), &buffer) }
                try self.putHexadecimal(group(index), &buffer)
                index &+= 1
            }
        }
    }

    mutating func putHexadecimal(_ value: UInt16, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        var isLeading = true
        for shift in stride(from: UInt16(12), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            if isLeading, digit == 0, shift > 0 { continue }
            isLeading = false
            try self.put(digit < 10 ? digit &+ 0x30 : digit &+ 0x57, &buffer)
        }
    }
}

// MARK: - Lines that stand together

/// Lines of a request that are to be copied, and stand behind each other there.
struct LineRun {
    var start = 0
    /// Where the last of them ends, without its line end.
    var end = 0
    /// Whether a CRLF stands behind that: other line ends are not repeated.
    var endsInCRLF = false

    /// No lines.
    init() {}

    @inline(__always)
    init(_ bytes: Span<UInt8>, _ line: ByteRange) {
        (self.start, self.end) = (line.start, line.end)
        self.endsInCRLF =
            self.end &+ 1 < bytes.count && bytes[self.end] == 0x0D && bytes[self.end &+ 1] == 0x0A
    }
}

extension ResponseWriter {
    /// Adds a line to the run, which is copied before when the line does not stand behind it.
    @inline(__always)
    mutating func put(
        _ bytes: Span<UInt8>,
        _ line: ByteRange,
        _ run: inout LineRun,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        var next = LineRun(bytes, line)
        if run.endsInCRLF, run.end &+ 2 == next.start {
            next.start = run.start
        } else {
            try self.put(bytes, run, &buffer)
        }
        run = next
    }

    /// Copies the lines of a run.
    mutating func put(
        _ bytes: Span<UInt8>,
        _ run: LineRun,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        guard run.end > 0 else { return }
        try self.put(bytes, ByteRange(run.start, run.end), &buffer)
        try self.putLineEnd(&buffer)
    }
}

extension Span where Element == UInt8 {
    /// Whether an IPv4 address stands in `range` and is `address`. Of IPv6, which has many spellings, it is never said.
    func isAddress(_ address: IPAddress, _ range: ByteRange) -> Bool {
        guard case .v4(let expected) = address, range.end <= self.count else { return false }
        var (value, octet, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for position in range.range {
            let byte = self[position]
            if byte == UInt8(ascii: "."), digits > 0, dots < 3 {
                (value, octet, digits, dots) = (value << 8 | octet, 0, 0, dots + 1)
            } else if byte >= 0x30, byte <= 0x39, digits < 3 {
                (octet, digits) = (octet * 10 + UInt32(byte - 0x30), digits + 1)
                guard octet <= 255 else { return false }
            } else {
                return false
            }
        }
        return dots == 3 && digits > 0 && value << 8 | octet == expected
    }

    /// Whether a value with these bytes would end its line or hold a NUL.
    var endsLine: Bool {
        var position = self.findControl(0)
        while position < self.count {
            switch self[position] {
            case 0x00, 0x0A, 0x0D: return true
            default: position = self.findControl(position &+ 1)
            }
        }
        return false
    }
}
