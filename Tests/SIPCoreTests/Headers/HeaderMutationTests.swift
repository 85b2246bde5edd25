import CoreTypes
import Testing

@testable import SIPCore

/// 10 000 mutations of each kind of value: nothing traps, and what is read is written and read again as the same.
@Suite struct HeaderMutationTests {
    private static let pieces: [[UInt8]] = [
        "\r\n ", "\n", "\r", " ", "\t", ":", ";", ",", "\"", "<", ">", "=", "@", "%", "%00", "\\", "[", "]", "?", "*",
        "(",
        ")", "/", ".", "-", "!", "#", "#>=", "\0", "4294967295", "4294967296", "99999999999999999999", ";q=0.5",
        "\u{FF}", "é", ";a=\"b\"", ";;",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 3: bytes.removeSubrange(place..<min(place + Int(random.next() % 8), bytes.count))
            default:
                let end = min(place + Int(random.next() % 20), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    private func mutateValues<Value: SIPHeaderValue>(_ type: Value.Type, _ seeds: String...) {
        var random = SeededRandom(seed: 3261)
        var accepted = 0
        for seed in seeds { #expect(Value(seed) != nil, "\(seed)") }
        for index in 0..<10_000 {
            let bytes = Self.mutate(Array(seeds[index % seeds.count].utf8), &random)
            let text = String(decoding: bytes, as: UTF8.self)
            guard let value = Value(text) else { continue }
            accepted += 1
            let written = value.description
            if Value(written) != value || written.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
                Issue.record("\(type): \(text.debugDescription) is written as \(written.debugDescription)")
                return
            }
        }
        // Were all refused, the mutations would test nothing but the first bytes.
        #expect(accepted > 100, "\(type)")
    }

    @Test func valuesOfRFC3261() {
        self.mutateValues(MediaType.self, "multipart/mixed;boundary=\"a, b\"", "text/*;q=0.3")
        self.mutateValues(Preference.self, "gzip;q=0.5", "*")
        self.mutateValues(InfoReference.self, "<http://a.example/x,y>;purpose=icon;a=\"b\"")
        self.mutateValues(OptionTags.self, "100rel, timer,path")
        self.mutateValues(AuthorizationValue.self, "Digest realm=\"a, b\", nonce=\"c\\\"d\", stale=true, qop=auth")
        self.mutateValues(AuthenticationInfo.self, "nextnonce=\"a\", nc=00000001")
        self.mutateValues(ContentDisposition.self, "session;handling=optional")
        self.mutateValues(MIMEVersion.self, "1.0")
        self.mutateValues(SIPDate.self, "Sat, 13 Nov 2010 23:29:00 GMT")
        self.mutateValues(Priority.self, "non-urgent")
        self.mutateValues(Quality.self, "0.75")
        self.mutateValues(RetryAfter.self, "120 (I'm in (a) meeting);duration=5;x=\"y\"")
        self.mutateValues(Timestamp.self, "54.3 0.9")
        self.mutateValues(Warning.self, "307 isi.edu:5060 \"Session parameter \\\"foo\\\"\"")
    }

    @Test func valuesOfExtensions() {
        self.mutateValues(RAck.self, "776656 1 INVITE")
        self.mutateValues(Privacy.self, "id;user;critical")
        self.mutateValues(Reason.self, "SIP;cause=200;text=\"a, \\\"b\"", "Q.850;text=Call completed;cause=1")
        self.mutateValues(Replaces.self, "98732@sip.example;from-tag=r33;to-tag=ff8;early-only")
        self.mutateValues(ReferredBy.self, "\"A\" <sip:r@ref.example>;cid=\"1@x\"", "sip:a@b;c=d")
        self.mutateValues(SessionExpires.self, "4000;refresher=uac")
        self.mutateValues(MinSE.self, "90;a=b")
        self.mutateValues(ReferSub.self, "false;a=b")
        self.mutateValues(ContactPreference.self, "*;audio;methods=\"INVITE,!BYE\";require")
        self.mutateValues(Diversion.self, "\"B, C\" <sip:b@c.example>;reason=no-answer;counter=1;privacy=\"full\"")
        self.mutateValues(RemotePartyID.self, "\"100\"<sip:100@192.0.2.195>;party=calling;screen=yes")
        self.mutateValues(EventPackage.self, "presence.winfo;id=7")
        self.mutateValues(SubscriptionState.self, "terminated;reason=giveup;retry-after=5;expires=1")
        self.mutateValues(HistoryInfo.self, "<sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1.2;rc=1.1")
    }

    @Test func featuresTakeAnyText() {
        var random = SeededRandom(seed: 3840)
        let seeds = ["INVITE,!BYE,TRUE", "#>=5,#1:2.5,!#=-3", "<a, \"b\">"].map { Array($0.utf8) }
        for index in 0..<10_000 {
            let text = String(decoding: Self.mutate(seeds[index % 3], &random), as: UTF8.self)
            guard let value = FeatureValue(text) else { continue }
            #expect(FeatureValue(value.description) == value, "\(text)")
            _ = value.contains("5")
        }
    }

    @Test func messagesTakeAnyHeaders() {
        var random = SeededRandom(seed: 4475)
        let seeds = HeaderVerdictTests.faults.map { Array($0.replacing("§", with: "").utf8) }
        var read = 0
        for _ in 0..<10_000 {
            let lines = (0..<3).map { _ -> String in
                let seed = seeds.randomElement(using: &random) ?? []
                return String(decoding: Self.mutate(seed, &random), as: UTF8.self)
            }
            guard let message = try? SIPMessage(HeaderSample.wire(lines)) else { continue }
            read += 1
            for verdict in message.verdicts { #expect((0..<message.length).contains(verdict.offset)) }
            readEveryTypedHeader(message)
        }
        #expect(read > 1_000)
    }
}

/// Reads every typed property, for the tests that feed any bytes.
func readEveryTypedHeader(_ message: SIPMessage) {
    _ = (message.accept, message.acceptEncoding, message.acceptLanguage, message.alertInfo, message.callInfo)
    _ = (message.errorInfo, message.allow, message.supported, message.require, message.proxyRequire)
    _ = (message.unsupported, message.authenticationInfo, message.authorizationValues(.authorization))
    _ = (message.contentDisposition, message.contentEncoding, message.contentLanguage, message.mediaType, message.date)
    _ = (message.inReplyTo, message.mimeVersion, message.organization, message.priority, message.replyTo)
    _ = (message.retryAfterDetails, message.server, message.userAgent, message.subject, message.timestamp?.delay)
    _ = (message.warnings, message.rSeq, message.rAck, message.privacy, message.assertedIdentities)
    _ = (
        message.preferredIdentities, message.reasons, message.path, message.serviceRoute, message.referTo?.uri.replaces
    )
    _ = (message.contacts.map { ($0.parameters.features.count, $0.instanceID, $0.publicGRUU, $0.quality) })
    _ = (message.acceptContact, message.rejectContact, message.requestDisposition, message.replaces, message.join)
    _ = (message.referredBy, message.sessionExpires?.refresher, message.minSE, message.referSub, message.flowTimer)
    _ = (message.diversions.map { ($0.counter, $0.limit) }, message.event, message.subscriptionState?.expires)
    _ = (message.allowEvents, message.historyInfo.map { ($0.index, $0.origin?.index, $0.reason, $0.privacy) })
    _ = (message.accessNetworkInfo, message.associatedURIs, message.calledPartyID, message.visitedNetworkIDs)
    _ = (message.chargingVector, message.remotePartyIDs, message.sipETag, message.sipIfMatch)
}
