import ArgumentParser
import CallCore
import CoreTypes
import ProgramFrame
import ProgramTestKit
import SIPCore
import Testing

@testable import SIPDiagnostics
@testable import sipctl

/// What `--json` prints is what Docs/JSON.md says.
@Suite struct JSONTests {
    private let schema: JSONSchema

    init() throws { self.schema = try JSONSchema() }

    /// A report with everything in it that a report may have.
    private func full(_ command: String) -> Report {
        var report = Report(command: command, target: "sip:200@pbx.example")
        report.conclude(Diagnosis(verdict: .unreachable, summary: "wrong port", advice: ["check\nit"]))
        report.remarks = ["a remark"]
        report.server = "PBX"
        report.roundTripMilliseconds = 1.5
        report.allow = ["INVITE", "ACK"]
        report.supported = ["timer"]
        report.accept = ["application/sdp"]
        report.allowEvents = ["talk"]
        report.challenges = [
            .init(status: 407, realm: "r", algorithm: "MD5", qop: ["auth"], authenticationID: "auth100"),
            .init(status: 401, realm: "s", algorithm: "MD5", qop: []),
        ]
        report.seenAs = "192.0.2.1:5060"
        report.contacts = [
            .init(uri: "sip:a@b", expires: 60, preference: 0.5, isOwn: true), .init(uri: "sip:c@d", isOwn: false),
        ]
        report.grantedSeconds = 60
        report.displaced = ["sip:a@b"]
        var call = Report.Call()
        call.codec = "PCMU/8000"
        call.remoteMedia = "192.0.2.1:9000"
        call.answeredAfterMilliseconds = 12.5
        call.ringing = [180, 181]
        call.answeredBy = AnswerJudgement(
            AnsweredBy(
                contact: SIPURI(user: "x", host: "h"),
                product: "p",
                assertedIdentity: "<sip:201@h>",
                wasForwarded: true,
                diversion: nil
            ),
            target: SIPURI(user: "200", host: "h"),
            ringing: [181],
            pickup: nil
        )
        call.roundTripMilliseconds = 3
        call.remoteLossPercent = 0
        call.remoteJitterMilliseconds = 1
        call.heardDecibels = -20
        call.recording = "/tmp/a.wav"
        report.call = call
        let ladder = Ladder(keepsMessages: true)
        let address = TransportAddress(host: .v4(0xC000_0201), port: 5_060)
        let request = Array(
            "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:b>;tag=1\r\nTo: <sip:a>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
                .utf8
        )
        ladder.record(request, .sent, local: address, remote: address, at: .zero)
        ladder.record(request, .sent, local: address, remote: address, at: .zero + .milliseconds(500))
        ladder.note("a remark", at: .zero + .seconds(1))
        report.ladder = ladder.rungs
        return report
    }

    @Test(arguments: ["options", "register", "invite"]) func aReportIsAsDocumented(command: String) throws {
        for report in [self.full(command), Report(command: command, target: "sip:a@b")] {
            let output = try report.json()
            #expect(self.schema.problems(in: output, of: "sipctl \(command)") == [])
            #expect(output.contains("\"schema\":1") && output.contains("\"program\":\"sipctl\""))
        }
    }

    @Test(arguments: [
        "OPTIONS sip:a SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nno header\r\nf: <sip:b>;tag=1\r\nt: <sip:a>\r\ni: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n",
        "OPTIONS sip:a SIP/2.0\r\nCSeq: x OPTIONS\r\n\r\n", "",
    ])
    func aFindingIsAsDocumented(text: String) throws {
        let finding = ParseFinding(of: Array(text.utf8), in: "m.sip")
        #expect(try self.schema.problems(in: finding.json(), of: "sipctl parse") == [])
    }

    @Test func aFileThatCannotBeReadIsAsDocumented() throws {
        #expect(try self.schema.problems(in: ParseFinding(of: nil, in: "m").json(), of: "sipctl parse") == [])
    }

    @Test func parseSaysTheLineInTheSummary() throws {
        let finding = ParseFinding(of: Array("OPTIONS sip:a SIP/2.0\r\nCSeq: x OPTIONS\r\n\r\n".utf8), in: "m")
        #expect(finding.summary.hasPrefix("line 2, column 7: CSeq: "))
    }

    // A command line that makes no sense, in each shape.
    @Test(arguments: [
        ["options", "--json"], ["options", "a", "b", "--json"], ["--json", "options"], ["nonsense", "--json"],
        ["register", "pbx.example", "--json"], ["invite", "200@pbx", "--ring", "0", "--json"], ["parse", "--json"],
    ])
    func aUsageErrorIsJSONToo(arguments: [String]) throws {
        var thrown: (any Error)?
        do { _ = try Sipctl.parseAsRoot(arguments) } catch { thrown = error }
        let error = try #require(thrown)
        let ending = Sipctl.program.ending(error, arguments)
        let output = try #require(ending)
        #expect(output.code.rawValue == 64)
        #expect(self.schema.problems(in: output.text, of: "", hasBody: false) == [])
        #expect(output.text.contains("\"outcome\":\"usage\"") && output.text.contains("\"exitCode\":64"))
    }

    @Test func withoutTheFlagAUsageErrorIsText() throws {
        let arguments = ["options", "--", "--json", "x"]
        do { _ = try Sipctl.parseAsRoot(arguments) } catch { #expect(Sipctl.program.ending(error, arguments) == nil) }
    }

    @Test(arguments: [
        ["--help"], ["options", "--help"], ["help", "invite"], ["register", "-h"], ["parse", "--help"],
    ])
    func theHelpBeginsWithTheUsageAndHasTheCodesOnce(arguments: [String]) throws {
        var thrown: (any Error)?
        do {
            var command = try Sipctl.parseAsRoot(arguments)
            try command.run()
        } catch { thrown = error }
        let error = try #require(thrown)
        let ending = Sipctl.program.ending(error, arguments)
        let text = try #require(ending).text
        #expect(text.hasPrefix("USAGE: sipctl"))
        #expect(text.ranges(of: "EXIT CODES:").count == 1 && text.contains(Verdict.table))
        #expect(text.hasSuffix(Verdict.table))
    }

    // The lists of a response, whole: several lines, several values each.
    @Test func abilitiesAreReadFromAllLines() throws {
        let text =
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:b>;tag=1\r\nTo: <sip:a>;tag=2\r\nCall-ID: c\r\n"
            + "CSeq: 1 OPTIONS\r\nAllow: INVITE, ACK\r\nAllow: BYE\r\nAllow: CANCEL,OPTIONS\r\nk: timer\r\nSupported: 100rel\r\n"
            + "Accept: application/sdp\r\nAccept: text/plain\r\nu: talk, hold\r\n\r\n"
        var report = Report(command: "options", target: "a")
        report.learnAbilities(from: try SIPMessage(Array(text.utf8)))
        #expect(report.allow == ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"])
        #expect(report.supported == ["timer", "100rel"] && report.accept == ["application/sdp", "text/plain"])
        #expect(report.allowEvents == ["talk", "hold"])
        #expect(report.text.contains("allows:         INVITE, ACK, BYE, CANCEL, OPTIONS"))
    }

    // Which of two datagrams was answered is not known.
    @Test func aRetransmissionHasNoRoundTrip() {
        var report = Report(command: "options", target: "a")
        func rung(_ time: Double, _ direction: Ladder.Direction, _ status: Int? = nil) -> Ladder.Rung {
            Ladder.Rung.made(time, direction, status)
        }
        report.measure([rung(0, .sent), rung(20, .received, 100), rung(900, .received, 200)])
        #expect(report.roundTripMilliseconds == 20)
        report.measure([rung(0, .sent), rung(500, .sent), rung(520, .received, 200)])
        #expect(report.roundTripMilliseconds == nil)
    }

    // received and rport say that something is in between, and not what.
    @Test func whatIsInBetweenIsNotCertain() throws {
        let text =
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKa;received=203.0.113.9;rport=4711\r\n"
            + "From: <sip:b>;tag=1\r\nTo: <sip:a>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
        var report = Report(command: "options", target: "a")
        let local = TransportAddress(host: .v4(0xC000_0202), port: 5_060)
        for _ in 0..<2 { report.learn(from: try SIPMessage(Array(text.utf8)), local: local) }
        #expect(report.seenAs == "203.0.113.9:4711")
        #expect(report.remarks.count == 1 && report.remarks[0].contains("there may be a NAT"))
    }
}

extension Ladder.Rung {
    /// A rung of an OPTIONS.
    fileprivate static func made(_ time: Double, _ direction: Ladder.Direction, _ status: Int?) -> Ladder.Rung {
        Ladder.Rung(milliseconds: time, direction: direction, summary: "", method: "OPTIONS", status: status, cSeq: 1)
    }
}
