import ArgumentParser
import CoreTypes
import Foundation
import Glibc
import SIPCore
import SIPDiagnostics
import Telephony

/// What every probe takes.
struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("How long to wait for the answer to a request.", valueName: "seconds"))
    var timeout: Double = 8

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
        // At once: a call that is given up has tasks that wait for answers which do not matter any more.
        exit(self.verdict.rawValue)
    }

    /// Notes what an answer tells about the other side and about the way to it.
    mutating func learn(from response: SIPMessage, local: TransportAddress) {
        if let product = response.first(.server) ?? response.first(.userAgent) { self.server = Redaction.line(product) }
        let via = response.topVia
        var port = local.port
        if case .value(let seen) = via.rport { port = seen }
        let host = via.received ?? local.host
        guard host != local.host || port != local.port else { return }
        let seen = TransportAddress(host: host, port: port)
        self.seenAs = "\(seen)"
        let remark = "the other side sees \(seen), not \(local): there is a NAT on the way"
        if !self.remarks.contains(remark) { self.remarks.append(remark) }
    }

    /// The milliseconds between the last request and the last answer.
    mutating func measure(_ rungs: [Ladder.Rung]) {
        guard let answer = rungs.last(where: { $0.direction == .received }),
            let request = rungs.last(where: { $0.direction == .sent && $0.cSeq == answer.cSeq })
        else { return }
        self.roundTripMilliseconds = answer.milliseconds - request.milliseconds
    }
}

extension Explanation {
    /// The diagnosis of what became of a request; `nil` when it was answered with success.
    func diagnose(_ outcome: Probe.Outcome, requestTimeout: Double, gotProvisional: Bool) -> Diagnosis? {
        switch outcome {
        case .engine(.answered(let response)):
            return (200..<300).contains(response.statusCode) ? nil : self.refusal(response)
        case .engine(.credentialsMissing(let response)): return self.credentialsMissing(response)
        case .engine(.challengeRefused(let response, let refusal)): return self.challengeRefused(response, refusal)
        case .engine(.timeout): return self.noReply(after: requestTimeout, gotProvisional: gotProvisional)
        case .engine(.unreadable(let what)): return self.unreadable(what)
        case .engine(.unbuildable(let reason)):
            return Diagnosis(verdict: .failed, summary: "the request cannot be written: \(reason)")
        case .unreachable(let code):
            return self.unreachable(String(cString: strerror(code)), isRefusedPort: code == ECONNREFUSED)
        }
    }
}

extension Probe.Outcome {
    /// The final answer, when there is one.
    var response: SIPMessage? {
        switch self {
        case .engine(.answered(let response)), .engine(.credentialsMissing(let response)),
            .engine(.challengeRefused(let response, _)):
            return response
        case .engine(.timeout), .engine(.unreadable), .engine(.unbuildable), .unreachable: return nil
        }
    }
}
