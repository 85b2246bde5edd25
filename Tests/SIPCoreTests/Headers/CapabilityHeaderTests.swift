import Testing

@testable import SIPCore

/// Accept and its family, Allow, Supported, Contact features: what a peer can do.
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
        #expect(message.acceptEncoding?.map(\.value) == ["gzip", "identity"])
        #expect(message.acceptEncoding?[1].quality == Quality(thousandths: 500))
        #expect(message.acceptLanguage?.map(\.description) == ["da", "en-gb;q=0.8", "en;q=0.7"])
    }

    @Test func absentAndEmptyAcceptDiffer() throws {
        let absent = try HeaderSample.message()
        #expect(absent.accept == nil)
        #expect(absent.accepts(MediaType("application", "sdp")))
        let empty = try HeaderSample.message("Accept:", "Supported:", "Allow: ")
        #expect(empty.accept == [])
        #expect(!empty.accepts(MediaType("application", "sdp")))
        #expect(empty.verdicts.isEmpty)
        #expect(empty.allow == [])
        #expect(absent.allow == nil)
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

    @Test func optionTagsAreASet() throws {
        let message = try HeaderSample.message("Supported: 100rel,timer", "k:\tReplaces , TIMER", "Require: 100rel")
        #expect(message.supported == ["timer", "replaces", "100REL"])
        #expect(message.supported.description == "100rel, timer, Replaces")
        #expect(message.supported.contains("replaces"))
        #expect(message.require.contains("100rel"))
        #expect(message.proxyRequire.isEmpty)
        #expect(OptionTags("a b") == nil)
        #expect(OptionTags("") == [])
        expectRoundTrip("path, gruu,outbound", OptionTags.self)
    }

    @Test func allowHasMethodsWithTheirCase() throws {
        let message = try HeaderSample.message("Allow: INVITE, ACK,\r\n UPDATE, bye", "Unsupported: foo, bar")
        #expect(message.allow == [.invite, .ack, .update, SIPMethod(rawValue: "bye")])
        #expect(message.unsupported == ["bar", "foo"])
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
        #expect(message.contentEncoding == ["gzip", "tar"])
        #expect(message.contentLanguage == ["fr", "en-US"])
        #expect(message.mimeVersion == .current)
        #expect(message.mediaType?.boundary == "simple \"boundary")
        #expect(MediaType("text/html; charset=ISO-8859-4")?.charset == "ISO-8859-4")
        #expect(MediaType("text/html") == MediaType("TEXT/HTML"))
        for text in ["multipart/mixed;boundary=\"a,b;c\"", "application/sdp", "text / plain ;a=b; c=\"\\\\\""] {
            expectRoundTrip(text, MediaType.self)
        }
        for text in ["session;handling=optional", "signal"] { expectRoundTrip(text, ContentDisposition.self) }
        expectRoundTrip("1.0", MIMEVersion.self)
        for text in ["gzip;q=0.5", "*", "identity"] { expectRoundTrip(text, Preference.self) }
    }

    // MARK: RFC 3840, 3841, 5626, 5627

    @Test func featuresOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Contact: \"Mr, W\" <sip:u1@h.example>;audio;video;methods=\"INVITE,BYE,!OPTIONS\""
                + ";+sip.rendering=\"no\";priority=\"#<=10,#>=50.5,#20:30,#=-1\";actor=\"principal\";automata=\"FALSE\""
                + ";description=\"<PC, the \\\"big\\\" one>\";q=0.2;expires=3600"
        )
        let contact = try #require(message.contacts.first)
        #expect(contact.quality == Quality(thousandths: 200))
        #expect(contact.parameters.feature("audio") == .list([FeatureItem(.boolean(true))]))
        #expect(contact.parameters.feature("AUTOMATA")?.contains("false") == true)
        let methods = try #require(contact.parameters.feature("methods"))
        #expect(methods.contains("bye"))
        #expect(
            methods
                == .list([
                    FeatureItem(.token("INVITE")), FeatureItem(.token("BYE")),
                    FeatureItem(.token("OPTIONS"), isNegated: true),
                ])
        )
        #expect(
            contact.parameters.feature("priority")
                == .list([
                    FeatureItem(.numbers(-.infinity...10)), FeatureItem(.numbers(50.5 ... .infinity)),
                    FeatureItem(.numbers(20...30)), FeatureItem(.numbers(-1...(-1))),
                ])
        )
        #expect(contact.parameters.feature("priority")?.description == "#<=10,#>=50.5,#20:30,#=-1")
        #expect(contact.parameters.feature("priority")?.contains("25") == true)
        #expect(contact.parameters.feature("priority")?.contains("40") == false)
        #expect(contact.parameters.feature("description") == .string("PC, the \"big\" one"))
        #expect(contact.parameters.feature("expires") == nil)
        #expect(contact.parameters.features.count == 8)
        for (_, value) in contact.parameters.features { #expect(FeatureValue(value.description) == value) }
        var copy = NameAddress(uri: contact.uri)
        for (name, value) in contact.parameters.features { copy.parameters.setFeature(name, value) }
        let read = try #require(NameAddress(copy.description)).parameters.features
        #expect(read.elementsEqual(contact.parameters.features) { $0.name == $1.name && $0.value == $1.value })
    }

    @Test(arguments: ["", ",", "a,,b", "!", "#", "#=", "#>5", "#=1e5", "#=nan", "#5:1", "#1:2:3", "<a", "a b", "#=1x"])
    func malformedFeatures(_ text: String) {
        #expect(FeatureValue(text) == nil)
    }

    @Test func acceptContact() throws {
        let message = try HeaderSample.message(
            "a: *;mobility=\"fixed\";explicit;require, *;audio",
            "Reject-Contact: *;actor=\"msg-taker\";video"
        )
        #expect(message.acceptContact.count == 2)
        #expect(message.acceptContact[0].isRequired && message.acceptContact[0].isExplicit)
        #expect(!message.acceptContact[1].isRequired)
        #expect(message.acceptContact[0].parameters.feature("mobility")?.contains("fixed") == true)
        #expect(message.rejectContact[0].parameters.features.map(\.name) == ["actor", "video"])
        expectRoundTrip("*;mobility=\"fixed\";explicit;require", ContactPreference.self)
        #expect(ContactPreference("sip:a@b") == nil)
    }

    @Test func outboundAndGRUU() throws {
        let message = try HeaderSample.message(
            "Contact: <sip:line1@192.168.0.2;transport=tcp;ob>; reg-id=1"
                + ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""
                + ";pub-gruu=\"sip:callee@example.com;gr=urn:uuid:f81d4fae\";temp-gruu=\"sip:tgruu.7hs=@example.com;gr\"",
            "Flow-Timer: 126"
        )
        let contact = try #require(message.contacts.first)
        #expect(contact.instanceID == "urn:uuid:00000000-0000-1000-8000-000A95A0E128")
        #expect(contact.registrationID == 1)
        #expect(contact.uri.isOutbound && !contact.uri.isGRUU)
        #expect(contact.publicGRUU?.isGRUU == true)
        #expect(contact.temporaryGRUU?.user == "tgruu.7hs=")
        #expect(message.flowTimer == 126)
        var own = NameAddress(uri: contact.uri)
        own.setInstance("urn:uuid:1", registrationID: 2)
        #expect(NameAddress(own.description)?.instanceID == "urn:uuid:1")
        #expect(NameAddress(own.description)?.registrationID == 2)
        #expect(NameAddress("<sip:a@b>;reg-id=0;+sip.instance=\"urn\"")?.registrationID == nil)
        #expect(NameAddress("<sip:a@b>;reg-id=4294967296;+sip.instance=\"<\"")?.registrationID == nil)
        #expect(NameAddress("<sip:a@b>;+sip.instance=\"<\"")?.instanceID == nil)
    }
}
