import CoreTypes
import SIPCore
import Telephony
import Testing

@testable import svetlana

/// What the bot may call, whoever asks for it.
@Suite struct DialGateTests {
    private static func gate(_ dial: String = "", owner: String = "100") throws -> DialGate {
        DialGate(
            try ConfigurationTests.parse(
                """
                owner: {extension: \(owner)}
                sip: {pbx: "pbx.example:5070", register: false, extension: 200, domains: [alias.example]}
                \(dial.isEmpty ? "" : "dial: {\(dial)}")
                """
            )
        )
    }

    @Test(arguments: [
        ("100", "100", "sip:100@pbx.example:5070"), ("sip:100@pbx.example", "100", "sip:100@pbx.example"),
        ("SIP:100@PBX.example:5080", "100", "sip:100@PBX.example:5080"),
        ("100@pbx.example", "100", "sip:100@pbx.example"),
        ("sip:%31%30%30@pbx.example;user=phone", "100", "sip:100@pbx.example;user=phone"),
        ("tel:100", "100", "sip:100@pbx.example:5070;user=phone"),
        ("sip:100@alias.example", "100", "sip:100@alias.example"),
    ])
    func `an extension of the PBX is called`(target: String, number: String, uri: String) throws {
        #expect(try Self.gate().verdict(on: target) == .allowed(number: number, uri: uri))
    }

    @Test(arguments: [
        "sip:100@127.0.0.66", "sip:100@evil.example", "100@evil.example", "sips:100@pbx.example",
        "SIPS:100@pbx.example",
        "sip:100@pbx.example;maddr=127.0.0.66", "sip:100@pbx.example;route=x",
        "sip:100@pbx.example?Route=%3Csip:evil%3E",
        "sip:100:secret@pbx.example", "sip:100;phone-context=x@pbx.example", "tel:100;postd=9", "sip:pbx.example",
        "sip:", "",
        "sip:100@pbx.example;transport=tcp", "http://100", "mailto:100@pbx.example", "0190666666",
        "sip:+4930123@pbx.example",
        "100\r\nRoute: <sip:evil>", "100 ", "sip:10%30%0d%0a@pbx.example", "sip:1\u{301}00@pbx.example",
        "sip:1%CC%8100@pbx.example",
        "١٠٠", "tel:+4930123", "100,200", "alice",
    ])
    func `nothing else is, by default`(target: String) throws {
        guard case .refused = try Self.gate().verdict(on: target) else {
            Issue.record("\(target) may be called")
            return
        }
    }

    @Test(arguments: [
        "112", "911", "110", "999", "000", "111", "113", "115", "117", "118", "119", "15", "17", "18", "0112", "00112",
        "9911",
        "sip:112@pbx.example", "sip:%31%31%32@pbx.example", "tel:112", "tel:1-1-2", "+112", "tel:+112",
    ])
    func `no pattern brings the police`(target: String) throws {
        for rules in ["", "allow: [extensions, \"*\", \"XXX\", \"11*\", \"+*\", \"0*\", \"9*\"]"] {
            guard case .refused = try Self.gate(rules).verdict(on: target) else {
                Issue.record("\(target) may be called by \(rules)")
                return
            }
        }
    }

    @Test func `an emergency number that is named may be called, and only as it is named`() throws {
        #expect(try Self.gate("emergency: [112]").verdict(on: "112") != .refused(""))
        for rules in ["emergency: [112]", "allow: [\"112\"]"] {
            let gate = try Self.gate(rules)
            guard case .allowed(number: "112", uri: _) = gate.verdict(on: "112") else {
                Issue.record("\(rules)")
                continue
            }
            for other in ["911", "0112"] {
                guard case .refused(let why) = gate.verdict(on: other) else {
                    Issue.record("\(other) by \(rules)")
                    continue
                }
                #expect(why.contains("dial.emergency"))
            }
        }
    }

    @Test func `the owner's extension may be one that elsewhere brings help, but not everywhere`() throws {
        #expect(
            try Self.gate(owner: "111").verdict(on: "111") == .allowed(number: "111", uri: "sip:111@pbx.example:5070")
        )
        guard case .refused = try Self.gate(owner: "112").verdict(on: "112") else {
            Issue.record("112 may be called")
            return
        }
    }

    @Test func `a telephone number by a pattern, in any spelling, is dialed without separators`() throws {
        let gate = try Self.gate("allow: [\"+4930*\"]")
        for target in ["+4930123", "tel:+49-30-123", "sip:+49(30)123@pbx.example:5070;user=phone", "tel:+49.30.123"] {
            guard case .allowed(number: "+4930123", uri: let uri) = gate.verdict(on: target) else {
                Issue.record("\(target): \(gate.verdict(on: target))")
                continue
            }
            #expect(uri.hasPrefix("sip:+4930123@pbx.example:5070"))
        }
        for target in ["+4930123*1", "+4930#", "+4930123;ext=1", "x+4930123"] {
            guard case .refused = gate.verdict(on: target) else {
                Issue.record("\(target)")
                continue
            }
        }
    }

    @Test func `a trunk's port is where calls go`() throws {
        let configuration = try ConfigurationTests.parse("trunk: {peers: [\"192.0.2.1:5080\", \"[2001:db8::1]:5081\"]}")
        #expect(configuration.account?.description == "sip:svetlana@192.0.2.1:5080")
        let agent = try configuration.userAgentConfiguration()
        #expect(agent.peers.map(\.description) == ["192.0.2.1", "2001:db8::1"])
        #expect(throws: ConfigurationError.self) { try ConfigurationTests.parse("trunk: {peers: [\"192.0.2.1:0\"]}") }
        #expect(throws: ConfigurationError.self) {
            try ConfigurationTests.parse("trunk: {peers: [\"pbx.example:5060\"]}")
        }
    }
}
