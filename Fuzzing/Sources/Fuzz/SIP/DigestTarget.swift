import CoreTypes
import SIPCore

/// Digest authentication: challenges and credentials of any bytes, and an honest client and server with any names.
///
/// The input is a byte that says which, and one to three lines.
enum DigestTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        switch input.choice(4) {
        case 0: self.challenge(input.rest())
        case 1: self.credentials(input.rest())
        case 2: self.dance(&input)
        default: self.honest(&input)
        }
    }

    private static let credentials = DigestCredentials(username: "100", password: "secret")
    private static let uri = SIPURI(user: "100", host: "pbx.example")

    /// A challenge is written so that it is read as the same.
    private static func challenge(_ bytes: [UInt8]) {
        let value = String(decoding: bytes, as: UTF8.self)
        for challenge in DigestChallenge.all(in: value) {
            let text = challenge.description
            let again = DigestChallenge(text)
            check(again?.realm == challenge.realm && again?.nonce == challenge.nonce, "written as \(text)")
            check(again?.stale == challenge.stale && again?.opaque == challenge.opaque, "written as \(text)")
            _ = challenge.algorithm
        }
    }

    /// Nobody gets in without the password; forging takes more than a fuzzer's luck.
    private static func credentials(_ bytes: [UInt8]) {
        for header in [HeaderName.authorization, .proxyAuthorization] {
            guard let request = self.message("REGISTER sip:pbx.example SIP/2.0", "1 REGISTER", header, bytes) else {
                continue
            }
            for protects in [false, true] {
                var authenticator = self.authenticator("pbx.example", .md5, protects)
                let verdict = authenticator.verify(request, header: header, now: .zero) { _ in "secret" }
                if case .accepted = verdict { fatalError("accepted without the password") }
            }
        }
    }

    /// However often a server challenges, the client gives up.
    private static func dance(_ input: inout FuzzInput) {
        let realm = input.flag() ? "pbx.example" : nil
        var client = DigestClient(credentials: self.credentials, realms: realm.map { [$0] } ?? [])
        var random = SeededRandom(seed: 1)
        var answered: [UInt8]?
        for _ in 0..<16 where !input.isEmpty {
            let command = input.byte()
            let value = input.record(endingWith: 0x0A)
            let isProxy = command & 1 == 1
            guard
                let response = self.message(
                    isProxy ? "SIP/2.0 407 Proxy Authentication Required" : "SIP/2.0 401 Unauthorized",
                    "1 INVITE",
                    isProxy ? .proxyAuthenticate : .wwwAuthenticate,
                    value
                )
            else { continue }
            switch client.answer(response, method: .invite, uri: self.uri, body: value[...], random: &random) {
            case .retry(let headers):
                check(!headers.isEmpty && headers.count <= 8, "\(headers.count) headers")
                if let realm {
                    // Only the pinned realm hears anything that is made of the password.
                    for (_, text) in headers {
                        check(text.contains("realm=\"\(realm)\""), "credentials for a foreign realm: \(text)")
                    }
                }
                check(answered != [command & 1] + value, "the same challenge was answered again")
                answered = [command & 1] + value
            case .refused: break
            }
            if command & 2 == 2 { client.finished() }
            if command & 4 == 4 { _ = client.authorization(for: .bye, uri: self.uri) }
            if command & 8 == 8 { client.reset() }
            if command & 14 != 0 { answered = nil }
        }
    }

    /// Our client and our server understand each other whatever the name, password and URI are.
    private static func honest(_ input: inout FuzzInput) {
        let algorithms: [DigestAlgorithm] = [
            .md5, .sha256, .sha512Over256, .md5Session, .sha256Session, .sha512Over256Session,
        ]
        let algorithm = algorithms[input.choice(algorithms.count)]
        let protects = input.flag()
        let name = String(decoding: input.record(endingWith: 0x0A), as: UTF8.self)
        let password = String(decoding: input.record(endingWith: 0x0A), as: UTF8.self)
        let uri = SIPURI(String(decoding: input.rest(), as: UTF8.self)) ?? self.uri
        // Control characters have no way to stand in a header, in quotes or not.
        guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return }
        guard !uri.description.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return }

        var server = self.authenticator("pbx.example", algorithm, protects)
        var client = DigestClient(
            credentials: DigestCredentials(username: name, password: password),
            realms: ["pbx.example"]
        )
        var random = SeededRandom(seed: 2)
        let start = Instant(nanoseconds: 1_000_000_000)
        let challenge = server.challenge(now: start)
        guard
            let response = self.message(
                "SIP/2.0 401 Unauthorized",
                "1 REGISTER",
                .wwwAuthenticate,
                Array(challenge.description.utf8)
            ), case .retry(let headers) = client.answer(response, method: .register, uri: uri, random: &random),
            let header = headers.first, headers.count == 1
        else { fatalError("our own challenge is not answered: \(challenge)") }
        var value = Array(header.1.utf8)
        if isBrokenOnPurpose, name.utf8.contains(0x5C) { value[value.count / 2] ^= 1 }
        guard let request = self.message("REGISTER \(uri) SIP/2.0", "2 REGISTER", header.0, value) else { return }
        let verdict = server.verify(request, header: header.0, now: start + .seconds(1)) { $0 == name ? password : nil }
        check(verdict == .accepted(username: name), "right credentials were not accepted: \(verdict), \(header.1)")
        // A count is good for once; without one the nonce is good until it is too old.
        let second = server.verify(request, header: header.0, now: start + .seconds(2)) { $0 == name ? password : nil }
        check((second == .accepted(username: name)) == !protects, "a repetition was judged \(second)")
        let late = server.verify(request, header: header.0, now: start + .seconds(3600)) { $0 == name ? password : nil }
        check(late == .challenge(stale: true), "after an hour it was judged \(late)")
        let other = server.verify(request, header: header.0, now: start + .seconds(1)) { _ in password + "x" }
        check(other == .refused(username: name), "another password was judged \(other)")
    }

    private static func authenticator(
        _ realm: String,
        _ algorithm: DigestAlgorithm,
        _ protects: Bool
    ) -> DigestAuthenticator {
        let key = [UInt8](repeating: 0x2A, count: 32)
        return DigestAuthenticator(realm: realm, key: key, algorithm: algorithm, offersProtection: protects)
    }

    /// A message with one header of any bytes; `nil` when the parser refuses them.
    private static func message(
        _ startLine: String,
        _ cSeq: String,
        _ name: HeaderName,
        _ value: [UInt8]
    ) -> SIPMessage? {
        var bytes = Array("\(startLine)\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n".utf8)
        bytes += "From: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>\r\nCall-ID: 1\r\nCSeq: \(cSeq)\r\n".utf8
        bytes += "Max-Forwards: 70\r\n\(name): ".utf8
        bytes += value
        bytes += "\r\nContent-Length: 0\r\n\r\n".utf8
        return try? SIPMessage(bytes)
    }
}
