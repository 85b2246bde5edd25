public import CoreTypes

/// The numbers of a stream that is sent (RFC 3550 section 5.1): all of them begin at random.
public struct RTPSender: Sendable {
    /// The SSRC.
    public private(set) var source: UInt32
    /// The sequence number of the next packet.
    public private(set) var sequence: Wrapping<UInt16>
    /// The timestamp of the next packet.
    public private(set) var timestamp: Wrapping<UInt32>
    /// Packets sent.
    public private(set) var packets: UInt64 = 0
    /// Bytes of payload sent.
    public private(set) var octets: UInt64 = 0
    private var marks = true

    /// Makes a sender with random numbers.
    public init(random: inout SeededRandom) {
        let bits = random.next()
        self.source = UInt32(truncatingIfNeeded: bits)
        self.timestamp = Wrapping(UInt32(truncatingIfNeeded: bits >> 32))
        // SRTP later needs a first number in the lower half (RFC 3711 section 3.3.1).
        self.sequence = Wrapping(UInt16(truncatingIfNeeded: random.next()) & 0x7FFF)
    }

    /// Replaces `datagram` by the header of the next packet; the payload is to be appended, then `finish` called.
    ///
    /// `timestamp` is that of the packet when it is not the stream's next one: an event keeps that of its beginning.
    mutating func begin(
        _ datagram: inout [UInt8],
        payloadType: UInt8,
        marker: Bool? = nil,
        timestamp: Wrapping<UInt32>? = nil
    ) {
        datagram.removeAll(keepingCapacity: true)
        datagram.append(0x80)
        datagram.append((marker ?? self.marks ? 0x80 : 0) | payloadType & 0x7F)
        datagram.append(number16: self.sequence.value)
        datagram.append(number32: (timestamp ?? self.timestamp).value)
        datagram.append(number32: self.source)
    }

    /// Sets the numbers of the next packet, which belongs to a stream that others made.
    mutating func take(sequence: Wrapping<UInt16>, timestamp: Wrapping<UInt32>) {
        self.sequence = sequence
        self.timestamp = timestamp
    }

    /// Counts the packet that was begun.
    mutating func finish(_ datagram: borrowing [UInt8]) {
        self.sequence = self.sequence.advanced(by: 1)
        self.packets += 1
        self.octets += UInt64(max(datagram.count - RTPPacket.minimumHeaderLength, 0))
        self.marks = false
    }

    /// Lets media time pass: each packet time moves the timestamp on, whether or not something was sent.
    mutating func advance(ticks: Int) {
        self.timestamp = self.timestamp.advanced(by: ticks)
    }

    /// Gives the next packet the marker, as the first one after a silence has to have it (RFC 3551 section 4.1).
    mutating func markNext() {
        self.marks = true
    }

    /// Takes another SSRC after a collision (RFC 3550 section 8.2).
    mutating func changeSource(random: inout SeededRandom) {
        self.source = UInt32(truncatingIfNeeded: random.next())
        self.packets = 0
        self.octets = 0
        self.marks = true
    }
}
