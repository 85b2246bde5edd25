import CallCore
import CoreTypes
import Foundation
import SIPCore
import Testing

@testable import svetlana

/// What `svetlana check` makes of its findings.
@Suite struct CheckTests {
    private static let yaml =
        "sip: {pbx: 192.0.2.1, extension: 200, auth_id: Xq3, password: hush-hush}\nmodel: {provider: openai, api_key: silence}\n"
    private static let found = PBXLookup.Found(
        peer: TransportAddress(host: .v4(0xC000_0201), port: 5_060),
        source: .v4(0xC000_0214)
    )

    private static func judgement(_ yaml: String = Self.yaml) throws -> CheckJudgement {
        CheckJudgement(configuration: try BotConfiguration.parse(yaml) { _ in "" }, environment: [:])
    }

    /// A bot that was started with a configuration, as its control socket tells it.
    private static func status(
        _ yaml: String = Self.yaml,
        change: (inout BotStatus) -> Void = { _ in }
    ) throws -> BotStatus {
        let configuration = try BotConfiguration.parse(yaml) { _ in "" }
        var status = BotStatus(
            registration: "registered as 200 at 192.0.2.1:5060, confirmed 12 s ago",
            isRegistered: true,
            registersAtAll: true,
            gauges: AgentGauges(),
            uptime: 10,
            callsServed: 1
        )
        status.setup = BotSetup(configuration, environment: [:], salt: BotSetup.freshSalt())
        change(&status)
        let line = try ControlCodec.line(ControlReply.status(status))
        #expect(!String(decoding: line, as: UTF8.self).contains("hush"))
        guard case .status(let read) = try ControlCodec.decode(ControlReply.self, line) else { throw Unread() }
        return read
    }

    private struct Unread: Error {}

    // MARK: Beside a running bot

    @Test func `a bot that was started with the same says so`() throws {
        let lines = try Self.judgement().running(Self.status())
        #expect(lines.map(\.state) == [.ok])
        // The default port and the extension as ID are no difference.
        let short = "sip: {pbx: 192.0.2.1, extension: 200, password: x}"
        let long = "sip: {pbx: \"192.0.2.1:5060\", extension: 200, auth_id: 200, password: x, register: true}"
        #expect(try Self.judgement(short).running(Self.status(long)).map(\.state) == [.ok])
    }

    @Test(arguments: [
        ("auth_id: Xq3", "auth_id: Xq4", "sip.auth_id: the file says Xq4, the running bot uses Xq3"),
        ("192.0.2.1", "192.0.2.9", "sip.pbx: the file says 192.0.2.9:5060, the running bot uses 192.0.2.1:5060"),
        ("192.0.2.1", "\"192.0.2.1:5062\"", "sip.pbx: the file says 192.0.2.1:5062"),
        ("extension: 200", "extension: 201", "sip.extension: the file says 201"),
        ("hush-hush", "hush-hash", "sip.password: differs"),
        ("password:", "register: false, password:", "sip.register: the file says false, the running bot uses true"),
        ("password:", "port: 5061, password:", "sip.port: the file says 5061, the running bot uses 5060"),
        ("password:", "expires: 90, password:", "sip: differs in some setting"),
        ("silence", "silent", "model.api_key: differs"),
        ("provider: openai", "provider: openai, model: phi", "model: differs in some setting"),
        (
            "model:", "trunk: {peers: [192.0.2.8]}\nmodel:",
            "trunk.peers: the file says 192.0.2.8, the running bot uses nothing"
        ),
        ("model:", "callers: [7]\nmodel:", "callers: differs in some setting"),
        ("model:", "conversation: {greeting: Hi}\nmodel:", "conversation: differs in some setting"),
    ])
    func `what the file says otherwise is named, and fails`(old: String, new: String, words: String) throws {
        let edited = Self.yaml.replacingOccurrences(of: old, with: new)
        let lines = try Self.judgement(edited).running(Self.status())
        #expect(lines.count == 1 && lines[0].state == .failed && lines[0].status == .configuration)
        #expect(lines[0].found.contains(words), "\(lines[0].found)")
        #expect(lines[0].found.contains("started with another configuration"))
        #expect(lines[0].advice.first?.hasPrefix("restart it") == true)
        #expect(!lines[0].text.contains("hush") && !lines[0].text.contains("silen"))
        let isTelephone = words.hasPrefix("sip") || words.hasPrefix("trunk")
        #expect(try Self.judgement(edited).isOtherTelephone(Self.status()) == isTelephone)
    }

    @Test func `a file without a telephone is not ok because a bot runs`() throws {
        let judgement = try Self.judgement("log: {level: info}")
        #expect(judgement.file(tried: [], warnings: []).map(\.status) == [.configuration])
        #expect(try judgement.running(Self.status()).map(\.status) == [.configuration])
    }

    @Test func `the environment of the bot is told where it differs`() throws {
        let status = try Self.status { status in status.setup?.variables = ["SVETLANA_SIP_PASSWORD"] }
        let lines = try Self.judgement(Self.yaml.replacingOccurrences(of: "hush-hush", with: "x")).running(status)
        #expect(lines[0].advice.contains { $0.contains("SVETLANA_SIP_PASSWORD") })
    }

    @Test func `a bot of before, which tells nothing of itself, is no proof`() throws {
        let lines = try Self.judgement().running(Self.status { $0.setup = nil })
        #expect(lines.map(\.state) == [.warning])
    }

    @Test func `two bots with one password tell two hashes`() throws {
        let configuration = try BotConfiguration.parse(Self.yaml) { _ in "" }
        let first = BotSetup(configuration, environment: [:], salt: BotSetup.freshSalt())
        let second = BotSetup(configuration, environment: [:], salt: BotSetup.freshSalt())
        #expect(first.digests["sip.password"] != second.digests["sip.password"])
        #expect(first.digests["sip.password"]?.utf8.count == 8)
    }

    @Test func `the running bot's registration is told with its time, its reason and its rivals`() throws {
        let judgement = try Self.judgement()
        let good = try judgement.registration(Self.status())
        #expect(good.map(\.state) == [.ok] && good[0].found.contains("confirmed 12 s ago"))
        let bad = try judgement.registration(
            Self.status { status in
                status.isRegistered = false
                status.registration = "not registered: no reply"
                status.refusal = ExitStatus.wrongCredentials.rawValue
                status.advice = ["look"]
            }
        )
        #expect(bad.map(\.state) == [.failed] && bad[0].status == .wrongCredentials && bad[0].advice == ["look"])
        let shared = try judgement.registration(Self.status { $0.otherDevices = ["192.0.2.7:5060"] })
        #expect(shared.map(\.state) == [.warning] && shared[0].found.contains("192.0.2.7:5060"))
    }

    // MARK: Without one

    private func line(_ outcome: RegistrationQuery.Outcome) throws -> CheckLine {
        try Self.judgement().registration(outcome, at: Self.found) { contacts in
            OtherDevice.devices(
                of: contacts,
                isLocal: { $0 == "192.0.2.20" },
                holder: { _ in "EchoPhone (process 77)" }
            )
        }
    }

    private func contact(_ text: String) throws -> NameAddress { try #require(NameAddress(text)) }

    @Test func `check asks and says what is held, by whom and where`() throws {
        let none = try self.line(.held([], challenged: true))
        #expect(none.state == .ok && none.found.contains("accepts the credentials of 200 at 192.0.2.1:5060"))
        let open = try self.line(.held([], challenged: false))
        #expect(open.found.contains("not proven"))
        let own = try self.line(.held([self.contact("<sip:200@192.0.2.20:5060>;expires=30")], challenged: true))
        #expect(own.state == .ok && own.found.contains("the bot's own contact of before"))
        let phantom = try self.line(.held([self.contact("<sip:200@192.0.2.7:5062>;expires=30")], challenged: true))
        #expect(phantom.state == .warning && phantom.found.contains("192.0.2.7:5062, for 30 s"))
        #expect(phantom.advice.contains { $0.contains("phantom") })
        let here = try self.line(.held([self.contact("<sip:200@192.0.2.20:5999>")], challenged: true))
        #expect(here.found.contains("on this machine: EchoPhone (process 77)"))
    }

    @Test func `each way to fail has its exit code`() throws {
        #expect(try self.line(.failed(.wrongCredentials)).status == .wrongCredentials)
        #expect(try self.line(.silent).status == .noResponse)
        let refused = try self.line(.refused(TransportFault(.portClosed)))
        #expect(refused.status == .noResponse && refused.found.contains("wrong port"))
        // A PBX that answers no question proves nothing, and is no failure.
        let mute = try self.line(.failed(.rejected(status: 400, reason: "Missing Contact Header")))
        #expect(mute.state == .warning && mute.found.contains("not proven"))
    }

    @Test func `the port is told with who holds it, and a foreign address is no port in use`() throws {
        let judgement = try Self.judgement("sip: {pbx: a, register: false, local_address: 192.0.2.99}")
        let held = judgement.port(EADDRINUSE) { _ in "asterisk (process 5)" }
        #expect(held.status == .portInUse && held.found.contains("asterisk (process 5)"))
        let foreign = judgement.port(EADDRNOTAVAIL) { _ in nil }
        #expect(foreign.status == .configuration && foreign.found.contains("sip.local_address: 192.0.2.99"))
        #expect(judgement.port(nil) { _ in nil }.state == .ok)
        #expect(judgement.file(tried: [], warnings: []).map(\.state) == [.ok, .warning])
    }

    @Test func `a port that is held is found, and by which socket`() async throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
              1: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 0 0
              2: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 777 2 0 0
            """
        #expect(PortHolder.inodes(ofPort: 5_060, in: table) == ["12345"])
        #expect(PortHolder.inodes(ofPort: 5_061, in: table).isEmpty)
        #expect(PortHolder.inodes(ofPort: 53, in: "x\n1 2 3\n").isEmpty)
    }

    @Test func `the first failure is the exit code, and the JSON has all`() throws {
        var report = CheckReport()
        report.lines = [
            .ok("configuration", "x"), .warning("configuration", "w"), .failed("port", "p", advice: ["a"], .portInUse),
            .failed("model", "m", .unreachableBackend),
        ]
        #expect(report.status == .portInUse)
        let bytes = try ControlCodec.line(report.output)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["exitCode"] as? Int == 21 && object["ok"] as? Bool == false)
        #expect(
            (object["pieces"] as? [[String: Any]])?.compactMap { $0["state"] as? String } == [
                "ok", "warning", "failed", "failed",
            ]
        )
        #expect(object["remarks"] as? [String] == ["configuration: w"])
        #expect(object["advice"] as? [String] == ["a"])
    }
}
