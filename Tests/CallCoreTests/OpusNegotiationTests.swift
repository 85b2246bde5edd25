import CoreTypes
import RTPCore
import SDPCore
import Testing

@testable import CallCore

/// What the other telephone says of Opus reaches the encoder (RFC 7587).
@Suite struct OpusNegotiationTests {
    /// What is negotiated with a peer whose audio line and its attributes are these.
    private func audio(_ lines: String) throws -> NegotiatedAudio {
        var negotiation = OfferAnswer(
            sessionID: 1,
            address: try #require(IPAddress("192.0.2.1")),
            port: 4_000,
            capabilities: MediaNegotiation.capabilities([.opus, .pcmu])
        )
        let head = "v=0\r\no=- 7 7 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        return try negotiation.receiveOffer(SessionDescription(Array((head + lines).utf8))).audio
    }

    private func opus(_ parameters: String?) throws -> NegotiatedAudio {
        let line = "m=audio 9000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"
        return try self.audio(line + (parameters.map { "a=fmtp:111 \($0)\r\n" } ?? ""))
    }

    @Test func thePeersParametersAreHonored() throws {
        let audio = try self.opus("maxplaybackrate=16000; MaxAverageBitrate=20000;stereo=1;useinbandfec=1; usedtx=1")
        let parameters = try #require(MediaNegotiation.parameters(audio, opus: OpusSettings(complexity: 2)))
        let expected = OpusSettings(
            complexity: 2,
            bitRate: 20_000,
            carriesForwardErrorCorrection: true,
            pausesInSilence: true,
            maximumPlaybackRate: 16_000
        )
        #expect(parameters.codec == .opus)
        #expect(parameters.opus == expected)
    }

    @Test func aPeerThatSaysNothingGetsNoErrorCorrection() throws {
        let parameters = try #require(MediaNegotiation.parameters(self.opus(nil)))
        #expect(parameters.opus == OpusSettings(carriesForwardErrorCorrection: false))
    }

    @Test func anotherCodecHasNoParametersOfOpus() throws {
        let audio = try self.audio("m=audio 9000 RTP/AVP 0\r\na=fmtp:0 usedtx=1\r\n")
        #expect(try #require(MediaNegotiation.parameters(audio)).opus == OpusSettings())
    }

    @Test func ourOwnDescriptionAsksForSpeechWithErrorCorrection() throws {
        let capability = try #require(MediaNegotiation.capabilities([.opus]).first)
        let audio = try self.opus(capability.formatParameters)
        #expect(try #require(MediaNegotiation.parameters(audio)).opus == OpusSettings(maximumPlaybackRate: 16_000))
        #expect(capability.parameter("useinbandfec") == "1")
    }
}
