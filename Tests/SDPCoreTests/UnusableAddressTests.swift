import CoreTypes
import SDPCore
import Testing

/// A description without an address that could be sent to, which is no hold.
struct UnusableAddressTests {
    static let connections: [String?] = [
        "IN IP4 localhost", "IN IP4 media.example.com", "IN IP6 media.example.com", "IN IP7 192.0.2.7",
        "ATM NSAP 47.0091", "IN IP4 127.0.0.1", "IN IP4 224.2.1.1/127", "IN IP4 255.255.255.255", "IN IP4 0.0.0.7",
        "IN IP6 ff02::1", "IN IP4 192.0.2", "IN IP4 256.0.0.1", "IN IP4 -", nil,
    ]

    private func description(_ connection: String?, _ lines: String = "") throws -> SessionDescription {
        let text = connection.map { "c=\($0)\n" } ?? ""
        return try Descriptions.parse("v=0\no=- 1 1 IN IP4 h\ns=-\n\(text)t=0 0\nm=audio 4000 RTP/AVP 0\n\(lines)")
    }

    @Test(arguments: connections)
    func theAddressIsLeftToTheSourceOfThePackets(connection: String?) throws {
        var callee = Descriptions.agent()
        let answered = try callee.receiveOffer(try self.description(connection))
        var caller = Descriptions.agent()
        _ = caller.makeOffer()
        let taken = try caller.receiveAnswer(try self.description(connection))
        for audio in [answered.audio, taken.audio] {
            #expect(audio.isRemoteUnknown)
            #expect(audio.remoteAddress == nil)
            #expect(audio.direction == .sendReceive)
        }
    }

    /// Nothing will come from there, so nobody will ever know where to send.
    @Test(arguments: connections)
    func whoOnlyListensMustSayWhere(connection: String?) throws {
        var agent = Descriptions.agent()
        let offer = try self.description(connection, "a=recvonly\n")
        #expect(throws: SDPError.unusableAddress) { try agent.receiveOffer(offer) }
        #expect(SDPError.unusableAddress.suggestedStatus == 488)
        #expect(agent.audio == nil)
    }

    @Test(arguments: ["", "a=sendonly\n", "a=inactive\n"])
    func theHoldOfOldIsNone(lines: String) throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(try self.description("IN IP4 0.0.0.0", lines))
        #expect(!result.audio.isRemoteUnknown)
        #expect(result.audio.remoteAddress == nil)
        #expect(!result.audio.direction.sends)
    }

    @Test func theLoopbackIsAnAddressToWhoIsOnIt() throws {
        var agent = OfferAnswer(
            sessionID: 1,
            address: .v4(0x7F00_0001),
            port: 40_000,
            capabilities: [Descriptions.pcmu]
        )
        let result = try agent.receiveOffer(try self.description("IN IP4 127.0.0.9"))
        #expect(result.audio.remoteAddress == TransportAddress(host: .v4(0x7F00_0009), port: 4_000))
    }
}
