import CoreTypes
import Testing

@testable import SIPCore

@Suite struct DigestClientTests {
    private let uri = SIPURI(host: "192.0.2.195")
    private let credentials = DigestCredentials(username: "Xy7auth", password: "s3cret")

    private func response(_ challenges: [String], status: Int = 407) throws -> SIPMessage {
        var builder = SIPMessageBuilder(copying: try Sample.message(Sample.challenge))
        builder.startLine = .response(status, reason: "")
        builder.remove(.proxyAuthenticate)
        for challenge in challenges {
            try builder.add(status == 407 ? .proxyAuthenticate : .wwwAuthenticate, challenge)
        }
        return try builder.build()
    }

    private func digest(_ nonce: String, _ more: String = "", realm: String = "3CXPhoneSystem") -> String {
        "Digest nonce=\"\(nonce)\",realm=\"\(realm)\"\(more)"
    }

    private func fields(_ answer: DigestClient.Answer) throws -> AuthorizationFields {
        guard case .retry(let headers) = answer else { throw Unexpected() }
        guard let first = AuthorizationFields.all(in: headers.first?.1 ?? "").first else { throw Unexpected() }
        return first
    }

    private func reason(_ answer: DigestClient.Answer) -> DigestClient.Reason? {
        if case .refused(let reason) = answer { reason } else { nil }
    }

    private struct Unexpected: Error {}

    @Test func answers3CX() throws {
        var client = DigestClient(credentials: self.credentials, realms: ["3CXPhoneSystem"])
        var random = SeededRandom(seed: 1)
        let uri = try #require(SIPURI("sip:192.0.2.195;transport=tcp"))
        let answer = client.answer(try Sample.message(Sample.challenge), method: .register, uri: uri, random: &random)
        guard case .retry(let headers) = answer, let header = headers.first else { throw Unexpected() }
        #expect(headers.count == 1)
        #expect(header.0 == .proxyAuthorization)
        // Without a quality of protection: MD5(HA1:nonce:HA2), by `openssl md5` over the same text.
        let nonce = "414d5359601d45a083:47bb22553dc552c83b26fd6b077f78f5"
        let ha1 = hexadecimal(HashFunction.md5.hash(Array("Xy7auth:3CXPhoneSystem:s3cret".utf8)))
        let ha2 = hexadecimal(HashFunction.md5.hash(Array("REGISTER:sip:192.0.2.195;transport=tcp".utf8)))
        let expected = hexadecimal(HashFunction.md5.hash(Array("\(ha1):\(nonce):\(ha2)".utf8)))
        #expect(
            header.1
                == "Digest username=\"Xy7auth\",realm=\"3CXPhoneSystem\",nonce=\"\(nonce)\",uri=\"sip:192.0.2.195;transport=tcp\",response=\"\(expected)\",algorithm=MD5"
        )
        #expect(ha1 == "610888f9f198b2e267031de05e458606")
        #expect(expected == "e9da38afc57169780724e68215fed89d")
    }

    @Test func stopsWhenItsAnswerIsRefused() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        let first = try self.response([self.digest("n1")])
        _ = try self.fields(client.answer(first, method: .register, uri: self.uri, random: &random))
        #expect(
            self.reason(client.answer(first, method: .register, uri: self.uri, random: &random)) == .wrongCredentials
        )
        let fresh = try self.response([self.digest("n2")])
        #expect(
            self.reason(client.answer(fresh, method: .register, uri: self.uri, random: &random)) == .wrongCredentials
        )
        client.finished()
        _ = try self.fields(client.answer(fresh, method: .register, uri: self.uri, random: &random))
    }

    // RFC 7616 section 3.3: stale says that name and password are right, so that it is never the password's fault.
    @Test func answersSomeStaleNoncesAndThenSaysSo() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        _ = client.answer(try self.response([self.digest("n1")]), method: .register, uri: self.uri, random: &random)
        for number in 2...5 {
            let stale = try self.response([self.digest("n\(number)", ",stale=true")])
            let fields = try self.fields(client.answer(stale, method: .register, uri: self.uri, random: &random))
            #expect(fields["nonce"] == "n\(number)")
        }
        let last = try self.response([self.digest("n6", ",stale=true")])
        #expect(self.reason(client.answer(last, method: .register, uri: self.uri, random: &random)) == .staleNonces)
        client.finished()
        // A digest that is refused without that word is a wrong password, however many nonces were stale before.
        _ = client.answer(try self.response([self.digest("n7")]), method: .register, uri: self.uri, random: &random)
        _ = client.answer(
            try self.response([self.digest("n8", ",stale=true")]),
            method: .register,
            uri: self.uri,
            random: &random
        )
        let refused = try self.response([self.digest("n9")])
        #expect(
            self.reason(client.answer(refused, method: .register, uri: self.uri, random: &random)) == .wrongCredentials
        )
    }

    @Test func neverAnswersTheSameNonceTwiceThoughItIsCalledStale() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        let stale = try self.response([self.digest("n1", ",stale=true")])
        _ = try self.fields(client.answer(stale, method: .register, uri: self.uri, random: &random))
        #expect(self.reason(client.answer(stale, method: .register, uri: self.uri, random: &random)) == .staleNonces)
    }

    @Test func neverAnswersAForeignRealm() throws {
        var client = DigestClient(credentials: self.credentials, realms: ["3CXPhoneSystem"])
        var random = SeededRandom(seed: 1)
        let foreign = try self.response([self.digest("n1", realm: "evil")])
        #expect(
            self.reason(client.answer(foreign, method: .bye, uri: self.uri, random: &random)) == .foreignRealm("evil")
        )
        let both = try self.response([self.digest("n1", realm: "evil"), self.digest("n2")])
        let answer = client.answer(both, method: .bye, uri: self.uri, random: &random)
        guard case .retry(let headers) = answer else { throw Unexpected() }
        #expect(headers.count == 1)
        #expect(try self.fields(answer)["nonce"] == "n2")
    }

    @Test func takesTheFirstAlgorithmThatItKnows() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        let unknown = try self.response([self.digest("n1", ",algorithm=SHA-3")])
        #expect(
            self.reason(client.answer(unknown, method: .bye, uri: self.uri, random: &random)) == .unsupportedAlgorithm
        )
        let quality = try self.response([self.digest("n1", ",qop=\"auth-conf\"")])
        #expect(
            self.reason(client.answer(quality, method: .bye, uri: self.uri, random: &random)) == .unsupportedAlgorithm
        )
        let three = try self.response(["SHA-3", "SHA-256", "MD5"].map { self.digest("n", ",algorithm=\($0)") })
        let answer = client.answer(three, method: .bye, uri: self.uri, random: &random)
        #expect(try self.fields(answer)["algorithm"] == "SHA-256")
        #expect(
            self.reason(client.answer(try self.response([]), method: .bye, uri: self.uri, random: &random))
                == .noChallenge
        )
    }

    @Test func countsAndSendsAhead() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        #expect(client.authorization(for: .register, uri: self.uri).isEmpty)
        let challenge = try self.response([self.digest("n1", ",qop=\"auth-int,auth\",opaque=\"o\"")], status: 401)
        let first = try self.fields(client.answer(challenge, method: .register, uri: self.uri, random: &random))
        #expect(first["nc"] == "00000001")
        #expect(first["qop"] == "auth")
        #expect(first["opaque"] == "o")
        client.finished()
        let ahead = client.authorization(for: .register, uri: self.uri)
        #expect(ahead.first?.0 == .authorization)
        let second = try self.fields(.retry(ahead))
        #expect(second["nc"] == "00000002")
        #expect(second["cnonce"] == first["cnonce"])
        // The nonce that was sent ahead has grown old, and the server says so by a new one alone.
        let fresh = try self.response([self.digest("n2", ",qop=\"auth\"")], status: 401)
        let third = try self.fields(client.answer(fresh, method: .register, uri: self.uri, random: &random))
        #expect(third["nc"] == "00000001")
        #expect(
            self.reason(client.answer(fresh, method: .register, uri: self.uri, random: &random)) == .wrongCredentials
        )
    }

    @Test func keepsItsAnswerToTheProxyWhenTheServerAsksToo() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        _ = client.answer(try self.response([self.digest("n1")]), method: .invite, uri: self.uri, random: &random)
        let server = try self.response([self.digest("n2", realm: "other")], status: 401)
        let answer = client.answer(server, method: .invite, uri: self.uri, random: &random)
        guard case .retry(let headers) = answer else { throw Unexpected() }
        #expect(headers.map(\.0) == [.proxyAuthorization, .authorization])
    }

    // Nobody gets four digests of one password to try words against.
    @Test func oneStrangerOfAHeaderIsAnsweredAtMost() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        let four = try self.response(["a", "b", "c", "d"].map { self.digest("n-\($0)", realm: $0) })
        guard case .retry(let headers) = client.answer(four, method: .invite, uri: self.uri, random: &random) else {
            throw Unexpected()
        }
        #expect(headers.map { AuthorizationFields.all(in: $0.1).first?["realm"] } == ["a"])
        // Where a realm is known, it alone is answered; two known ones are, each once.
        var second = DigestClient(credentials: self.credentials)
        let trust = RealmTrust(realms: ["c", "d"], strangers: [.proxyAuthorization])
        let answer = second.answer(four, method: .invite, uri: self.uri, trust: trust, random: &random)
        guard case .retry(let known) = answer else { throw Unexpected() }
        #expect(known.map { AuthorizationFields.all(in: $0.1).first?["realm"] } == ["c", "d"])
        #expect(second.sentRealms.map(\.name) == ["c", "d"])
    }

    @Test func theStrangerIsTheFirstThatCanBeComputed() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        let two = try self.response([self.digest("n1", ",algorithm=SHA-3", realm: "a"), self.digest("n2", realm: "b")])
        let fields = try self.fields(client.answer(two, method: .invite, uri: self.uri, random: &random))
        #expect(fields["realm"] == "b")
        var strict = DigestClient(credentials: self.credentials)
        let none = strict.answer(two, method: .invite, uri: self.uri, trust: .only([]), random: &random)
        #expect(self.reason(none) == .foreignRealm("a"))
    }

    // A registrar that moved to another realm gets the digest of that one alone.
    @Test func whatWasSentAheadForAnOldRealmIsDropped() throws {
        var client = DigestClient(credentials: self.credentials)
        var random = SeededRandom(seed: 1)
        _ = client.answer(
            try self.response([self.digest("n1", realm: "A")]),
            method: .register,
            uri: self.uri,
            random: &random
        )
        client.finished()
        #expect(client.authorization(for: .register, uri: self.uri).count == 1)
        let moved = try self.response([self.digest("n2", realm: "B")])
        guard case .retry(let headers) = client.answer(moved, method: .register, uri: self.uri, random: &random) else {
            throw Unexpected()
        }
        #expect(headers.map { AuthorizationFields.all(in: $0.1).first?["realm"] } == ["B"])
        // Where both are needed after all, the old one asks again, and both are sent.
        let both = try self.response([self.digest("n3", realm: "A")])
        guard case .retry(let chain) = client.answer(both, method: .register, uri: self.uri, random: &random) else {
            throw Unexpected()
        }
        #expect(chain.map { AuthorizationFields.all(in: $0.1).first?["realm"] } == ["B", "A"])
    }

    @Test func quotesAUserName() throws {
        var client = DigestClient(credentials: DigestCredentials(username: "a\"b\\", password: "p"))
        var random = SeededRandom(seed: 1)
        let answer = client.answer(try self.response([self.digest("n")]), method: .bye, uri: self.uri, random: &random)
        #expect(try self.fields(answer)["username"] == "a\\\"b\\\\")
    }
}
