import Testing

@testable import SIPCore

/// The headers of RFC 3262, 3515, 3891, 3892, 4028, 4488, 6665: sessions, transfers, subscriptions.
@Suite struct ExtensionHeaderTests {
    @Test func reliableProvisional() throws {
        let message = try HeaderSample.message("RSeq: 988789", "RAck: 776656 1 INVITE")
        #expect(message.rSeq == 988_789)
        #expect(message.rAck == RAck(responseNumber: 776_656, cSeq: CSeq(number: 1, method: .invite)))
        expectRoundTrip("4294967295\t 2  PRACK", RAck.self)
        for text in ["", "1", "1 2", "1 INVITE", "4294967296 1 INVITE", "1 4294967296 INVITE", "1 2 A B"] {
            #expect(RAck(text) == nil, "\(text)")
        }
        #expect(try HeaderSample.message("RSeq: 0").rSeq == nil)
        #expect(try HeaderSample.message("RSeq: 4294967296").rSeq == nil)
    }

    @Test func sessionTimer() throws {
        let message = try HeaderSample.message("x: 4000 ; Refresher = UAC", "Min-SE: 90;x=y")
        #expect(message.sessionExpires?.seconds == 4_000)
        #expect(message.sessionExpires?.refresher == .client)
        #expect(message.minSE?.seconds == 90)
        #expect(SessionExpires(seconds: 1_800, refresher: .server).description == "1800;refresher=uas")
        #expect(SessionExpires("1800")?.refresher == nil)
        #expect(SessionExpires("99999999999")?.seconds == .max)
        for text in ["1800;refresher=uas;a=b", "90"] { expectRoundTrip(text, SessionExpires.self) }
        for text in ["", "x", "90;refresher=me", "90;refresher", "90;refresher=uac;Refresher=uas", "9 0", "90,91"] {
            #expect(SessionExpires(text) == nil, "\(text)")
        }
        expectRoundTrip("60", MinSE.self)
        #expect(MinSE("60 s") == nil)
    }

    // MARK: Transfers

    @Test func replacesOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Replaces: 98732@sip.example.com\r\n ;from-tag=r33th4x0r\r\n ;to-tag=ff87ff;early-only",
            "Join: 12345600@atlanta.example.com;from-tag=1234567;to-tag=23431"
        )
        let replaces = try #require(message.replaces)
        #expect(replaces.callID == "98732@sip.example.com")
        #expect(replaces.toTag == "ff87ff" && replaces.fromTag == "r33th4x0r" && replaces.isEarlyOnly)
        #expect(message.join?.toTag == "23431")
        expectRoundTrip("425928@bobster.example.org;to-tag=7743;from-tag=6472", Replaces.self)
        for text in [
            "", "a", "a;to-tag=1", "a;from-tag=1", "a;to-tag=1;from-tag=2;to-tag=3", "a;to-tag;from-tag=2",
            "a;to-tag=1;from-tag=2;early-only=yes", "a b;to-tag=1;from-tag=2", "a;to-tag=\"1\";from-tag=2",
        ] { #expect(Replaces(text) == nil, "\(text)") }
    }

    @Test func referToCarriesReplaces() throws {
        let message = try HeaderSample.message(
            "r: <sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3B"
                + "to-tag%3D12345%3Bfrom-tag%3D5FFE-3994&Accept-Contact=*%3Baudio>",
            "b: <sip:referrer@referrer.example>\r\n ;cid=\"20398823.2UWQFN309shb3@referrer.example\"",
            "Refer-Sub: False"
        )
        let uri = try #require(message.referTo?.uri)
        #expect(uri.replaces == Replaces(callID: "12345@192.168.118.3", toTag: "12345", fromTag: "5FFE-3994"))
        #expect(uri.embeddedHeader("a") == "*;audio")
        #expect(message.referredBy?.uri.user == "referrer")
        #expect(message.referredBy?.contentID == "20398823.2UWQFN309shb3@referrer.example")
        #expect(message.referSub?.isSubscribed == false)
        var target = SIPURI(user: "dave", host: "denver.example.org")
        target.addEmbeddedHeader(.replaces, "a;b?c=d&e <f>@g;to-tag=1;from-tag=2")
        target.addEmbeddedHeader(.replaces, "98732@h;to-tag=1;from-tag=2")
        #expect(
            target.embeddedHeaders.map(\.value) == [
                "a;b?c=d&e <f>@g;to-tag=1;from-tag=2", "98732@h;to-tag=1;from-tag=2",
            ]
        )
        #expect(SIPURI(target.description)?.embeddedHeaders.count == 2)
        #expect(NameAddress(NameAddress(uri: target).description)?.uri == target)
        expectRoundTrip("\"A, B\" <sip:r@ref.example>;cid=\"1@x\"", ReferredBy.self)
        expectRoundTrip("true;a=b", ReferSub.self)
        #expect(ReferSub("maybe") == nil)
        #expect(ReferredBy("<sip:r@ref.example>;cid=\"1") == nil)
        #expect(ReferredBy("nobody") == nil)
    }

    // MARK: Events

    @Test func eventsOfTheRFC() throws {
        let message = try HeaderSample.message(
            "o: refer;id=93809824",
            "u: presence , refer,foo.winfo",
            "Subscription-State: Terminated;reason=noresource"
        )
        #expect(message.event?.name == "refer")
        #expect(message.event?.id == "93809824")
        #expect(message.allowEvents == ["presence", "refer", "foo.winfo"])
        #expect(message.subscriptionState?.state == .terminated)
        #expect(message.subscriptionState?.reason == "noresource")
        let event = EventPackage("refer", id: "1")
        #expect(event.matches(EventPackage("refer;x=y;ID=1") ?? EventPackage("")))
        #expect(!event.matches(EventPackage("Refer", id: "1")))
        #expect(!event.matches(EventPackage("refer")))
        for text in ["presence.winfo;id=7", "refer;adaptive-min-rate=2"] { expectRoundTrip(text, EventPackage.self) }
        for text in ["", ".a", "a.", "a..b", "a;id", "a;id=\"1\"", "a, b"] {
            #expect(EventPackage(text) == nil, "\(text)")
        }
    }

    @Test func subscriptionStates() throws {
        let state = try #require(SubscriptionState("active; expires=600 ; retry-after=99999999999"))
        #expect(state.state == .active && state.expires == 600 && state.retryAfter == .max)
        #expect(SubscriptionState(.pending, expires: 60).description == "pending;expires=60")
        #expect(SubscriptionState("Waiting")?.state == .other("waiting"))
        for text in ["active", "terminated;reason=giveup;retry-after=5;x=\"a;b\""] {
            expectRoundTrip(text, SubscriptionState.self)
        }
        for text in ["", "active;expires", "active;expires=-1", "active;expires=1;expires=2", "active terminated"] {
            #expect(SubscriptionState(text) == nil, "\(text)")
        }
    }

    // MARK: Publication, dispositions

    @Test func publication() throws {
        let message = try HeaderSample.message("SIP-ETag: dx200xyz", "SIP-If-Match: 12", "d: proxy, recurse")
        #expect(message.sipETag == "dx200xyz" && message.sipIfMatch == "12")
        #expect(message.requestDisposition == ["proxy", "recurse"])
    }
}
