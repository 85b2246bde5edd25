import ArgumentParser
import Foundation
import SIPCore
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

    @Test func anIDWithoutAPasswordIsAMistake() throws {
        let command = try RegisterCommand.parse(["100@pbx.example", "--password-file", "/nonexistent/file"])
        #expect(throws: (any Error).self) { try command.credentials.credentials(extension: "100") }
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
        let message = try SIPMessage(
            Array(
                "OPTIONS sip:a SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:b>;tag=1\r\nt: <sip:a>\r\ni: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n"
                    .utf8
            )
        )
        let text = ParseCommand.structure(message)
        #expect(text.hasPrefix("request OPTIONS sip:a\n"))
        #expect(text.contains("  Via: SIP/2.0/UDP h;branch=z9hG4bKa"))
        #expect(text.hasSuffix("no body"))
    }

    @Test func parsePutsACaretUnderTheByte() {
        let bytes = Array("OPTIONS sip:a SIP/2.0\r\nCSeq: x OPTIONS\r\n".utf8)
        let error = SIPParseError(layer: .header, offset: 29, header: .cSeq, message: "no number")
        let lines = ParseCommand.pointer(at: error, in: bytes).split(separator: "\n")
        #expect(lines.first?.hasPrefix("line 2, column 7, byte 29: no number in CSeq") == true)
        #expect(lines.dropFirst() == ["  CSeq: x OPTIONS.", "        ^"])
        // An offset beyond the end, or in an empty file, is no trap.
        let late = SIPParseError(layer: .framing, offset: 999, message: "too short")
        #expect(ParseCommand.pointer(at: late, in: []).contains("byte 0"))
    }
}
