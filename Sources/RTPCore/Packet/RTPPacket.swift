public import CoreTypes

/// Where the parts of a received RTP packet are (RFC 3550 section 5.1); the bytes stay with the datagram.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |                         CSRC (0 to 15)                        |
/// ```
public struct RTPPacket: Sendable, Equatable {
    /// The marker bit: for audio, the first packet after a silence.
    public let marker: Bool
    /// The payload type, 0 to 127.
    public let payloadType: UInt8
    /// The sequence number.
    public let sequenceNumber: Wrapping<UInt16>
    /// The sampling instant of the first sample, in ticks of the codec's clock.
    public let timestamp: Wrapping<UInt32>
    /// The synchronization source; every value is valid, 0 too.
    public let source: UInt32
    /// How many contributing sources the packet lists.
    public let contributingSourceCount: Int
    /// The profile number of the header extension, if there is one.
    public let extensionProfile: UInt16?
    /// The contents of the header extension within the datagram; empty when there is none.
    public let extensionBytes: Range<Int>
    /// The payload within the datagram, without padding.
    public let payload: Range<Int>

    /// The length of a header without contributing sources and extension.
    public static let minimumHeaderLength = 12

    /// Reads a datagram; `nil` when it is no valid RTP packet (RFC 3550 appendix A.1), whatever it holds.
    ///
    /// Lengths are checked before use, and padding of zero bytes or more than the payload makes a packet invalid.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= RTPPacket.minimumHeaderLength, bytes[0] >> 6 == 2 else { return nil }
        let contributing = Int(bytes[0] & 0x0F)
        var start = RTPPacket.minimumHeaderLength + contributing * 4
        guard start <= bytes.count else { return nil }
        var profile: UInt16?
        var extensionBytes = start..<start
        if bytes[0] & 0x10 != 0 {
            guard start + 4 <= bytes.count else { return nil }
            profile = bytes.number16(at: start)
            let length = Int(bytes.number16(at: start + 2)) * 4
            guard start + 4 + length <= bytes.count else { return nil }
            extensionBytes = (start + 4)..<(start + 4 + length)
            start = extensionBytes.upperBound
        }
        var end = bytes.count
        if bytes[0] & 0x20 != 0 {
            let padding = Int(bytes[end - 1])
            guard padding > 0, padding <= end - start else { return nil }
            end -= padding
        }
        self.marker = bytes[1] & 0x80 != 0
        self.payloadType = bytes[1] & 0x7F
        self.sequenceNumber = Wrapping(bytes.number16(at: 2))
        self.timestamp = Wrapping(bytes.number32(at: 4))
        self.source = bytes.number32(at: 8)
        self.contributingSourceCount = contributing
        self.extensionProfile = profile
        self.extensionBytes = extensionBytes
        self.payload = start..<end
    }

    /// The contributing source at `index` in the list of the packet that this was read from.
    public func contributingSource(at index: Int, in bytes: Span<UInt8>) -> UInt32? {
        let offset = RTPPacket.minimumHeaderLength + index * 4
        guard index >= 0, index < self.contributingSourceCount, offset + 4 <= bytes.count else { return nil }
        return bytes.number32(at: offset)
    }
}

/// What a datagram on a media port is by its first two bytes (RFC 7983, RFC 5761 section 4).
public enum MediaDatagramKind: Sendable, Hashable {
    /// RTP.
    case rtp
    /// RTCP on the port of RTP.
    case rtcp
    /// STUN.
    case stun
    /// DTLS.
    case dtls
    /// Nothing that belongs here.
    case unknown

    /// Classifies a datagram; does not say that it is valid.
    public init(_ bytes: Span<UInt8>) {
        guard bytes.count >= 2 else {
            self = .unknown
            return
        }
        switch bytes[0] {
        case 0...3: self = .stun
        case 20...63: self = .dtls
        case 128...191: self = (192...223).contains(bytes[1]) ? .rtcp : .rtp
        default: self = .unknown
        }
    }
}
