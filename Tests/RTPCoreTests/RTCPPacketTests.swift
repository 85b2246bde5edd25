import RTPCore
import Testing

struct RTCPPacketTests {
    static let compound: [RTCPPacket] = [
        .senderReport(
            source: 0xDEAD_BEEF,
            SenderInformation(time: 0x0102_0304_0506_0708, timestamp: 9, packetCount: 10, octetCount: .max),
            [
                ReportBlock(
                    source: 1,
                    fractionLost: 255,
                    cumulativeLost: -2,
                    highestSequence: 0x1_FFFF,
                    jitter: 3,
                    lastSenderReport: 4,
                    delaySinceLastSenderReport: 5
                ),
                ReportBlock(source: 2, cumulativeLost: 0x7F_FFFF),
            ]
        ),
        .receiverReport(source: 7, []),
        .sourceDescription(source: 0xDEAD_BEEF, canonicalName: "someone"),
        .goodbye(sources: [0xDEAD_BEEF, 2], reason: "over"),
        .goodbye(sources: [], reason: nil),
    ]

    @Test func aCompoundSurvivesTheRoundTrip() {
        var bytes: [UInt8] = []
        for packet in RTCPPacketTests.compound { packet.append(to: &bytes) }
        #expect(bytes.count % 4 == 0)
        #expect(RTCPPacket.parse(bytes) == RTCPPacketTests.compound)
    }

    @Test(arguments: 0...9)
    func everyLengthOfNameIsAligned(length: Int) {
        let packet = RTCPPacket.sourceDescription(source: 1, canonicalName: String(repeating: "x", count: length))
        var bytes: [UInt8] = []
        packet.append(to: &bytes)
        #expect(bytes.count % 4 == 0)
        #expect(RTCPPacket.parse(bytes) == [packet])
    }

    @Test func lossBeyond24BitsIsClamped() throws {
        var bytes: [UInt8] = []
        RTCPPacket.receiverReport(source: 1, [ReportBlock(source: 2, cumulativeLost: .max)]).append(to: &bytes)
        #expect(
            RTCPPacket.parse(bytes)
                == [.receiverReport(source: 1, [ReportBlock(source: 2, cumulativeLost: 0x7F_FFFF)])]
        )
    }

    @Test func unknownTypesAreSteppedOver() {
        var bytes: [UInt8] = [0x81, 206, 0, 1, 1, 2, 3, 4]
        RTCPPacket.goodbye(sources: [5], reason: nil).append(to: &bytes)
        #expect(RTCPPacket.parse(bytes) == [.other(type: 206), .goodbye(sources: [5], reason: nil)])
    }

    @Test func onlyTheLastPacketMayBePadded() {
        let padded: [UInt8] = [0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4]
        #expect(RTCPPacket.parse(padded) == [.receiverReport(source: 1, [])])
        #expect(RTCPPacket.parse((padded + [0x80, 201, 0, 1, 0, 0, 0, 1])) == nil)
        #expect(RTCPPacket.parse([0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0]) == nil)
        #expect(RTCPPacket.parse([0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 12]) == nil)
    }

    @Test(
        arguments: [
            [],
            [0x80, 200, 0],
            [0x80, 200, 0, 1, 0, 0, 0, 0],  // a sender report without its numbers
            [0x9F, 201, 0, 1, 0, 0, 0, 0],  // 31 blocks announced
            [0x80, 201, 0xFF, 0xFF, 0, 0, 0, 0],  // longer than the datagram
            [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 0x41, 0],  // a name longer than the packet
            [0x81, 202, 0, 1, 0, 0, 0, 1],  // a list of items without end
            [0x82, 203, 0, 1, 0, 0, 0, 1],  // two sources announced
            [0x81, 203, 0, 2, 0, 0, 0, 1, 255, 0x41, 0x41, 0x41],  // a reason longer than the packet
            [0x40, 201, 0, 1, 0, 0, 0, 1],  // version 1
        ] as [[UInt8]]
    )
    func refusesBrokenCompounds(bytes: [UInt8]) {
        #expect(RTCPPacket.parse(bytes) == nil)
    }
}
