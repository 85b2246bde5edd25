import SDPCore
import Testing

struct ExtendedReportWishTests {
    private func audio(_ attribute: String) throws -> NegotiatedAudio? {
        var agent = Descriptions.agent([Descriptions.pcmu])
        let text = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        return try agent.receiveOffer(SessionDescription(Array((text + attribute).utf8))).audio
    }

    @Test(
        arguments: [
            ("", false), ("a=rtcp-xr:voip-metrics\r\n", true), ("a=rtcp-xr\r\n", false),
            ("a=rtcp-xr:rcvr-rtt=all:10 voip-metrics\r\n", true), ("a=rtcp-xr:stat-summary=loss\r\n", false),
        ]
    )
    func onlyWhoAsksGetsThem(attribute: String, wants: Bool) throws {
        #expect(try #require(try self.audio(attribute)).wantsExtendedReports == wants)
    }
}
