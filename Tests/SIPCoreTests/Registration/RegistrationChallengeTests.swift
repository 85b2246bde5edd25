import CoreTypes
import Testing

@testable import SIPCore

@Suite("Registering: nonces and realms")
struct RegistrationChallengeTests {
    let base = RegistrationTests()

    private func challenge(
        _ request: SIPMessageBuilder,
        _ realms: [String],
        nonce: String,
        status: Int = 401,
        stale: Bool = false
    ) throws -> SIPMessage {
        let name: HeaderName = status == 401 ? .wwwAuthenticate : .proxyAuthenticate
        let values = realms.map { realm in
            (name, "Digest nonce=\"\(nonce)\",realm=\"\(realm)\"" + (stale ? ",stale=TRUE" : ""))
        }
        return try self.base.response(status, to: request, values)
    }

    private func ok(_ request: SIPMessageBuilder) throws -> SIPMessage {
        try self.base.response(200, to: request, contacts: [RegistrationTests.contact + ";expires=60"])
    }

    private func realms(_ builder: SIPMessageBuilder) throws -> [String?] {
        let request = try builder.sent()
        return (request.lines(.authorization) + request.lines(.proxyAuthorization)).map {
            AuthorizationFields.all(in: $0).first?["realm"]
        }
    }

    // Two nodes of a registrar that do not know each other's nonces: stale, stale, taken.
    @Test func staleNoncesOfOtherNodesAreAnswered() throws {
        var registration = try self.base.make()
        var request = try registration.start(now: .zero).request()
        for number in 1...5 {
            let asked = try self.challenge(request, ["pbx"], nonce: "n\(number)", status: 407, stale: number > 1)
            request = try registration.handleResponse(asked, now: .zero).request()
        }
        #expect(registration.handleResponse(try self.ok(request), now: .zero).brief == ["registered 60 1"])
    }

    @Test func nothingButStaleNoncesIsAPassingFailureWithItsOwnWord() throws {
        var registration = try self.base.make()
        var request = try registration.start(now: .zero).request()
        var actions: [Registration.Action] = []
        for number in 1...20 {
            let asked = try self.challenge(request, ["pbx"], nonce: "n\(number)", status: 407, stale: number > 1)
            actions = registration.handleResponse(asked, now: .zero)
            guard let next = actions.requests.first else { break }
            request = next
        }
        #expect(actions.brief == ["failed staleNonces"])
        // Soon, as after any passing trouble.
        #expect(try #require(registration.deadline) <= .seconds(7))
    }

    @Test func theSameNonceCalledStaleIsNotTheWrongPassword() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.base.challenge(first), now: .zero).request()
        let again = registration.handleResponse(try self.base.challenge(second, stale: true), now: .zero)
        #expect(again.brief == ["failed staleNonces"])
    }

    @Test func aWrongPasswordIsCountedAnewAfterASuccess() throws {
        var registration = try self.base.make()
        var now = Instant.zero
        func refuse() throws -> Duration {
            var request = try registration.start(now: now).request()
            for number in 1...2 {
                let asked = try self.challenge(request, ["pbx"], nonce: "\(now)\(number)")
                request = registration.handleResponse(asked, now: now).requests.first ?? request
            }
            return try #require(registration.deadline) - now
        }
        for _ in 1...2 {
            #expect(try refuse() < .seconds(100))
            now += .seconds(100)
        }
        #expect(try refuse() >= .seconds(900))
        let request = try registration.start(now: now).request()
        _ = registration.handleResponse(try self.ok(request), now: now)
        now += .seconds(50)
        #expect(try refuse() < .seconds(100))
    }

    // MARK: Realms

    @Test func onlyWhatWasAcceptedIsLearned() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.challenge(first, ["A"], nonce: "n1"), now: .zero)
            .request()
        #expect(registration.acceptedRealms.isEmpty)
        _ = registration.handleResponse(try self.base.response(403, to: second), now: .zero)
        #expect(registration.acceptedRealms.isEmpty)
        let third = try registration.start(now: .seconds(60)).request()
        _ = registration.handleResponse(try self.ok(third), now: .seconds(60))
        #expect(registration.acceptedRealms.map(\.name) == ["A"], "what was sent ahead and let through counts")
    }

    @Test func aRegistrarThatMovesGetsOneDigestAndIsLearnedAnew() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.challenge(first, ["A"], nonce: "n1"), now: .zero)
            .request()
        _ = registration.handleResponse(try self.ok(second), now: .zero)
        var now = Instant.seconds(55)
        for number in 1...6 {
            let realm = number % 2 == 1 ? "B" : "A"
            let ahead = try registration.handleTimeout(now: now).request()
            #expect(try self.realms(ahead).count == 1)
            let asked = try self.challenge(ahead, [realm], nonce: "m\(number)")
            let answer = try registration.handleResponse(asked, now: now).request()
            #expect(try self.realms(answer) == [realm])
            _ = registration.handleResponse(try self.ok(answer), now: now)
            #expect(registration.acceptedRealms.last == DigestRealm(header: .authorization, name: realm))
            now += .seconds(55)
        }
        #expect(registration.acceptedRealms.count == 2)
    }

    // The registrar asks with 401, the proxy in front of it with 407: both want theirs, now and at each refresh.
    @Test func aRegistrarBehindAProxyKeepsBothDigests() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        let second = try registration.handleResponse(try self.challenge(first, ["home"], nonce: "n1"), now: .zero)
            .request()
        let third = try registration.handleResponse(
            try self.challenge(second, ["edge"], nonce: "n2", status: 407),
            now: .zero
        ).request()
        #expect(try self.realms(third) == ["home", "edge"])
        #expect(registration.handleResponse(try self.ok(third), now: .zero).brief == ["registered 60 1"])
        #expect(registration.acceptedRealms.map(\.name) == ["home", "edge"])
        let refresh = try registration.handleTimeout(now: .seconds(55)).request()
        #expect(try self.realms(refresh) == ["home", "edge"])
        let stale = try self.challenge(refresh, ["edge"], nonce: "n3", status: 407, stale: true)
        let again = try registration.handleResponse(stale, now: .seconds(55)).request()
        #expect(try self.realms(again) == ["home", "edge"])
    }

    @Test func fourRealmsAtOnceGetOneDigest() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        let asked = try self.challenge(first, ["a", "b", "c", "d"], nonce: "n")
        let answer = try registration.handleResponse(asked, now: .zero).request()
        #expect(try self.realms(answer) == ["a"])
    }

    @Test func severalConfiguredRealmsMayAsk() throws {
        var registration = try self.base.make(realms: ["one", "two"])
        let first = try registration.start(now: .zero).request()
        let asked = try self.challenge(first, ["thief", "two"], nonce: "n")
        #expect(try self.realms(try registration.handleResponse(asked, now: .zero).request()) == ["two"])
    }

    @Test func challengesWithoutEndAreALoopAndNoWrongPassword() throws {
        var registration = try self.base.make()
        var request = try registration.start(now: .zero).request()
        var actions: [Registration.Action] = []
        for number in 1...50 {
            let status = number % 2 == 0 ? 407 : 401
            let asked = try self.challenge(request, ["realm\(number)"], nonce: "n\(number)", status: status)
            actions = registration.handleResponse(asked, now: .zero)
            guard let next = actions.requests.first else { break }
            #expect(try self.realms(next).count <= 4)
            request = next
        }
        #expect(["failed challengeLoop", "failed unsupportedChallenge"].contains(actions.brief.first))
    }
}
