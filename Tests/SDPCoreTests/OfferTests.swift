import CoreTypes
import SDPCore
import Testing

/// What we offer, and what we make of the answer.
struct OfferTests {
    @Test func theOfferListsAllInOrderWithKeysOfEachClockRate() {
        var agent = Descriptions.agent()
        let offer = agent.makeOffer()
        #expect(offer.origin.sessionID <= UInt64(Int64.max))
        let line = offer.media[0]
        #expect(line.formats == ["111", "0", "8", "101", "102"])
        #expect(line.payloadFormats.map(\.clockRate) == [48_000, 8_000, 8_000, 48_000, 8_000])
        #expect(line.attribute("rtcp-mux") == nil)
        #expect(agent.isOfferPending)
    }

    @Test func theTopmostCodecOfTheAnswerCountsAndNumbersMayDiffer() throws {
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let result = try agent.receiveAnswer(
            try Descriptions.peer(
                """
                m=audio 4000 RTP/AVP 96 0 97
                a=rtpmap:96 opus/48000/2
                a=rtpmap:97 telephone-event/48000
                a=ptime:40
                """
            )
        )
        #expect(result.audio.codecName == "opus")
        #expect(result.audio.sendPayloadType == 96)
        #expect(result.audio.receivePayloadTypes == [111, 96])
        #expect(result.audio.telephoneEventSend == 97)
        #expect(result.audio.telephoneEventReceive == 101)
        #expect(result.audio.packetTime == 40)
        #expect(!agent.isOfferPending)
    }

    @Test func aNumberThatWeGaveSomethingElseIsNoSecondNumber() throws {
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let result = try agent.receiveAnswer(
            try Descriptions.peer("m=audio 4000 RTP/AVP 101\na=rtpmap:101 opus/48000/2\n")
        )
        #expect(result.audio.sendPayloadType == 101)
        #expect(result.audio.receivePayloadTypes == [111])
        #expect(result.audio.telephoneEventSend == nil)
        #expect(result.audio.telephoneEventReceive == nil)
    }

    @Test func aNumberWithoutItsNameMeansWhatWeOffered() throws {
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let result = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 111 101\n"))
        #expect(result.audio.codecName == "opus")
        #expect(result.audio.telephoneEventSend == 101)
    }

    @Test(arguments: [
        ("m=audio 0 RTP/AVP 0\n", SDPError.refused),
        ("m=audio 4000 RTP/AVP 18\n", .noCommonCodec),
        ("m=audio 4000 RTP/SAVP 0\n", .noAudio),
        ("m=audio 4000 RTP/AVP 102\na=rtpmap:102 telephone-event/8000\n", .noCommonCodec),
        ("", .noAudio),
    ])
    func anAnswerWithoutAudioIsAnError(lines: String, error: SDPError) throws {
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let answer = try Descriptions.peer(lines)
        #expect(throws: error) { try agent.receiveAnswer(answer) }
        #expect(agent.isOfferPending)
    }

    @Test func theAnswerOfThe200ReplacesThatOfThe183() throws {
        var agent = Descriptions.agent()
        #expect(throws: SDPError.noOfferPending) {
            try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        }
        _ = agent.makeOffer()
        _ = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        let second = try agent.receiveAnswer(try Descriptions.peer("m=audio 5000 RTP/AVP 111\n"))
        #expect(second.audio.codecName == "opus")
        #expect(second.audio.receivePayloadTypes == [111])
        #expect(agent.audio == second.audio)
    }

    @Test func multiplexingNeedsBothSides() throws {
        for (answered, expected) in [("a=rtcp-mux\n", true), ("", false)] {
            var agent = Descriptions.agent(offersControlMultiplexing: true)
            #expect(agent.makeOffer().media[0].attribute("rtcp-mux") == "")
            let result = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n" + answered))
            #expect(result.audio.isControlMultiplexed == expected)
        }
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let result = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n"))
        #expect(!result.audio.isControlMultiplexed)
    }

    @Test func twoOfOurSidesAgree() throws {
        for (first, second) in [([Descriptions.opus, Descriptions.pcmu], [Descriptions.pcmu, Descriptions.opus])] {
            var caller = Descriptions.agent(first)
            var callee = Descriptions.agent(second)
            let answered = try callee.receiveOffer(try SessionDescription(caller.makeOffer().serialized()))
            let agreed = try caller.receiveAnswer(try SessionDescription(answered.answer.serialized()))
            #expect(agreed.audio.codecName == "opus")
            #expect(agreed.audio == answered.audio)
        }
    }
}
