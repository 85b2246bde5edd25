import CoreTypes
import Testing

@testable import SIPCore

@Suite struct DigestAuthenticatorTests {
    private let uri = SIPURI(host: "pbx.example")
    private let key = [UInt8](repeating: 7, count: 32)

    /// A REGISTER with whatever credentials a client makes for a challenge.
    private func request(
        _ challenge: DigestChallenge,
        password: String,
        client: inout DigestClient
    ) throws -> SIPMessage {
        var random = SeededRandom(seed: 1)
        var builder = SIPMessageBuilder(copying: try Sample.message(Sample.challenge))
        try builder.replace(.proxyAuthenticate, challenge.description)
        let answer = client.answer(try builder.build(), method: .register, uri: self.uri, random: &random)
        guard case .retry(let headers) = answer else { throw Refused() }
        return try self.request(headers)
    }

    private struct Refused: Error {}

    private func request(_ headers: [(HeaderName, String)]) throws -> SIPMessage {
        var builder = SIPMessageBuilder(request: .register, uri: self.uri)
        try builder.add(.via, "SIP/2.0/UDP a;branch=z9hG4bK1")
        try builder.add(.from, "<sip:100@pbx.example>;tag=1")
        try builder.add(.to, "<sip:100@pbx.example>")
        try builder.add(.callID, "1")
        try builder.add(.cSeq, "1 REGISTER")
        for (name, value) in headers { try builder.add(name, value) }
        return try builder.build()
    }

    @Test(
        arguments: [DigestAlgorithm.md5, .md5Session, .sha256, .sha256Session, .sha512Over256, .sha512Over256Session],
        [false, true]
    )
    func acceptsTheRightPasswordAlone(_ algorithm: DigestAlgorithm, _ protection: Bool) throws {
        var server = DigestAuthenticator(
            realm: "3CXPhoneSystem",
            key: self.key,
            algorithm: algorithm,
            offersProtection: protection
        )
        let now = Instant.zero + .seconds(5)
        let challenge = server.challenge(now: now)
        for (password, expected) in [
            ("right", DigestAuthenticator.Verdict.accepted(username: "auth")), ("wrong", .refused(username: "auth")),
        ] {
            var client = DigestClient(credentials: DigestCredentials(username: "auth", password: password))
            let request = try self.request(challenge, password: password, client: &client)
            #expect(
                server.verify(request, header: .proxyAuthorization, now: now) { $0 == "auth" ? "right" : nil }
                    == expected
            )
            #expect(
                server.verify(request, header: .authorization, now: now) { _ in "right" } == .challenge(stale: false)
            )
        }
    }

    @Test func refusesAnUnknownUser() throws {
        var server = DigestAuthenticator(realm: "r", key: self.key)
        var client = DigestClient(credentials: DigestCredentials(username: "x", password: "p"))
        let request = try self.request(server.challenge(now: .zero), password: "p", client: &client)
        #expect(server.verify(request, header: .proxyAuthorization, now: .zero) { _ in nil } == .refused(username: "x"))
    }

    @Test func callsAnOldNonceStale() throws {
        var server = DigestAuthenticator(realm: "r", key: self.key, lifetime: .seconds(30))
        var client = DigestClient(credentials: DigestCredentials(username: "x", password: "p"))
        let request = try self.request(server.challenge(now: .zero), password: "p", client: &client)
        let late = Instant.zero + .seconds(31)
        #expect(server.verify(request, header: .proxyAuthorization, now: late) { _ in "p" } == .challenge(stale: true))
    }

    @Test func knowsItsOwnNonces() throws {
        var server = DigestAuthenticator(realm: "r", key: self.key)
        let other = DigestAuthenticator(realm: "r", key: [1, 2, 3])
        var client = DigestClient(credentials: DigestCredentials(username: "x", password: "p"))
        let request = try self.request(other.challenge(now: .zero), password: "p", client: &client)
        #expect(
            server.verify(request, header: .proxyAuthorization, now: .zero) { _ in "p" } == .challenge(stale: false)
        )
    }

    @Test func takesEachNonceCountOnce() throws {
        var server = DigestAuthenticator(realm: "r", key: self.key, offersProtection: true, limit: 4)
        var client = DigestClient(credentials: DigestCredentials(username: "x", password: "p"))
        let request = try self.request(server.challenge(now: .zero), password: "p", client: &client)
        #expect(
            server.verify(request, header: .proxyAuthorization, now: .zero) { _ in "p" } == .accepted(username: "x")
        )
        #expect(server.verify(request, header: .proxyAuthorization, now: .zero) { _ in "p" } == .challenge(stale: true))
        let ahead = try self.request(client.authorization(for: .register, uri: self.uri))
        #expect(server.verify(ahead, header: .proxyAuthorization, now: .zero) { _ in "p" } == .accepted(username: "x"))
    }

    @Test func refusesCredentialsOfAnotherRequest() throws {
        var server = DigestAuthenticator(realm: "r", key: self.key)
        var client = DigestClient(credentials: DigestCredentials(username: "x", password: "p"))
        let made = try self.request(server.challenge(now: .zero), password: "p", client: &client)
        var moved = SIPMessageBuilder(copying: made)
        moved.startLine = .request(.register, uri: "sip:other.example")
        let request = try moved.build()
        #expect(server.verify(request, header: .proxyAuthorization, now: .zero) { _ in "p" } == .refused(username: "x"))
    }
}
