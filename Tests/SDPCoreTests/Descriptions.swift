import CoreTypes
import SDPCore

/// Descriptions as real peers write them, and short ways to make and read more.
enum Descriptions {
    /// An offer in the manner of a 3CX with encryption on the trunk: two audio lines, the encrypted one first.
    static let encryptedAndPlain = """
        v=0
        o=3cxPS 10522669868122112 10522669868122113 IN IP4 192.0.2.10
        s=3cxPS Audio call
        c=IN IP4 192.0.2.10
        t=0 0
        m=audio 9002 RTP/SAVP 0 8 101
        a=rtpmap:0 PCMU/8000
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz
        m=audio 9004 RTP/AVP 0 8 3 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:3 GSM/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=sendrecv

        """

    static let pcmu = AudioCapability(encodingName: "PCMU", clockRate: 8_000, payloadType: 0)
    static let pcma = AudioCapability(encodingName: "PCMA", clockRate: 8_000, payloadType: 8)
    static let opus = AudioCapability(
        encodingName: "opus",
        clockRate: 48_000,
        channels: 2,
        payloadType: 111,
        formatParameters: "useinbandfec=1"
    )

    static func agent(
        _ capabilities: [AudioCapability] = [opus, pcmu, pcma],
        direction: MediaDirection = .sendReceive,
        offersControlMultiplexing: Bool = false
    ) -> OfferAnswer {
        OfferAnswer(
            sessionID: 0xFFFF_0000_0000_1234,
            address: .v4(0xC000_0201),
            port: 40_000,
            capabilities: capabilities,
            direction: direction,
            offersControlMultiplexing: offersControlMultiplexing
        )
    }

    /// Reads a text whose lines end in LF.
    static func parse(_ text: String) throws -> SessionDescription {
        try SessionDescription(Array(text.utf8))
    }

    /// A peer's description whose last lines are these.
    static func peer(_ lines: String, connection: String = "IN IP4 192.0.2.7") throws -> SessionDescription {
        try self.parse("v=0\no=- 7 7 IN IP4 192.0.2.7\ns=-\nc=\(connection)\nt=0 0\n" + lines)
    }
}
