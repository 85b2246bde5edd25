import CoreTypes
import SDPCore
import Testing

/// What we answer to an offer.
struct AnswerTests {
    @Test func oneCodecTheFirstOfTheOffer() throws {
        var agent = Descriptions.agent()
        let offer = try Descriptions.peer("m=audio 4000 RTP/AVP 9 8 0 101\na=rtpmap:101 telephone-event/8000\n")
        let result = try agent.receiveOffer(offer)
        #expect(result.audio.codecName == "PCMA")
        #expect(result.audio.sendPayloadType == 8)
        #expect(result.audio.receivePayloadTypes == [8])
        #expect(result.audio.remoteAddress == TransportAddress("192.0.2.7:4000"))
        #expect(result.audio.remoteControlAddress == TransportAddress("192.0.2.7:4001"))
        #expect(result.audio.telephoneEventSend == 101)
        #expect(result.audio.direction == .sendReceive)
        #expect(
            result.answer.description
                == """
                v=0
                o=- 9223090561878069812 1 IN IP4 192.0.2.1
                s=-
                c=IN IP4 192.0.2.1
                t=0 0
                m=audio 40000 RTP/AVP 8 101
                a=rtpmap:8 PCMA/8000
                a=rtpmap:101 telephone-event/8000
                a=fmtp:101 0-15
                a=ptime:20
                a=sendrecv

                """.replacing("\n", with: "\r\n")
        )
    }

    @Test func linesKeepTheirCountAndOrderAndAllButOneAreRefused() throws {
        var agent = Descriptions.agent()
        let text = Descriptions.encryptedAndPlain + "m=video 9006 RTP/AVP 99\nm=image 9008 udptl t38\n"
        let result = try agent.receiveOffer(try Descriptions.parse(text))
        #expect(result.answer.media.map(\.port) == [0, 40_000, 0, 0])
        #expect(result.answer.media.map(\.kind) == ["audio", "audio", "video", "image"])
        #expect(result.answer.media.map(\.profile) == ["RTP/SAVP", "RTP/AVP", "RTP/AVP", "udptl"])
        #expect(result.answer.media[3].formats == ["t38"])
        #expect(result.audio.remoteAddress?.port == 9_004)
        // Our own offer later has the same lines.
        let offer = agent.makeOffer()
        #expect(offer.media.map(\.port) == [0, 40_000, 0, 0])
        #expect(offer.media.map(\.kind) == result.answer.media.map(\.kind))
    }

    @Test func aLineThatIsAlreadyRefusedStaysSo() throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(try Descriptions.peer("m=audio 0 RTP/AVP\nm=audio 4000 RTP/AVP 0\n"))
        #expect(result.answer.media.map(\.port) == [0, 40_000])
        #expect(result.answer.media[0].formats == ["0"])
    }

    @Test(arguments: [
        ("sendrecv", MediaDirection.sendReceive), ("sendonly", .receiveOnly), ("recvonly", .sendOnly),
        ("inactive", .inactive), ("rtpmap:0 PCMU/8000", .sendReceive),
    ])
    func directionsAreMirrored(offered: String, ours: MediaDirection) throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=\(offered)"))
        #expect(result.audio.direction == ours)
        #expect(result.answer.direction(of: result.answer.media[0]) == ours)
    }

    @Test func theOldHoldByAddressZeroIsNeverSentTo() throws {
        for zero in ["IN IP4 0.0.0.0", "IN IP6 ::"] {
            var agent = Descriptions.agent()
            let result = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n", connection: zero))
            #expect(result.audio.remoteAddress == nil)
            #expect(result.audio.remoteControlAddress == nil)
            #expect(result.audio.direction == .receiveOnly)
            #expect(result.answer.connection?.ipAddress == IPAddress("192.0.2.1"))
        }
    }

    @Test func opusAsAPBXWritesItIsTakenWithItsOwnNumber() throws {
        for rtpmap in ["opus/48000", "OPUS/48000/2"] {
            var agent = Descriptions.agent()
            let result = try agent.receiveOffer(
                try Descriptions.peer(
                    """
                    m=audio 4000 RTP/AVP 112 0 101 106
                    a=rtpmap:112 \(rtpmap)
                    a=fmtp:112 useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000
                    a=rtpmap:101 telephone-event/8000
                    a=rtpmap:106 telephone-event/48000
                    """
                )
            )
            #expect(result.audio.codecName == "opus")
            #expect(result.audio.sendPayloadType == 112)
            #expect(result.audio.formatParameter("maxAverageBitrate") == "30000")
            #expect(result.audio.telephoneEventReceive == 106)
            #expect(result.audio.telephoneEventClockRate == 48_000)
            let line = result.answer.media[0]
            #expect(line.formats == ["112", "106"])
            #expect(
                line.attributes.prefix(2) == [
                    SDPAttribute("rtpmap", "112 \(rtpmap)"), SDPAttribute("fmtp", "112 useinbandfec=1"),
                ]
            )
        }
    }

    @Test func keysOfTheOnlyClockRateAreBetterThanNone() throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(
            try Descriptions.peer(
                "m=audio 4000 RTP/AVP 96 101\na=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"
            )
        )
        #expect(result.audio.telephoneEventReceive == 101)
        #expect(result.audio.telephoneEventClockRate == 8_000)
    }

    @Test func controlIsMultiplexedOnlyWhenTheOfferAsks() throws {
        var agent = Descriptions.agent(offersControlMultiplexing: true)
        let plain = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=rtcp:4010\n"))
        #expect(!plain.audio.isControlMultiplexed)
        #expect(plain.audio.remoteControlAddress?.port == 4_010)
        #expect(plain.answer.media[0].attribute("rtcp-mux") == nil)
        let multiplexed = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n"))
        #expect(multiplexed.audio.isControlMultiplexed)
        #expect(multiplexed.audio.remoteControlAddress?.port == 4_000)
        #expect(multiplexed.answer.media[0].attribute("rtcp-mux") == "")
        let last = try agent.receiveOffer(try Descriptions.peer("m=audio 65535 RTP/AVP 0\n"))
        #expect(last.audio.remoteControlAddress == nil)
    }

    @Test(arguments: [
        ("m=video 4000 RTP/AVP 99\n", SDPError.noAudio, 488),
        ("m=audio 4000 RTP/SAVP 0\n", .noAudio, 488),
        ("m=audio 0 RTP/AVP 0\n", .noAudio, 488),
        ("", .noAudio, 488),
        ("m=audio 4000 RTP/AVP 18 101\na=rtpmap:101 telephone-event/8000\n", .noCommonCodec, 488),
        ("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1\n", .incompatibleAddress, 488),
    ])
    func anOfferThatDoesNotFitIsRefused(lines: String, error: SDPError, status: Int) throws {
        var agent = Descriptions.agent()
        let offer = try Descriptions.peer(lines)
        #expect(throws: error) { try agent.receiveOffer(offer) }
        #expect(error.suggestedStatus == status)
        #expect(agent.audio == nil)
    }
}
