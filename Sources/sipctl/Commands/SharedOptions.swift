import ArgumentParser
import CoreTypes
import Foundation
import Glibc
import SIPCore
import SIPDiagnostics
import Telephony

/// What every probe takes.
struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("How long to wait for the response to a request.", valueName: "seconds"))
    var timeout: Double = 8

    @Flag(name: .long, help: "Send each datagram once: no retransmissions while there is no response.")
    var once = false

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    @Flag(name: .long, help: "Show the messages themselves, without what is secret.")
    var messages = false

    func validate() throws {
        guard (0.1...300).contains(self.timeout) else { throw ValidationError("--timeout is 0.1 to 300 seconds") }
    }

    /// The timeout as a duration.
    var requestTimeout: Duration { .milliseconds(Int64(self.timeout * 1_000)) }
}

/// Name and password; the password never comes as an argument, which every user of the machine could read.
struct CredentialOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The authentication ID; without it the extension. On a 3CX they differ.",
            valueName: "id"
        )
    )
    var authUser: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file with the password as its only line; else SIPCTL_PASSWORD from the environment.",
            valueName: "file"
        )
    )
    var passwordFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Send the password in this realm only; may be given several times.",
            valueName: "realm"
        )
    )
    var realm: [String] = []

    /// The credentials of an account; `nil` when no password is given.
    func credentials(extension user: String?) throws -> DigestCredentials? {
        guard let password = try self.password() else {
            if self.authUser != nil {
                throw ValidationError("--auth-user needs a password: --password-file or SIPCTL_PASSWORD")
            }
            return nil
        }
        guard let name = self.authUser ?? user else {
            throw ValidationError("a password is given but no name: use --auth-user")
        }
        return DigestCredentials(username: name, password: password)
    }

    private func password() throws -> String? {
        guard let file = self.passwordFile else {
            guard let text = ProcessInfo.processInfo.environment["SIPCTL_PASSWORD"], !text.isEmpty else { return nil }
            do throws(SecretFile.Problem) {
                return try SecretFile.secret(in: Array(text.utf8))
            } catch {
                throw ValidationError("SIPCTL_PASSWORD \(error)")
            }
        }
        do throws(SecretFile.Problem) {
            let secret = try SecretFile(path: (file as NSString).expandingTildeInPath)
            if let warning = secret.exposure?.warning(file) {
                FileHandle.standardError.write(Data("sipctl: warning: \(warning)\n".utf8))
            }
            return secret.text
        } catch {
            throw ValidationError("the password file \(file) \(error)")
        }
    }
}

/// A SIP URI as people write it: `sip:100@pbx.example`, `100@pbx.example`, `pbx.example:5062`.
struct Address: ExpressibleByArgument, Sendable {
    /// The URI.
    let uri: SIPURI

    init?(argument: String) {
        let lower = argument.lowercased()
        let text = lower.hasPrefix("sip:") || lower.hasPrefix("sips:") ? argument : "sip:\(argument)"
        guard let uri = SIPURI(text), !uri.host.isEmpty else { return nil }
        self.uri = uri
    }

    /// An account as people write it: a URI, or an extension alone, which is one of `target`'s PBX.
    static func account(_ text: String, at target: SIPURI) -> SIPURI? {
        guard !text.contains("@"), !text.lowercased().hasPrefix("sip:") else { return Address(argument: text)?.uri }
        return SIPURI("sip:\(text)@\(target.host)" + (target.port.map { ":\($0)" } ?? ""))
    }

    /// Without a password in it.
    var text: String { Redaction.uri(self.uri.description) }

    /// Refuses what this program does not speak yet.
    func requireUDP() throws {
        guard self.uri.scheme == .sip, self.uri.transport == nil || self.uri.transport == .udp else {
            throw ValidationError("only SIP over UDP is spoken: write sip:… without transport=tcp or tls")
        }
    }

    /// Host and port of the next hop.
    func resolve() throws(NameNotFound) -> TransportAddress {
        TransportAddress(host: try LocalRoute.resolve(self.uri.host), port: self.uri.port ?? 5_060)
    }
}

extension Report {
    /// Prints everything and leaves with the verdict's exit code.
    func finish(_ ladder: Ladder, _ shared: SharedOptions) throws -> Never {
        var report = self
        report.ladder = ladder.rungs
        if shared.json {
            print(try report.json())
        } else {
            if !report.ladder.isEmpty { print(ladder.text + "\n") }
            print(report.text)
        }
        fflush(nil)
        // At once: a call that is given up has tasks that wait for responses which do not matter any more.
        exit(self.verdict.rawValue)
    }

    /// Notes what a response tells about the other side and about the way to it.
    mutating func learn(from response: SIPMessage, local: TransportAddress) {
        if let product = response.product { self.server = Redaction.line(product) }
        let via = response.topVia
        var port = local.port
        if case .value(let seen) = via.rport { port = seen }
        let host = via.received ?? local.host
        guard host != local.host || port != local.port else { return }
        let seen = TransportAddress(host: host, port: port)
        self.seenAs = "\(seen)"
        self.remark(
            "the other side sees \(seen), not \(local): there may be a NAT on the way, or a proxy or container that forwards"
        )
    }

    /// Adds a remark, once.
    mutating func remark(_ text: String) {
        if !self.remarks.contains(text) { self.remarks.append(text) }
    }

    /// The milliseconds from the last request to its first response; of one that was retransmitted it is not known which
    /// of the datagrams got it.
    mutating func measure(_ rungs: [Ladder.Rung]) {
        let received = rungs.filter { $0.direction == .received && $0.status != nil }
        guard let last = received.last,
            let response = received.first(where: { $0.cSeq == last.cSeq && $0.method == last.method })
        else { return }
        let sent = rungs.filter {
            $0.direction == .sent && $0.status == nil && $0.cSeq == last.cSeq && $0.method == last.method
        }
        let before = sent.filter { $0.milliseconds <= response.milliseconds }
        guard before.count == 1, let request = before.first else {
            self.roundTripMilliseconds = nil
            return
        }
        self.roundTripMilliseconds = ((response.milliseconds - request.milliseconds) * 10).rounded() / 10
    }

    /// Notes every challenge that came, each realm of each status once.
    mutating func noteChallenges(in ladder: Ladder, authenticationID: String?) {
        var found = self.challenges ?? []
        for response in ladder.responses where response.statusCode == 401 || response.statusCode == 407 {
            for (header, challenge) in DigestChallenge.all(in: response) {
                let isAnswered = ladder.requests.contains { request in
                    request.lines(header).contains { $0.contains("realm=\"\(challenge.realm)\"") }
                }
                let entry = Challenge(
                    status: response.statusCode,
                    realm: Redaction.line(challenge.realm),
                    algorithm: Redaction.line(challenge.algorithmName ?? "MD5"),
                    qop: challenge.qop.map(Redaction.line),
                    authenticationID: isAnswered ? authenticationID : nil
                )
                if !found.contains(entry), found.count < 16 { found.append(entry) }
            }
        }
        self.challenges = found.isEmpty ? nil : found
    }
}

extension Explanation {
    /// The diagnosis of what became of a request; `nil` when it was answered with success.
    func diagnose(_ outcome: Probe.Outcome, requestTimeout: Double, ladder: Ladder, method: SIPMethod) -> Diagnosis? {
        switch outcome {
        case .engine(.answered(let response)):
            guard !(200..<300).contains(response.statusCode) else { return nil }
            return self.refusal(response, ladder.circumstances(of: response))
        case .engine(.credentialsMissing(let response)): return self.credentialsMissing(response)
        case .engine(.challengeRefused(let response, let refusal)): return self.challengeRefused(response, refusal)
        case .engine(.timeout):
            return self.noReply(
                after: requestTimeout,
                gotProvisional: ladder.responses.last.map { $0.statusCode < 200 } ?? false,
                transmissions: ladder.transmissions(of: method)
            )
        case .engine(.unreadable(let what)): return self.unreadable(what)
        case .engine(.unbuildable(let reason)):
            return Diagnosis(verdict: .failed, summary: "the request cannot be written: \(reason)")
        case .unreachable(let code, by: let reporter):
            return self.unreachable(
                String(cString: strerror(code)),
                isRefusedPort: code == ECONNREFUSED,
                reporter: reporter?.description
            )
        }
    }
}

extension Ladder {
    /// What is known beside the status of a final response.
    func circumstances(of response: SIPMessage) -> Explanation.Circumstances {
        let request = self.request(of: response)
        let rang = self.responses.contains {
            ($0.statusCode == 180 || $0.statusCode == 183) && $0.cSeq == response.cSeq
        }
        return Explanation.Circumstances(
            rang: rang,
            carriedCredentials: request.map { $0.contains(.authorization) || $0.contains(.proxyAuthorization) }
        )
    }
}

extension Probe.Outcome {
    /// The final response, when there is one.
    var response: SIPMessage? {
        switch self {
        case .engine(.answered(let response)), .engine(.credentialsMissing(let response)),
            .engine(.challengeRefused(let response, _)):
            return response
        case .engine(.timeout), .engine(.unreadable), .engine(.unbuildable), .unreachable: return nil
        }
    }
}
