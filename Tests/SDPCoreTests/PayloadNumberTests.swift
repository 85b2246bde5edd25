import CoreTypes
import SDPCore
import Testing

/// The numbers of payload types over a whole session: kept, mirrored, asymmetric (RFC 3264 sections 5.1, 6.1, 8.3.2).
struct PayloadNumberTests {
    private static let all = [Descriptions.opus, Descriptions.pcmu, Descriptions.pcma]

    /// What the numbers of our line mean: the encoding with its rate.
    private func meanings(_ description: SessionDescription) -> [UInt8: String] {
        let formats = description.media[0].payloadFormats
        return Dictionary(
            formats.map { ($0.payloadType, "\($0.encodingName.lowercased())/\($0.clockRate)") },
            uniquingKeysWith: { first, _ in first }
        )
    }

    @Test func eachReinviteIsAnsweredByItsOwnNumbers() throws {
        var agent = Descriptions.agent(PayloadNumberTests.all)
        let first = try agent.receiveOffer(
            try Descriptions.peer("m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n")
        )
        #expect(first.answer.media[0].formats == ["0", "101"])
        let second = try agent.receiveOffer(
            try Descriptions.peer("m=audio 4000 RTP/AVP 8 120\na=rtpmap:120 telephone-event/8000\n")
        )
        #expect(second.answer.media[0].formats == ["8", "120"])
        #expect(second.audio.sendPayloadType == 8)
        #expect(second.audio.telephoneEventSend == 120)
        let third = try agent.receiveOffer(
            try Descriptions.peer(
                """
                m=audio 4000 RTP/AVP 96 98 97
                a=rtpmap:96 opus/48000/2
                a=rtpmap:98 telephone-event/8000
                a=rtpmap:97 telephone-event/48000
                """
            )
        )
        #expect(third.answer.media[0].formats == ["96", "97"])
        #expect(third.audio.receivePayloadTypes == [96])
        #expect(third.audio.telephoneEventReceive == 97)
        #expect(third.audio.telephoneEventClockRate == 48_000)
    }

    /// RFC 4733 section 2.1: keys count in the clock of the audio that they stand among, whatever else is offered first.
    @Test(arguments: [
        ("0 101 102", "PCMU", UInt8(101), 8_000), ("0 102 101", "PCMU", 101, 8_000),
        ("96 101 102", "opus", 102, 48_000), ("96 102 101", "opus", 102, 48_000),
    ])
    func keysHaveTheClockOfTheCodec(formats: String, codec: String, event: UInt8, rate: Int) throws {
        let lines = """
            m=audio 4000 RTP/AVP \(formats)
            a=rtpmap:96 opus/48000/2
            a=rtpmap:101 telephone-event/8000
            a=rtpmap:102 telephone-event/48000
            """
        var callee = Descriptions.agent(PayloadNumberTests.all)
        let answered = try callee.receiveOffer(try Descriptions.peer(lines)).audio
        #expect(answered.codecName == codec)
        #expect(answered.telephoneEventSend == event)
        #expect(answered.telephoneEventClockRate == rate)
        // The same as an answer, to an offer of ours that has other numbers.
        var caller = Descriptions.agent(PayloadNumberTests.all)
        let ours = caller.makeOffer().media[0].payloadFormats
        let taken = try caller.receiveAnswer(try Descriptions.peer(lines)).audio
        #expect(taken.codecName == codec)
        #expect(taken.telephoneEventSend == event)
        #expect(taken.telephoneEventClockRate == rate)
        #expect(ours.first { $0.payloadType == taken.telephoneEventReceive }?.clockRate == rate)
    }

    @Test func ourOfferKeepsTheNumbersAndTheAnswerMayHaveOthers() throws {
        var agent = Descriptions.agent(PayloadNumberTests.all)
        _ = try agent.receiveOffer(
            try Descriptions.peer(
                "m=audio 4000 RTP/AVP 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\n"
            )
        )
        let formats = agent.makeOffer().media[0].payloadFormats
        #expect(formats.first?.payloadType == 96)
        #expect(formats.first { $0.isTelephoneEvent && $0.clockRate == 48_000 }?.payloadType == 97)
        let agreed = try agent.receiveAnswer(
            try Descriptions.peer(
                "m=audio 4002 RTP/AVP 111 112\na=rtpmap:111 opus/48000/2\na=rtpmap:112 telephone-event/48000\n"
            )
        ).audio
        #expect(agreed.sendPayloadType == 111)
        #expect(agreed.receivePayloadTypes == [96, 111])
        #expect(agreed.telephoneEventSend == 112)
        #expect(agreed.telephoneEventReceive == 97)
        #expect(agreed.telephoneEventClockRate == 48_000)
        // Ours stay what they were.
        let again = agent.makeOffer().media[0].payloadFormats
        #expect(again.first?.payloadType == 96)
        #expect(again.first { $0.isTelephoneEvent && $0.clockRate == 48_000 }?.payloadType == 97)
    }

    @Test func keysThatWereNotAgreedOnKeepTheirNumbersWhenTheCodecChanges() throws {
        var agent = Descriptions.agent(PayloadNumberTests.all)
        let first = self.meanings(agent.makeOffer())
        #expect(first[101] == "telephone-event/48000")
        #expect(first[102] == "telephone-event/8000")
        _ = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        // PCMU comes first now, and still 101 may not come to mean its keys.
        let second = self.meanings(agent.makeOffer())
        #expect(second == first)
    }

    @Test func aPeerThatTakesANumberOfOursIsFollowed() throws {
        var agent = Descriptions.agent(PayloadNumberTests.all)
        _ = agent.makeOffer()
        _ = try agent.receiveAnswer(try Descriptions.peer("m=audio 4000 RTP/AVP 0\n"))
        let taken = try agent.receiveOffer(
            try Descriptions.peer("m=audio 4000 RTP/AVP 101\na=rtpmap:101 opus/48000/2\n")
        )
        #expect(taken.answer.media[0].formats == ["101"])
        let formats = agent.makeOffer().media[0].payloadFormats
        #expect(formats.first?.payloadType == 101)
        #expect(Set(formats.map(\.payloadType)).count == formats.count)
        #expect(formats.filter(\.isTelephoneEvent).allSatisfy { $0.payloadType != 101 })
    }

    /// Offers and answers at random: a number of ours that the peer leaves alone never means anything else.
    @Test(arguments: 1...200) func noNumberChangesItsMeaning(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var agent = Descriptions.agent(PayloadNumberTests.all.shuffled(using: &random))
        var meanings: [UInt8: String] = [:]
        for _ in 0..<12 {
            let codec = Int.random(in: 0..<3, using: &random)
            // The peer is consistent too, but its numbers are its own.
            let voice = ["0", "8", "96"][codec]
            let events = [[], ["121"], ["122"], ["121", "122"], ["122", "121"]].randomElement(using: &random) ?? []
            let lines = """
                m=audio 4000 RTP/AVP \(([voice] + events).joined(separator: " "))
                a=rtpmap:96 opus/48000/2
                a=rtpmap:121 telephone-event/8000
                a=rtpmap:122 telephone-event/48000
                """
            let ours: SessionDescription
            if Bool.random(using: &random) {
                ours = agent.makeOffer()
                switch Int.random(in: 0..<4, using: &random) {
                case 0: agent.offerFailed()
                default: _ = try agent.receiveAnswer(try Descriptions.peer(lines))
                }
            } else {
                ours = try agent.receiveOffer(try Descriptions.peer(lines)).answer
            }
            let now = self.meanings(ours)
            #expect(now.count == ours.media[0].formats.count)
            for (number, meaning) in now {
                #expect(meanings[number] == nil || meanings[number] == meaning, "\(number)")
                meanings[number] = meaning
            }
        }
    }
}
