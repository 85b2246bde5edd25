import CoreTypes
import SDPCore
import Testing

/// An answer that lists several codecs: the first is sent, and any of them may come (RFC 3264 section 6.1).
struct SeveralCodecsTests {
    private func answer(_ lines: String, _ capabilities: [AudioCapability]) throws -> (OfferAnswer, NegotiatedAudio) {
        var agent = Descriptions.agent(capabilities)
        _ = agent.makeOffer()
        let audio = try agent.receiveAnswer(try Descriptions.peer(lines)).audio
        return (agent, audio)
    }

    private static let all = [Descriptions.opus, Descriptions.pcmu, Descriptions.pcma]

    @Test func allThatTheAnswerListsMayCome() throws {
        let (_, audio) = try self.answer("m=audio 4000 RTP/AVP 8 18 0\n", SeveralCodecsTests.all)
        #expect(audio.codecName == "PCMA")
        #expect(audio.receivePayloadTypes == [8])
        #expect(audio.alternatives.map(\.codecName) == ["PCMU"])
        #expect(audio.alternatives.first?.receivePayloadTypes == [0])
        #expect(audio.alternatives.first?.sendPayloadType == 0)
    }

    /// RFC 3264 section 5.1: we receive by our numbers, and by the peer's where they mean nothing else to us.
    @Test func theNumbersOfBothSidesCount() throws {
        let (_, audio) = try self.answer(
            "m=audio 4000 RTP/AVP 0 97\na=rtpmap:97 opus/48000/2\n",
            SeveralCodecsTests.all
        )
        #expect(audio.alternatives.first?.receivePayloadTypes == [111, 97])
        #expect(audio.alternatives.first?.sendPayloadType == 97)
        // A number of the peer's that means another codec of ours does not come to mean both.
        let (_, collision) = try self.answer(
            "m=audio 4000 RTP/AVP 0 8\na=rtpmap:8 opus/48000/2\n",
            SeveralCodecsTests.all
        )
        #expect(collision.alternatives.first?.receivePayloadTypes == [111])
        let types = collision.receivePayloadTypes + collision.alternatives.flatMap(\.receivePayloadTypes)
        #expect(Set(types).count == types.count)
    }

    @Test func aCodecThatStandsTwiceIsOne() throws {
        let (_, audio) = try self.answer(
            "m=audio 4000 RTP/AVP 0 96 0 97\na=rtpmap:96 PCMU/8000\na=rtpmap:97 PCMA/8000\n",
            SeveralCodecsTests.all
        )
        #expect(audio.codecName == "PCMU")
        #expect(audio.alternatives.map(\.codecName) == ["PCMA"])
    }

    @Test func keysOfEveryClockMayCome() throws {
        var agent = Descriptions.agent(SeveralCodecsTests.all)
        let offered = agent.makeOffer().media[0].payloadFormats.filter(\.isTelephoneEvent)
        #expect(Set(offered.map(\.clockRate)) == [48_000, 8_000])
        let audio = try agent.receiveAnswer(
            try Descriptions.peer(
                """
                m=audio 4000 RTP/AVP 111 0 120 121
                a=rtpmap:111 opus/48000/2
                a=rtpmap:120 telephone-event/48000
                a=rtpmap:121 telephone-event/8000

                """
            )
        ).audio
        let own = Dictionary(uniqueKeysWithValues: offered.map { ($0.clockRate, $0.payloadType) })
        #expect(audio.telephoneEventReceive == own[48_000])
        #expect(audio.telephoneEventSend == 120)
        #expect(Set(audio.otherTelephoneEvents) == Set([120, 121, own[8_000]].compactMap(\.self)))
    }

    @Test func whatWeAnswerOurselvesIsOneCodec() throws {
        var agent = Descriptions.agent(SeveralCodecsTests.all)
        let result = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0 8\n"))
        #expect(result.answer.media[0].formats == ["0"])
        #expect(result.audio.alternatives.isEmpty)
    }
}
