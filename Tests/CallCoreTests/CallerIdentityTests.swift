import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Who calls: what of an INVITE counts, and what names nobody.
@Suite struct CallerIdentityTests {
    /// A phone with the account `200@pbx.example`, whose PBX and whose trunk write what a test wants.
    struct Line {
        static let pbx = IPAddress.v4(0xC000_0201)
        static let trunk = IPAddress.v4(0xC000_0209)
        let simulation = Simulation(seed: 3)
        let phone: SimulatedAgent
        let account: IdentityID
        let pbx: RawHost
        let trunk: RawHost

        init(domains: [String] = []) throws {
            self.phone = SimulatedAgent(
                self.simulation,
                at: .v4(0xC000_0232),
                seed: 4,
                peers: [Self.trunk],
                domains: domains
            )
            self.pbx = RawHost(self.simulation, at: Self.pbx)
            self.trunk = RawHost(self.simulation, at: Self.trunk)
            let identity = Identity(addressOfRecord: try #require(SIPURI("sip:200@pbx.example")))
            self.account = self.phone.add(
                identity,
                at: TransportAddress(host: Self.pbx, port: 5_060)
            )
        }

        /// An INVITE, or a request within its call, with this From and further headers.
        func send(
            _ method: String = "INVITE",
            from: String,
            _ headers: [String] = [],
            by host: RawHost,
            cSeq: Int = 1,
            toTag: String? = nil,
            body: String = RawHost.offer
        ) {
            var lines = host.request(
                method,
                to: self.phone.signaling,
                cSeq: cSeq,
                toTag: toTag,
                headers: headers + (body.isEmpty ? [] : ["Content-Type: application/sdp"])
            )
            lines[3] = "From: \(from);tag=raw"
            host.send(lines, body: body, to: self.phone.signaling)
            self.simulation.run(for: .milliseconds(100))
        }

        func caller(_ from: String, _ headers: [String] = [], by host: RawHost? = nil) throws -> PartyIdentity {
            self.send(from: from, headers, by: host ?? self.pbx)
            return try #require(self.phone.incoming.first).info.caller
        }
    }

    @Test(arguments: [
        "<sip:100@pbx.example>", "<sip:100@PBX.Example.>", "<sip:100@192.0.2.1:5080>", "sip:100@192.0.2.50",
        "\"Ann\" <sips:100@pbx.example>", "<sip:%31%30%30@pbx.example;transport=udp>", "<sip:100@alias.example>",
        "<sip:100@pbx.example;user=phone>",
    ])
    func `From names the extension where its host is the pbx's`(from: String) throws {
        let caller = try Line(domains: ["alias.example"]).caller(from)
        #expect(caller.number == "100")
        #expect(caller.isVouched)
        #expect(caller.source == .from)
    }

    @Test(arguments: [
        "<sip:100@evil.example>", "<tel:100>", "<tel:+100>", "<sip:100@192.0.2.99>", "<sip:pbx.example>",
        "<sip:100:secret@pbx.example>", "<sip:100;phone-context=evil.example@pbx.example>",
        "<sip:100@pbx.example.evil>",
        "<sip:100;ext=5@pbx.example>", "<sip:100@pbx.example;maddr=192.0.2.99>", "<sip:1%3000@evil.example>",
        "<sip:anonymous@pbx.example>", "<sip:anonymous@anonymous.invalid>", "<http://100>",
    ])
    func `From names nobody for certain otherwise`(from: String) throws {
        let caller = try Line().caller(from)
        #expect(!caller.isVouched, "\(caller)")
    }

    @Test func `What another user is called is no other way to write this one`() throws {
        for user in ["1-00", "100%00", "0100", "+100", "100%20", "%EF%BC%91%EF%BC%90%EF%BC%90"] {
            let caller = try Line().caller("<sip:\(user)@pbx.example>")
            #expect(caller.number != "100", "\(user)")
        }
    }

    @Test func `The asserted identity counts before From, both ways`() throws {
        let other = try Line().caller("<sip:100@pbx.example>", ["P-Asserted-Identity: <sip:666@pbx.example>"])
        #expect(other.number == "666")
        #expect(other.source == .asserted)
        let owner = try Line().caller("<sip:pbx@pbx.example>", ["P-Asserted-Identity: \"Ann\" <sip:100@192.0.2.1>"])
        #expect(owner == PartyIdentity(number: "100", displayName: "Ann", source: .asserted, isVouched: true))
        let line = try Line()
        let trunk = try line.caller(
            "<sip:pbx@192.0.2.9>",
            ["P-Asserted-Identity: <sip:100@192.0.2.9>"],
            by: line.trunk
        )
        #expect(trunk.number == "100")
        #expect(trunk.isVouched)
    }

    @Test(arguments: [
        ["P-Asserted-Identity: <sip:100@evil.example>"],
        ["P-Asserted-Identity: <tel:100>"],
        ["P-Asserted-Identity: <tel:100;phone-context=evil.example>"],
        ["P-Asserted-Identity: <sip:100@pbx.example>, <sip:666@pbx.example>"],
        ["P-Asserted-Identity: <sip:100@pbx.example>", "P-Asserted-Identity: <sip:100@evil.example>"],
        ["P-Asserted-Identity: <sip:666@evil.example>, <tel:+4930100>"],
        ["P-Asserted-Identity: <sip:100@pbx.example>, <tel:+4930100>, <tel:+4930101>"],
        ["P-Asserted-Identity: <sip:100@pbx.example>, \"broken <sip:"],
        ["P-Asserted-Identity: <mailto:100@pbx.example>"],
    ])
    func `An asserted identity that is foreign or not clear names nobody, and From does not help`(
        headers: [String]
    ) throws {
        let caller = try Line().caller("<sip:100@pbx.example>", headers)
        #expect(!caller.isVouched, "\(caller)")
    }

    @Test(arguments: [
        ("<sip:100@pbx.example>, <tel:+49-30-100>", "100"), ("<tel:+49(30)100>", "+4930100"),
        ("<sip:+49-30-100;cpc=ordinary@pbx.example;user=phone>", "+4930100"),
        ("<tel:100;phone-context=pbx.example>", "100"),
    ])
    func `A user and a telephone number of a trusted peer`(value: String, number: String) throws {
        let caller = try Line().caller("<sip:x@pbx.example>", ["P-Asserted-Identity: \(value)"])
        #expect(caller.number == number)
        #expect(caller.isVouched)
    }

    @Test func `Remote-Party-ID is weaker: screened it counts, unscreened it can only take away`() throws {
        let from = "<sip:100@pbx.example>"
        let screened = try Line().caller(
            "<sip:pbx@pbx.example>",
            ["Remote-Party-ID: <sip:100@pbx.example>;party=calling;screen=yes"]
        )
        #expect(screened.number == "100" && screened.isVouched)
        let confirmed = try Line().caller(from, ["Remote-Party-ID: <sip:100@pbx.example>;party=calling;screen=no"])
        #expect(confirmed.number == "100" && confirmed.isVouched)
        let claimed = try Line().caller(
            "<sip:pbx@pbx.example>",
            ["Remote-Party-ID: <sip:100@pbx.example>;party=calling;screen=no"]
        )
        #expect(!claimed.isVouched)
        let contradicted = try Line().caller(from, ["Remote-Party-ID: <sip:666@pbx.example>;screen=yes"])
        #expect(contradicted.number == "666")
        let asserted = try Line().caller(
            from,
            ["Remote-Party-ID: <sip:666@pbx.example>;screen=yes", "P-Asserted-Identity: <sip:100@pbx.example>"]
        )
        #expect(asserted.number == "100")
    }

    @Test func `Who wants to stay unnamed is known to the house, and not shown`() throws {
        let line = try Line()
        let caller = try line.caller(
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
            ["P-Asserted-Identity: <sip:100@pbx.example>", "Privacy: id"]
        )
        #expect(caller.number == "100" && caller.isVouched && caller.isPrivate)
        #expect(line.phone.incoming.first?.info.callerNumber == nil)
    }

    // MARK: Within the call

    @Test(arguments: ["INVITE", "UPDATE"])
    func `Another identity within the call is told, whatever brings it`(method: String) throws {
        let line = try Line()
        line.phone.answering = .answer()
        line.send(from: "<sip:100@pbx.example>", by: line.pbx)
        let tag = try #require(line.pbx.answers(.invite).first?.toTag)
        line.send("ACK", from: "<sip:100@pbx.example>", by: line.pbx, toTag: tag, body: "")
        let call = try #require(line.phone.incoming.first?.call)
        func change(_ cSeq: Int, from: String = "<sip:100@pbx.example>", _ headers: [String], tag: String? = tag) {
            let body = method == "UPDATE" ? "" : RawHost.offer
            line.send(method, from: from, headers, by: line.pbx, cSeq: cSeq, toTag: tag, body: body)
            line.send("ACK", from: from, by: line.pbx, cSeq: cSeq, toTag: tag, body: "")
        }
        change(2, ["P-Asserted-Identity: <sip:100@pbx.example>"])
        #expect(line.phone.parties[call] == nil)
        change(3, ["P-Asserted-Identity: <sip:666@pbx.example>"])
        #expect(line.phone.parties[call]?.map(\.number) == ["666"])
        // Nothing is said of it: nothing changes.
        change(4, [])
        #expect(line.phone.parties[call]?.count == 1)
        // RFC 4916: From itself names somebody else.
        change(5, from: "<sip:101@pbx.example>", [])
        #expect(line.phone.parties[call]?.map(\.number) == ["666", "101"])
        change(6, ["Remote-Party-ID: <sip:100@pbx.example>;party=calling;screen=yes"])
        #expect(line.phone.parties[call]?.last?.number == "100")
        // What the session refuses gives nobody anything: an old number, and another's tag.
        change(1, ["P-Asserted-Identity: <sip:777@pbx.example>"])
        change(9, ["P-Asserted-Identity: <sip:777@pbx.example>"], tag: "guessed")
        #expect(line.phone.parties[call]?.map(\.number) == ["666", "101", "100"])
    }

    @Test(
        arguments: [
            ("P-Asserted-Identity: <sip:666@pbx.example>", "666"),
            ("Remote-Party-ID: <sip:666@pbx.example>;party=called", "666"),
            ("P-Asserted-Identity: <sip:+49301555@pbx.example>", "+49301555"),
            // The same telephone in another spelling, the PBX itself, ourselves, nobody.
            ("P-Asserted-Identity: <sip:+4930100@pbx.example>", nil),
            ("P-Asserted-Identity: <sip:0100@pbx.example>", nil),
            ("P-Asserted-Identity: <sip:asterisk@192.0.2.1>", nil), ("P-Asserted-Identity: <sip:200@pbx.example>", nil),
            ("P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", nil), ("X-Nothing: 1", nil),
        ] as [(String, String?)]
    )
    func `An answer by another telephone than the one that was called`(header: String, number: String?) throws {
        let line = try Line()
        let target = try #require(SIPURI("sip:100@pbx.example"))
        let call = try #require(line.phone.call(target, from: line.account))
        line.simulation.run(for: .milliseconds(50))
        let invite = try #require(line.pbx.received.first { $0.method == .invite && $0.isRequest })
        line.pbx.answer(invite, 200, [header, "Content-Type: application/sdp"], body: RawHost.offer)
        line.simulation.run(for: .milliseconds(100))
        #expect(line.phone.answered[call] != nil)
        #expect(line.phone.parties[call]?.first?.number == number)
    }
}
