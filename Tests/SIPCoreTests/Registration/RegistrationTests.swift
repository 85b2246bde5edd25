import CoreTypes
import Testing

@testable import SIPCore

@Suite("Registering")
struct RegistrationTests {
    static let contact = "<sip:bot@192.0.2.1:5060;rinstance=ab12>"

    func make(
        expires: Int64 = 60,
        credentials: Bool = true,
        realms: [String] = [],
        seed: UInt64 = 1
    ) throws -> Registration {
        Registration(
            configuration: .init(
                registrar: try #require(SIPURI("sip:pbx.example")),
                addressOfRecord: try #require(NameAddress("<sip:101@pbx.example>")),
                contact: try #require(NameAddress(Self.contact)),
                expires: .seconds(expires),
                credentials: credentials ? DigestCredentials(username: "q8Zk", password: "secret") : nil,
                realms: realms
            ),
            callID: "registration-1",
            random: SeededRandom(seed: seed)
        )
    }

    func response(
        _ status: Int,
        to request: SIPMessageBuilder,
        contacts: [String] = [],
        _ headers: [(HeaderName, String)] = []
    ) throws -> SIPMessage {
        let all = contacts.map { (HeaderName.contact, $0) } + headers
        return try Peer.response(status, to: request, tag: "registrar", contact: nil, headers: all)
    }

    // Just as a 3CX challenges: 407, no qop.
    func challenge(
        _ request: SIPMessageBuilder,
        nonce: String = "n1",
        stale: Bool = false,
        realm: String = "3CXPhoneSystem"
    ) throws -> SIPMessage {
        let value = "Digest nonce=\"\(nonce)\",algorithm=MD5,realm=\"\(realm)\"" + (stale ? ",stale=TRUE" : "")
        return try self.response(407, to: request, [(.proxyAuthenticate, value)])
    }

    func registered(expires: Int64 = 60, granted: String = "60") throws -> Registration {
        var registration = try self.make(expires: expires)
        let first = try registration.start(now: .zero).request()
        let ok = try self.response(200, to: first, contacts: [Self.contact + ";expires=\(granted)"])
        _ = registration.handleResponse(ok, now: .zero)
        return registration
    }

    @Test func bindsAndSaysSo() throws {
        var registration = try self.make()
        let builder = try registration.start(now: .zero).request()
        let request = try builder.sent()
        #expect(request.requestURIText == "sip:pbx.example")
        #expect(request.to.description == "<sip:101@pbx.example>")
        #expect(request.from.uri == request.to.uri)
        #expect(request.from.tag?.isEmpty == false)
        #expect(request.first(.contact) == Self.contact + ";expires=60")
        #expect(request.expires == 60)
        #expect(request.cSeq == CSeq(number: 1, method: .register))
        #expect(request.callID == "registration-1")
        #expect(request.first(.proxyAuthorization) == nil)
        // Nothing else is sent while that one is on its way.
        #expect(registration.start(now: .zero).isEmpty)
        let ok = try self.response(200, to: builder, contacts: [Self.contact + ";expires=60"])
        let actions = registration.handleResponse(ok, now: .zero)
        #expect(actions.brief == ["registered 60 1"])
        #expect(registration.state == .registered)
        #expect(registration.isBound(now: .seconds(59)))
        #expect(!registration.isBound(now: .seconds(60)))
    }

    // 60 s are refreshed at 55; nothing ever later than granted.
    @Test(arguments: [
        (60.0, 55.0), (55, 50), (120, 110), (600, 550), (3600, 3540), (86_400, 86_340), (8, 4), (3, 1.5), (1, 1),
    ])
    func refreshTimes(granted: Double, at: Double) throws {
        // No registrar may grant more than was asked for (RFC 3261 section 10.3).
        let wish = max(60, Int64(granted))
        var registration = try self.registered(expires: wish, granted: "\(Int(granted))")
        #expect(registration.deadline == .seconds(at))
        #expect(registration.handleTimeout(now: .seconds(at - 0.001)).isEmpty)
        let refresh = try registration.handleTimeout(now: .seconds(at)).request().sent()
        #expect(refresh.cSeq.number == 2)
        #expect(refresh.callID == "registration-1")
        #expect(refresh.first(.contact) == Self.contact + ";expires=\(wish)")
    }

    @Test func slowAnswerCountsFromTheRequest() throws {
        var registration = try self.make()
        let first = try registration.start(now: .seconds(10)).request()
        let ok = try self.response(200, to: first, contacts: [Self.contact + ";expires=60"])
        _ = registration.handleResponse(ok, now: .seconds(20))
        #expect(registration.deadline == .seconds(65))
        #expect(registration.boundUntil == .seconds(70))
    }

    @Test func manyRefreshesKeepCallIDAndCount() throws {
        var registration = try self.registered()
        for round in 2...20 {
            let now = try #require(registration.deadline)
            let builder = try registration.handleTimeout(now: now).request()
            let request = try builder.sent()
            #expect(request.cSeq.number == UInt32(round))
            #expect(request.callID == "registration-1")
            #expect(now <= .seconds(Double(60 * (round - 1))))
            _ = registration.handleResponse(
                try self.response(200, to: builder, contacts: [Self.contact + ";expires=60"]),
                now: now
            )
        }
        #expect(registration.state == .registered)
    }

    @Test func grantComesFromOurOwnContact() throws {
        var registration = try self.make(expires: 3600)
        let first = try registration.start(now: .zero).request()
        let others = ["<sip:101@192.0.2.50:5062;rinstance=zz>;expires=30", Self.contact + ";expires=120"]
        let actions = registration.handleResponse(
            try self.response(200, to: first, contacts: others, [(.expires, "600")]),
            now: .zero
        )
        #expect(actions.brief == ["registered 120 2"])
        guard case .event(.registered(_, let contacts)) = actions[0] else { return }
        #expect(contacts.map { registration.isOwn($0) } == [false, true])
    }

    @Test func grantComesFromExpiresThenFromTheWish() throws {
        var registration = try self.make(expires: 90)
        let first = try registration.start(now: .zero).request()
        let ok = try self.response(200, to: first, contacts: [Self.contact], [(.expires, "70")])
        #expect(registration.handleResponse(ok, now: .zero).brief == ["registered 70 1"])
        let second = try registration.handleTimeout(now: .seconds(65)).request()
        #expect(
            registration.handleResponse(try self.response(200, to: second), now: .seconds(65)).brief == [
                "registered 90 0"
            ]
        )
    }

    // A registrar beyond a NAT lists the address that it saw.
    @Test func loneRewrittenContactIsTakenForOurs() throws {
        var registration = try self.make(expires: 3600)
        let first = try registration.start(now: .zero).request()
        let ok = try self.response(200, to: first, contacts: ["<sip:101@203.0.113.9:41000>;expires=45"])
        #expect(registration.handleResponse(ok, now: .zero).brief == ["registered 45 1"])
    }

    @Test func nothingGrantedIsAFailure() throws {
        var registration = try self.make()
        let first = try registration.start(now: .zero).request()
        let ok = try self.response(200, to: first, contacts: [Self.contact + ";expires=0"])
        #expect(registration.handleResponse(ok, now: .zero).brief == ["failed notGranted"])
        #expect(registration.state == .backingOff)
    }

    // MARK: Challenges

    @Test(arguments: [401, 407])
    func challengeIsAnsweredOnce(status: Int) throws {
        var registration = try self.make()
        let first = try registration.start(now: .zero).request()
        let name: HeaderName = status == 401 ? .wwwAuthenticate : .proxyAuthenticate
        let asked = try self.response(
            status,
            to: first,
            [(name, "Digest nonce=\"n1\",algorithm=MD5,realm=\"3CXPhoneSystem\"")]
        )
        let second = try registration.handleResponse(asked, now: .zero).request()
        let request = try second.sent()
        #expect(request.cSeq.number == 2)
        #expect(request.callID == "registration-1")
        let credentials = try #require(request.first(status == 401 ? .authorization : .proxyAuthorization))
        // The authentication ID, not the extension; RFC 2069's form, since there is no qop.
        #expect(credentials.contains("username=\"q8Zk\""))
        #expect(credentials.contains("uri=\"sip:pbx.example\""))
        #expect(!credentials.contains("qop"))
        #expect(!credentials.contains("cnonce"))
        let ok = try self.response(200, to: second, contacts: [Self.contact + ";expires=60"])
        #expect(registration.handleResponse(ok, now: .zero).brief == ["registered 60 1"])
    }

    @Test func wrongPasswordStopsAndWaits() throws {
        var registration = try self.make()
        var sent = [try registration.start(now: .zero).request()]
        var now = Instant.zero
        var waits: [Duration] = []
        // An hour of a registrar that refuses every answer, each time with a fresh nonce.
        for number in 0..<1000 where now < .seconds(3600) {
            let actions = registration.handleResponse(
                try self.challenge(try #require(sent.last), nonce: "n\(number)"),
                now: now
            )
            if let next = actions.requests.first {
                sent.append(next)
                continue
            }
            #expect(actions.brief == ["failed wrongCredentials"])
            let deadline = try #require(registration.deadline)
            waits.append(deadline - now)
            now = deadline
            sent.append(try registration.handleTimeout(now: now).request())
        }
        let first = try #require(waits.first)
        #expect(first >= .seconds(30) && first <= .seconds(38))
        // A PBX that counts wrong passwords sees three in the first minutes, and then four an hour.
        #expect(waits.prefix(2).allSatisfy { $0 >= .seconds(30) && $0 <= .seconds(75) })
        #expect(waits.dropFirst(2).allSatisfy { $0 >= .seconds(900) && $0 <= .seconds(960) })
        // Each try is one REGISTER without credentials and one with.
        #expect(sent.count == 2 * waits.count + 1)
        #expect(waits.count <= 6)
    }

    @Test func refreshSendsCredentialsAheadAndTakesAFreshNonce() throws {
        var registration = try self.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.challenge(first), now: .zero).request()
        _ = registration.handleResponse(
            try self.response(200, to: second, contacts: [Self.contact + ";expires=60"]),
            now: .zero
        )
        let refresh = try registration.handleTimeout(now: .seconds(55)).request()
        #expect(try refresh.sent().first(.proxyAuthorization)?.contains("nonce=\"n1\"") == true)
        // The nonce is too old, although the PBX does not say stale.
        let again = try registration.handleResponse(try self.challenge(refresh, nonce: "n2"), now: .seconds(55))
            .request()
        #expect(try again.sent().first(.proxyAuthorization)?.contains("nonce=\"n2\"") == true)
        let ok = try self.response(200, to: again, contacts: [Self.contact + ";expires=60"])
        #expect(registration.handleResponse(ok, now: .seconds(55)).brief == ["registered 60 1"])
    }

    @Test func withoutCredentialsOrInAForeignRealm() throws {
        var registration = try self.make(credentials: false)
        let first = try registration.start(now: .zero).request()
        #expect(registration.handleResponse(try self.challenge(first), now: .zero).brief == ["failed noCredentials"])
        var pinned = try self.make(realms: ["3CXPhoneSystem"])
        let second = try pinned.start(now: .zero).request()
        let foreign = pinned.handleResponse(try self.challenge(second, realm: "evil.example"), now: .zero)
        #expect(foreign.brief == ["failed foreignRealm(\"evil.example\")"])
        #expect(foreign.requests.isEmpty)
    }

    // MARK: Failures

    @Test func tooShortIsLengthenedOnce() throws {
        var registration = try self.make(expires: 60)
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(
            try self.response(423, to: first, [(.minExpires, "120")]),
            now: .zero
        ).request()
        #expect(try second.sent().expires == 120)
        #expect(try second.sent().cSeq.number == 2)
        let again = registration.handleResponse(try self.response(423, to: second, [(.minExpires, "240")]), now: .zero)
        #expect(again.brief.first?.hasPrefix("failed rejected(status: 423") == true)
    }

    @Test(arguments: [nil, "0", "60", "4294967295", "x", "99999999999999999999"] as [String?])
    func uselessMinExpiresFails(value: String?) throws {
        var registration = try self.make(expires: 60)
        let first = try registration.start(now: .zero).request()
        let answer = try self.response(423, to: first, value.map { [(.minExpires, $0)] } ?? [])
        let actions = registration.handleResponse(answer, now: .zero)
        #expect(actions.requests.isEmpty)
        #expect(registration.state == .backingOff)
    }

    @Test(arguments: [
        (408, 5.0, 7.0), (500, 5, 7), (503, 5, 7), (403, 30, 38), (404, 30, 38), (302, 30, 38), (603, 30, 38),
    ])
    func refusalsWait(status: Int, least: Double, most: Double) throws {
        var registration = try self.make()
        let first = try registration.start(now: .zero).request()
        let actions = registration.handleResponse(try self.response(status, to: first), now: .zero)
        #expect(actions.brief.first?.hasPrefix("failed rejected(status: \(status)") == true)
        let deadline = try #require(registration.deadline)
        #expect(deadline >= .seconds(least) && deadline <= .seconds(most))
    }

    @Test func silenceWaitsLongerEachTimeAndSpreads() throws {
        var firstWaits: Set<Duration> = []
        for seed in 0..<20 {
            var registration = try self.make(seed: UInt64(seed))
            _ = registration.start(now: .zero)
            var now = Instant.zero
            var waits: [Duration] = []
            for _ in 0..<10 {
                now += .seconds(32)
                #expect(
                    registration.handleFailure(.timeout, now: now).brief == [
                        "failed noResponse(SIPCore.TransactionFailure.timeout)"
                    ]
                )
                let deadline = try #require(registration.deadline)
                waits.append(deadline - now)
                now = deadline
                #expect(registration.handleTimeout(now: now).requests.count == 1)
            }
            #expect(waits.allSatisfy { $0 >= .seconds(5) && $0 <= .seconds(300) })
            #expect(try #require(waits.first) <= .seconds(7))
            #expect(try #require(waits.last) >= .seconds(225))
            firstWaits.insert(waits[2])
        }
        #expect(firstWaits.count > 5)
    }

    @Test func successForgetsTheFailures() throws {
        var registration = try self.make()
        _ = registration.start(now: .zero)
        for _ in 0..<6 {
            _ = registration.handleFailure(.timeout, now: .zero)
            _ = registration.start(now: .zero)
        }
        let builder = try registration.startAgain(now: .zero)
        _ = registration.handleResponse(
            try self.response(200, to: builder, contacts: [Self.contact + ";expires=60"]),
            now: .zero
        )
        _ = registration.handleTimeout(now: .seconds(55))
        _ = registration.handleFailure(.timeout, now: .seconds(87))
        #expect(try #require(registration.deadline) <= .seconds(94))
    }

    @Test func retryAfterIsHonoredWithinReason() throws {
        for (value, least, most) in [("90", 90.0, 90.0), ("999999999", 3600, 3600), ("1", 5, 7)] {
            var registration = try self.make()
            let first = try registration.start(now: .zero).request()
            _ = registration.handleResponse(try self.response(503, to: first, [(.retryAfter, value)]), now: .zero)
            let deadline = try #require(registration.deadline)
            #expect(deadline >= .seconds(least) && deadline <= .seconds(most))
        }
    }

    // An owner that never tells the end of a transaction does not stop the registration for good.
    @Test func lostTransactionIsGivenUp() throws {
        var registration = try self.make()
        _ = registration.start(now: .zero)
        #expect(registration.deadline == .seconds(64))
        #expect(
            registration.handleTimeout(now: .seconds(64)).brief == [
                "failed noResponse(SIPCore.TransactionFailure.timeout)"
            ]
        )
        #expect(registration.state == .backingOff)
    }

    @Test func foreignAndLateResponsesAreIgnored() throws {
        var registration = try self.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.challenge(first), now: .zero).request()
        let late = try self.response(200, to: first, contacts: [Self.contact + ";expires=60"])
        #expect(registration.handleResponse(late, now: .zero).isEmpty)
        #expect(registration.handleResponse(try self.response(100, to: second), now: .zero).isEmpty)
        #expect(registration.state == .registering)
        _ = registration.handleResponse(try self.response(200, to: second, contacts: [Self.contact]), now: .zero)
        #expect(registration.handleResponse(late, now: .zero).isEmpty)
    }
}

extension Registration {
    /// The REGISTER that is on its way as one that a test answers; starts one if none is.
    fileprivate mutating func startAgain(now: Instant) throws -> SIPMessageBuilder {
        _ = self.handleFailure(.timeout, now: now)
        return try self.start(now: now).request()
    }
}
