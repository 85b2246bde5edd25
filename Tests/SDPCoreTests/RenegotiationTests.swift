import CoreTypes
import SDPCore
import Testing

/// Later offers of the same call: hold, refresh, a peer that moves, glare.
struct RenegotiationTests {
    @Test func theVersionGoesUpOnlyWhenTheDescriptionChanges() throws {
        var agent = Descriptions.agent()
        let offer = try Descriptions.peer("m=audio 4000 RTP/AVP 0\n")
        let first = try agent.receiveOffer(offer).answer
        let repeated = try agent.receiveOffer(offer).answer
        #expect(first == repeated)
        let held = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=sendonly\n")).answer
        #expect(held.origin.sessionVersion == first.origin.sessionVersion + 1)
        #expect(held.origin.sessionID == first.origin.sessionID)
        let back = try agent.receiveOffer(offer).answer
        #expect(back.origin.sessionVersion == first.origin.sessionVersion + 2)
    }

    @Test func aPeerThatMovesIsFollowed() throws {
        var agent = Descriptions.agent()
        _ = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        let moved = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\nc=IN IP4 198.51.100.9\n"))
        #expect(moved.audio.remoteAddress == TransportAddress("198.51.100.9:4000"))
    }

    @Test func keysMayAppearLater() throws {
        var agent = Descriptions.agent()
        #expect(
            try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n")).audio.telephoneEventSend == nil
        )
        let later = try Descriptions.peer("m=audio 4000 RTP/AVP 0 120\na=rtpmap:120 telephone-event/8000\n")
        #expect(try agent.receiveOffer(later).audio.telephoneEventSend == 120)
    }

    @Test func holdAndResume() throws {
        var agent = Descriptions.agent()
        _ = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        agent.hold(true)
        #expect(agent.makeOffer().media[0].attribute("sendonly") == "")
        let held = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=recvonly\n"))
        #expect(held.audio.direction == .sendOnly)
        agent.hold(false)
        #expect(agent.makeOffer().media[0].attribute("sendrecv") == "")
        let resumed = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        #expect(resumed.audio.direction == .sendReceive)
    }

    @Test func aHoldOfBothSidesIsInactive() throws {
        var agent = Descriptions.agent()
        _ = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=sendonly\n"))
        agent.hold(true)
        #expect(agent.makeOffer().media[0].attribute("inactive") == "")
        agent.offerFailed()
        // The peer resumes while we still hold.
        let resumed = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        #expect(resumed.audio.direction == .sendOnly)
    }

    @Test func anAnswerCannotAllowMoreThanWasOffered() throws {
        var agent = Descriptions.agent()
        agent.hold(true)
        _ = agent.makeOffer()
        let result = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\na=sendrecv\n"))
        #expect(result.audio.direction == .sendOnly)
    }

    @Test func anOfferDuringOursIsGlare() throws {
        var agent = Descriptions.agent()
        _ = agent.makeOffer()
        let offer = try Descriptions.peer("m=audio 4000 RTP/AVP 0\n")
        #expect(throws: SDPError.offerPending) { try agent.receiveOffer(offer) }
        #expect(SDPError.offerPending.suggestedStatus == 491)
        agent.offerFailed()
        #expect(try agent.receiveOffer(offer).audio.codecName == "PCMU")
    }

    @Test func theAgreedNumbersKeepTheirMeaningInOurLaterOffer() throws {
        var agent = Descriptions.agent([Descriptions.pcmu, Descriptions.opus])
        _ = try agent.receiveOffer(
            try Descriptions.peer(
                """
                m=audio 4000 RTP/AVP 101 111 0
                a=rtpmap:101 opus/48000/2
                a=rtpmap:111 telephone-event/48000
                """
            )
        )
        let formats = agent.makeOffer().media[0].payloadFormats
        #expect(formats.first?.encodingName == "opus")
        #expect(formats.first?.payloadType == 101)
        #expect(formats.first { $0.isTelephoneEvent && $0.clockRate == 48_000 }?.payloadType == 111)
        #expect(Set(formats.map(\.payloadType)).count == formats.count)
    }

    @Test func aFailedOfferChangesNothing() throws {
        var agent = Descriptions.agent()
        let agreed = try agent.receiveOffer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n")).audio
        let bad = try Descriptions.peer("m=audio 4000 RTP/AVP 18\n")
        #expect(throws: SDPError.noCommonCodec) { try agent.receiveOffer(bad) }
        #expect(agent.audio == agreed)
        #expect(agent.makeOffer().origin.sessionVersion == 2)
    }
}
