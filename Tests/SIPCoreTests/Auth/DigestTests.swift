import CoreTypes
import Testing

@testable import SIPCore

@Suite struct DigestTests {
    // RFC 2617 section 3.5.
    @Test func agreesWithTheExampleOfRFC2617() {
        let response = DigestResponse.compute(
            algorithm: .md5,
            credentials: DigestCredentials(username: "Mufasa", password: "Circle Of Life"),
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            method: SIPMethod(rawValue: "GET"),
            uri: "/dir/index.html",
            protection: DigestResponse.Protection(qop: "auth", count: "00000001", clientNonce: "0a4f113b")
        )
        #expect(response == "6629fae49393a05397450978507c4ef1")
    }

    // RFC 2069 section 2.4 as its erratum 749 corrects it.
    @Test func agreesWithTheExampleOfRFC2069() {
        let response = DigestResponse.compute(
            algorithm: .md5,
            credentials: DigestCredentials(username: "Mufasa", password: "CircleOfLife"),
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            method: SIPMethod(rawValue: "GET"),
            uri: "/dir/index.html"
        )
        #expect(response == "1949323746fe6a43ef61f9606e7febea")
    }

    // RFC 7616 section 3.9.1.
    @Test(arguments: [
        (DigestAlgorithm.md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ])
    func agreesWithTheExampleOfRFC7616(_ algorithm: DigestAlgorithm, _ expected: String) {
        let response = DigestResponse.compute(
            algorithm: algorithm,
            credentials: DigestCredentials(username: "Mufasa", password: "Circle of Life"),
            realm: "http-auth@example.org",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            method: SIPMethod(rawValue: "GET"),
            uri: "/dir/index.html",
            protection: DigestResponse.Protection(
                qop: "auth",
                count: "00000001",
                clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
            )
        )
        #expect(response == expected)
    }

    @Test func hashesWithEveryFunction() {
        // The hash of "abc": RFC 1321 A.5, FIPS 180-4's examples.
        #expect(hexadecimal(HashFunction.md5.hash(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
        #expect(
            hexadecimal(HashFunction.sha256.hash(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            hexadecimal(HashFunction.sha512Over256.hash(Array("abc".utf8)))
                == "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
        )
        // RFC 4231 case 2.
        #expect(
            hexadecimal(
                HashFunction.authenticationCode(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
            )
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
    }

    @Test func readsChallenges() throws {
        let all = DigestChallenge.all(
            in: "Basic realm=\"x\", Digest realm=\"a, b\", nonce=\"n=1\" ,stale=TRUE,qop=\"auth,auth-int\", DIGEST "
                + "realm=\"c\",nonce=\"d\",algorithm=SHA-256,opaque=\"\""
        )
        #expect(all.count == 2)
        #expect(all.first?.realm == "a, b")
        #expect(all.first?.nonce == "n=1")
        #expect(all.first?.stale == true)
        #expect(all.first?.qop == ["auth", "auth-int"])
        #expect(all.first?.algorithm == .md5)
        #expect(all.last?.algorithm == .sha256)
        #expect(all.last?.opaque == "")
        #expect(DigestChallenge("Digest realm=\"a\"") == nil)
        #expect(DigestChallenge("Digest realm=\"a\",nonce=\"b\",algorithm=AKAv1-MD5")?.algorithm == nil)
        let text = try #require(all.first).description
        #expect(DigestChallenge(text) == all.first)
    }

    /// What is given back in quotes must not be able to end them.
    @Test func endsAtAQuoteInsideAToken() throws {
        #expect(DigestChallenge("Digest realm=\"a\",nonce=b\",opaque=c")?.nonce == "b")
        #expect(DigestChallenge("Digest realm=\"a\",nonce=b\\,opaque=c")?.nonce == "b")
        let odd = try #require(DigestChallenge("Digest realm=\"a\",nonce=\"b\",algorithm=\"x,opaque=y\""))
        #expect(DigestChallenge(odd.description) == odd)
    }

    @Test func neverShowsAPassword() {
        let credentials = DigestCredentials(username: "name", password: "secret")
        #expect(!"\(credentials)".contains("secret"))
        #expect(!String(reflecting: credentials).contains("secret"))
    }
}
