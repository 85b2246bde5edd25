import Testing

@testable import SIPCore

/// Accept and the headers of a body: what a peer can read.
@Suite struct CapabilityHeaderTests {
    @Test func acceptOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Accept: application/sdp;level=1, application/x-private, text/html",
            "ACCEPT: text/* ; q=0.3,",
            " */*;q=0",
            "Accept-Encoding: gzip, identity;q=0.5",
            "Accept-Language: da, en-gb;q=0.8, en;q=0.7"
        )
        let accept = try #require(message.accept)
        #expect(accept.map(\.name) == ["application/sdp", "application/x-private", "text/html", "text/*", "*/*"])
        #expect(accept[0].parameters["level"] == "1")
        #expect(accept.map(\.quality.thousandths) == [1000, 1000, 1000, 300, 0])
        #expect(message.accepts(MediaType("text", "plain")))
        #expect(message.accepts(MediaType("Application", "SDP")))
        #expect(!message.accepts(MediaType("image", "png")))
        #expect(message.verdicts.isEmpty)
    }

    @Test func absentAndEmptyAcceptDiffer() throws {
        let absent = try HeaderSample.message()
        #expect(absent.accept == nil)
        #expect(absent.accepts(MediaType("application", "sdp")))
        let empty = try HeaderSample.message("Accept:", "Supported:", "Allow: ")
        #expect(empty.accept == [])
        #expect(!empty.accepts(MediaType("application", "sdp")))
        #expect(empty.verdicts.isEmpty)
    }

    @Test func qualitiesHaveThreeDecimals() {
        #expect(Quality("0.5")?.thousandths == 500)
        #expect(Quality("0.001")?.thousandths == 1)
        #expect(Quality("1.000") == .highest)
        #expect(Quality("0.")?.thousandths == 0)
        #expect(Quality("1.") == .highest)
        for text in ["", "2", "1.001", "0.0001", "-0", ".5", "0..5", "0,5", "01", "1e0"] {
            #expect(Quality(text) == nil, "\(text)")
        }
        for thousandths in 0...1000 {
            let quality = Quality(thousandths: thousandths)
            #expect(quality.flatMap { Quality($0.description) } == quality)
        }
        #expect(Quality(thousandths: 1001) == nil)
    }

    @Test func contentHeaders() throws {
        let message = try HeaderSample.message(
            "Content-Disposition: session ; Handling = OPTIONAL",
            "e: gzip, tar",
            "Content-Language: fr, en-US",
            "MIME-Version: 1.0",
            "c: multipart/mixed; boundary=\"simple \\\"boundary\""
        )
        #expect(message.contentDisposition?.type == "session")
        #expect(message.contentDisposition?.isRequired == false)
        #expect(ContentDisposition("render")?.isRequired == true)
        #expect(message.verdicts.isEmpty)
        #expect(message.mediaType?.boundary == "simple \"boundary")
        #expect(MediaType("text/html; charset=ISO-8859-4")?.charset == "ISO-8859-4")
        #expect(MediaType("text/html") == MediaType("TEXT/HTML"))
        for text in ["multipart/mixed;boundary=\"a,b;c\"", "application/sdp", "text / plain ;a=b; c=\"\\\\\""] {
            expectRoundTrip(text, MediaType.self)
        }
        for text in ["session;handling=optional", "signal"] { expectRoundTrip(text, ContentDisposition.self) }
    }
}
