import ArgumentParser
import Foundation
import SIPCore
import SIPDiagnostics
import Testing

@testable import sipctl

/// What the command line takes, the JSON, and `parse`.
@Suite struct CommandTests {
    @Test func addressesAreTakenAsPeopleWriteThem() throws {
        #expect(Address(argument: "pbx.example")?.uri == SIPURI(host: "pbx.example"))
        #expect(Address(argument: "100@pbx.example:5062")?.uri == SIPURI(user: "100", host: "pbx.example", port: 5_062))
        #expect(Address(argument: "SIP:100@pbx.example")?.uri.user == "100")
        #expect(Address(argument: "") == nil)
        let target = SIPURI(user: "200", host: "pbx.example", port: 5_062)
        #expect(Address.account("100", at: target) == SIPURI(user: "100", host: "pbx.example", port: 5_062))
        #expect(Address.account("100@other.example", at: target) == SIPURI(user: "100", host: "other.example"))
        #expect(throws: (any Error).self) { try #require(Address(argument: "sips:100@pbx.example")).requireUDP() }
    }

    @Test func theCommandLineIsChecked() throws {
        #expect(throws: (any Error).self) { try RegisterCommand.parse(["pbx.example"]) }
        #expect(throws: (any Error).self) { try RegisterCommand.parse(["100@pbx.example", "--keep", "--unregister"]) }
        #expect(throws: (any Error).self) { try InviteCommand.parse(["200@pbx.example", "--timeout", "0"]) }
        #expect(throws: (any Error).self) { try OptionsCommand.parse(["sip:pbx.example;transport=tcp"]) }
        let command = try InviteCommand.parse(["200@pbx.example", "--from", "100", "--ring", "3"])
        #expect(command.from == "100" && command.ring == 3)
    }

    @Test func registeringAsksUnlessToldToBind() throws {
        let plain = try RegisterCommand.parse(["100@pbx.example"])
        #expect(!plain.bind && !plain.keep && !plain.unregister)
        #expect(try RegisterCommand.parse(["100@pbx.example", "--bind", "--expires", "90"]).bind)
        for wrong in [
            ["--expires", "90"], ["--contact", "sip:a@b"], ["--bind", "--unregister"], ["--bind", "--expires", "0"],
        ] {
            #expect(throws: (any Error).self) { try RegisterCommand.parse(["100@pbx.example"] + wrong) }
        }
        let realms = try InviteCommand.parse(["200@pbx.example", "--realm", "a", "--realm", "b"]).credentials.realm
        #expect(realms == ["a", "b"])
    }

    @Test func aDeviceThatIsGoneAfterBindingWasDisplaced() throws {
        func contact(_ text: String) throws -> NameAddress { try #require(NameAddress(text)) }
        let before = try [
            contact("<sip:100@192.0.2.7>;expires=300"), contact("<sip:100@192.0.2.8>;expires=3"),
            contact("<sip:100@192.0.2.9>;expires=300"), contact("<sip:100@192.0.2.10>;expires=300"),
        ]
        let after = try [
            contact("<sip:100@192.0.2.9>;expires=299"), contact("<sip:100@192.0.2.10>;expires=0"),
            contact("<sip:100@192.0.2.2:40000>;expires=60"),
        ]
        let gone = RegistrationCheck.displaced(before, after).map(\.uri.host)
        #expect(gone == ["192.0.2.7", "192.0.2.10"])
    }

    @Test func anIDWithoutAPasswordIsAMistake() throws {
        let command = try RegisterCommand.parse(["100@pbx.example", "--password-file", "/nonexistent/file"])
        #expect(throws: (any Error).self) { try command.credentials.credentials(extension: "100") }
    }

    @Test func aPasswordFileIsReadAsTheBotReadsIt() throws {
        let file = NSTemporaryDirectory() + "sipctl-password-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let command = try RegisterCommand.parse(["100@pbx.example", "--password-file", file])
        for (content, isSecret) in [("\u{FEFF}hush\r\n", true), ("hush \n", false), ("hush\nmore", false), ("", false)]
        {
            try Data(content.utf8).write(to: URL(fileURLWithPath: file))
            if isSecret {
                #expect(try command.credentials.credentials(extension: "100")?.password == "hush")
            } else {
                #expect(throws: (any Error).self) { try command.credentials.credentials(extension: "100") }
            }
        }
    }

    @Test func theReportIsOneJSONObjectOnOneLine() throws {
        var report = Report(command: "options", target: "sip:pbx.example")
        report.conclude(Diagnosis(verdict: .unreachable, summary: "wrong port", advice: ["check\nit"]))
        let text = try report.json()
        #expect(!text.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["exitCode"] as? Int == 4)
        #expect(object["ok"] as? Bool == false)
        #expect(object["outcome"] as? String == "unreachable")
        #expect((object["ladder"] as? [Any])?.isEmpty == true)
    }

    @Test func parseShowsTheStructure() throws {
        let bytes = Array(
            "OPTIONS sip:a SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:b>;tag=1\r\nt: <sip:a>\r\ni: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n"
                .utf8
        )
        let finding = ParseFinding(of: bytes, in: "m.sip")
        #expect(finding.verdict == .succeeded)
        #expect(finding.text.hasPrefix("accepted: \(bytes.count) bytes\n"))
        #expect(finding.text.contains("  Via (as v): SIP/2.0/UDP h;branch=z9hG4bKa"))
        #expect(finding.text.hasSuffix("no body"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(finding.json().utf8)) as? [String: Any])
        #expect(object["ok"] as? Bool == true && object["exitCode"] as? Int == 0)
        let message = try #require(object["message"] as? [String: Any])
        #expect((message["headers"] as? [[String: Any]])?.first?["name"] as? String == "Via")
    }

    @Test func parsePutsACaretUnderTheByte() throws {
        let finding = ParseFinding(of: Array("OPTIONS sip:a SIP/2.0\r\nCSeq: x OPTIONS\r\n\r\n".utf8), in: "m.sip")
        #expect(finding.verdict == .malformed)
        let lines = finding.text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("refused in header, a server answers 400: CSeq: ") == true)
        #expect(lines.dropFirst() == ["line 2, column 7, byte 29", "  CSeq: x OPTIONS\\x0D", "        ^"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(finding.json().utf8)) as? [String: Any])
        #expect(object["exitCode"] as? Int == 20)
        let fault = (object["message"] as? [String: Any])?["fault"] as? [String: Any]
        #expect(fault?["offset"] as? Int == 29 && fault?["header"] as? String == "CSeq")
    }

    @Test func parseOfNothingIsNoTrap() throws {
        #expect(ParseFinding(of: [], in: "empty").verdict == .malformed)
        let missing = ParseFinding(of: nil, in: "no\u{7}where")
        #expect(missing.verdict == .failed && missing.text == "FAILED: cannot read no.where")
    }
}
