import CoreTypes
import RTPCore
import Testing

struct RTPPacketTests {
    static let plain: [UInt8] = [0x80, 0x80, 0xFF, 0xFE, 1, 2, 3, 4, 5, 6, 7, 8, 0xAA, 0xBB]

    @Test func readsAHeader() throws {
        let packet = try #require(RTPPacket(RTPPacketTests.plain))
        #expect(packet.marker)
        #expect(packet.payloadType == 0)
        #expect(packet.sequenceNumber.value == 0xFFFE)
        #expect(packet.timestamp.value == 0x0102_0304)
        #expect(packet.source == 0x0506_0708)
        #expect(packet.contributingSourceCount == 0)
        #expect(packet.extensionProfile == nil)
        #expect(packet.payload == 12..<14)
    }

    @Test func readsContributingSourcesExtensionAndPadding() throws {
        var bytes: [UInt8] = [0xB2, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 0]
        bytes += [0, 0, 0, 7, 0, 0, 0, 9]
        bytes += [0xBE, 0xDE, 0, 1, 0x10, 0x55, 0, 0]
        bytes += [1, 2, 3, 0, 0, 3]
        let packet = try #require(RTPPacket(bytes))
        #expect(packet.source == 0)
        #expect(packet.contributingSource(at: 0, in: bytes.span) == 7)
        #expect(packet.contributingSource(at: 1, in: bytes.span) == 9)
        #expect(packet.contributingSource(at: 2, in: bytes.span) == nil)
        #expect(packet.contributingSource(at: -1, in: bytes.span) == nil)
        #expect(packet.extensionProfile == 0xBEDE)
        #expect(packet.extensionBytes == 24..<28)
        #expect(packet.payload == 28..<31)
    }

    @Test(
        arguments: [
            [0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],  // version 1
            [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],  // too short
            [0x8F, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],  // 15 sources announced
            [0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],  // no room for the extension's header
            [0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],  // extension longer than the packet
            [0xA0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0],  // padding of nothing
            [0xA0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 3],  // more padding than payload
            [0xA0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],  // padding and no payload
        ] as [[UInt8]]
    )
    func refusesBrokenPackets(bytes: [UInt8]) {
        #expect(RTPPacket(bytes) == nil)
    }

    @Test func aPacketOfPaddingOnlyHasAnEmptyPayload() throws {
        let bytes: [UInt8] = [0xA0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        let packet = try #require(RTPPacket(bytes))
        #expect(packet.payload.isEmpty)
    }

    @Test func tellsDatagramsApart() {
        #expect(MediaDatagramKind([0x80, 0x00]) == .rtp)
        #expect(MediaDatagramKind([0x80, 0x80 | 96]) == .rtp)
        #expect(MediaDatagramKind([0x80, 200]) == .rtcp)
        #expect(MediaDatagramKind([0x81, 207]) == .rtcp)
        #expect(MediaDatagramKind([0x00, 0x01]) == .stun)
        #expect(MediaDatagramKind([22, 254]) == .dtls)
        #expect(MediaDatagramKind([0x47, 0x45]) == .unknown)
        #expect(MediaDatagramKind([0x80]) == .unknown)
    }
}
