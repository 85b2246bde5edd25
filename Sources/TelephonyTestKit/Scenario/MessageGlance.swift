/// What the rules of the wire need of a message, read in one pass without making a `String`.
///
/// Only for messages of our own making: names are written in full, and the Via names its branch.
struct MessageGlance: Sendable {
    /// The methods that the rules tell apart.
    enum Method: UInt8, Sendable {
        case invite, ack, cancel, other
    }

    /// The status of a response; 0 in a request.
    var status = 0
    /// The method of CSeq.
    var method = Method.other
    /// Numbers that stand for the branch of the top Via, the Call-ID and the To tag; equal texts have equal ones.
    var branch: UInt64 = 0
    var callID: UInt64 = 0
    var toTag: UInt64 = 0
    /// Where the branch is.
    var branchRange = 0..<0

    var isRequest: Bool { self.status == 0 }

    init(_ bytes: [UInt8]) {
        var glance = Self(empty: ())
        bytes.withUnsafeBufferPointer { glance.read($0) }
        self = glance
    }

    private init(empty: Void) {}

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
        // "SIP/2.0 200 OK"
        if bytes.count > 12, bytes[0] == 0x53, bytes[1] == 0x49, bytes[3] == 0x2F {
            for index in 8..<11 { self.status = self.status * 10 + Int(bytes[index]) - 0x30 }
        }
        var start = 0
        var hasVia = false
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0D { end += 1 }
            guard end > start else { return }
            switch bytes[start] {
            case 0x56 where !hasVia && bytes[start + 1] == 0x69:  // Via
                hasVia = true
                self.branchRange = Self.parameter(bytes, start..<end, 0x62, 0x72)
                self.branch = Self.number(bytes, self.branchRange)
            case 0x54 where bytes[start + 1] == 0x6F && bytes[start + 2] == 0x3A:  // To
                self.toTag = Self.number(bytes, Self.parameter(bytes, start..<end, 0x74, 0x61))
            case 0x43 where bytes[start + 1] == 0x61:  // Call-ID
                self.callID = Self.number(bytes, (start + 9)..<end)
            case 0x43 where bytes[start + 1] == 0x53:  // CSeq
                var last = end
                while bytes[last - 1] != 0x20 { last -= 1 }
                self.method = Self.method(bytes, last)
            default: break
            }
            start = end + 2
        }
    }

    /// The value of the parameter whose name starts with those letters.
    private static func parameter(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ line: Range<Int>,
        _ first: UInt8,
        _ second: UInt8
    ) -> Range<Int> {
        var index = line.lowerBound
        while index + 2 < line.upperBound {
            if bytes[index] == 0x3B, bytes[index + 1] == first, bytes[index + 2] == second {
                while index < line.upperBound, bytes[index] != 0x3D { index += 1 }
                let start = min(index + 1, line.upperBound)
                index = start
                while index < line.upperBound, bytes[index] != 0x3B { index += 1 }
                return start..<index
            }
            index += 1
        }
        return 0..<0
    }

    private static func method(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Method {
        switch (bytes[start], bytes[start + 1]) {
        case (0x49, 0x4E) where bytes[start + 2] == 0x56: .invite
        case (0x41, 0x43): .ack
        case (0x43, 0x41): .cancel
        default: .other
        }
    }

    /// FNV-1a; 0 for nothing.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt64 {
        guard !range.isEmpty else { return 0 }
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        var index = range.lowerBound
        while index < range.upperBound {
            value = (value ^ UInt64(bytes[index])) &* 0x100_0000_01B3
            index += 1
        }
        return value
    }
}
