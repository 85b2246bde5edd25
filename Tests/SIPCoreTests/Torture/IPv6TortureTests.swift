import CoreTypes
import SDPCore
import SIPCore
import Testing

/// The cases of RFC 5118 in messages of our own: what the parser makes of them, what it reads there, what is answered.
@Suite struct IPv6TortureTests {
    struct Case: Sendable {
        var row: TortureCase
        /// What is to be read in the message.
        var reading: String
        /// Reads it.
        var read: @Sendable (SIPMessage) -> String

        init(
            _ section: String,
            _ name: String,
            _ bytes: [UInt8],
            verdict: TortureCase.Verdict = .accepted,
            fault: String? = nil,
            owner: TortureCase.Owner = .userAgent,
            answer: String,
            reading: String = "",
            read: @escaping @Sendable (SIPMessage) -> String = { _ in "" }
        ) {
            self.row = TortureCase(
                name: name,
                section: section,
                bytes: bytes,
                verdict: verdict,
                fault: fault,
                owner: owner,
                answer: answer
            )
            self.reading = reading
            self.read = read
        }
    }

    static let cases: [Case] = [
        Case(
            "4.1",
            "an IPv6 reference in Request-URI, Via and Contact",
            ownRequest(
                "REGISTER sip:[2001:db8:5::7] SIP/2.0",
                via: "Via: SIP/2.0/UDP [2001:db8:5::21];branch=z9hG4bKsix",
                ["Contact: \"N\" <sip:nora@[2001:DB8:5:0::21]>"]
            ),
            owner: .registrar,
            answer: "200 by the registrar",
            reading: "URI 2001:db8:5::7 no port, Via 2001:db8:5::21, Contact 2001:db8:5::21"
        ) { message in
            "URI \(uri(message)), Via \(text(message.topVia.host)), Contact \(text(message.contacts.first?.uri.host))"
        },
        Case(
            "4.2",
            "no brackets in the Request-URI",
            ownRequest("REGISTER sip:2001:db8:5::7 SIP/2.0"),
            verdict: .refused(.framing),
            fault: "db8:5::7",
            owner: .registrar,
            answer: "400"
        ),
        Case(
            "4.2",
            "no brackets in a Via",
            ownRequest(
                "OPTIONS sip:emil@[2001:db8:5::7] SIP/2.0",
                via: "Via: SIP/2.0/UDP 2001:db8:5::21;branch=z9hG4bKs"
            ),
            verdict: .refused(.header, .via),
            fault: "db8:5::21",
            answer: "400"
        ),
        Case(
            "4.2",
            "no brackets in From",
            ownRequest("OPTIONS sip:emil@[2001:db8:5::7] SIP/2.0", from: "From: <sip:nora@2001:db8:5::21>;tag=1"),
            verdict: .refused(.header, .from),
            fault: "db8:5::21",
            answer: "400"
        ),
        Case(
            "4.2",
            "a bracket that is never closed",
            ownRequest("OPTIONS sip:emil@[2001:db8:5::7 SIP/2.0"),
            verdict: .refused(.framing),
            fault: "[2001:db8:5::7 ",
            answer: "400"
        ),
        Case(
            "4.3",
            "a port inside of the brackets is none",
            ownRequest("OPTIONS sip:[2001:db8:5::7:5070] SIP/2.0"),
            answer: "200 by the owner",
            reading: "URI 2001:db8:5::7:5070 no port",
            read: { "URI \(uri($0))" }
        ),
        Case(
            "4.4",
            "a port behind the brackets",
            ownRequest("OPTIONS sip:[2001:db8:5::7]:5070 SIP/2.0"),
            answer: "200 by the owner",
            reading: "URI 2001:db8:5::7 port 5070",
            read: { "URI \(uri($0))" }
        ),
        Case(
            "4.5",
            "received with brackets",
            ownRequest(
                "OPTIONS sip:emil@[2001:db8:5::7] SIP/2.0",
                ["Via: SIP/2.0/UDP relay.example;received=[2001:db8:5::99];branch=z9hG4bKr"]
            ),
            answer: "200 by the owner",
            reading: "received 2001:db8:5::99",
            read: { "received \($0.vias.last?.received?.description ?? "nothing")" }
        ),
        Case(
            "4.5",
            "received without brackets",
            ownRequest(
                "OPTIONS sip:emil@[2001:db8:5::7] SIP/2.0",
                ["Via: SIP/2.0/UDP relay.example;received=2001:db8:5::99;branch=z9hG4bKr"]
            ),
            answer: "200 by the owner",
            reading: "received 2001:db8:5::99",
            read: { "received \($0.vias.last?.received?.description ?? "nothing")" }
        ),
        Case(
            "4.6",
            "IPv6 in the description",
            invite(description(["c=IN IP6 2001:db8:5::77", "t=0 0", "m=audio 41000 RTP/AVP 8"])),
            answer: "200 by the owner",
            reading: "audio 2001:db8:5::77:41000",
            read: media
        ),
        Case(
            "4.7",
            "addresses of both families in the headers",
            ownRequest(
                "BYE sip:emil@[2001:db8:5::7]:5070;maddr=192.0.2.8 SIP/2.0",
                via: "Via: SIP/2.0/UDP [2001:db8:5::21]:6050;branch=z9hG4bK1, SIP/2.0/TCP 192.0.2.4;branch=z9hG4bK2",
                to: "To: <sip:emil@192.0.2.8>;tag=2",
                ["v: SIP/2.0/TLS [2001:db8:5::22];received=192.0.2.5;branch=z9hG4bK3", "Route: <sip:[2001:db8::a];lr>"]
            ),
            answer: "481 by the owner",
            reading: "2001:db8:5::21:6050 192.0.2.4 2001:db8:5::22",
            read: { message in
                message.vias.map { text($0.host) + ($0.port.map { ":\($0)" } ?? "") }.joined(separator: " ")
            }
        ),
        Case(
            "4.8",
            "addresses of both families in the description",
            invite(
                description([
                    "c=IN IP6 2001:db8:5::77", "t=0 0", "m=audio 41000 RTP/AVP 8", "m=video 41002 RTP/AVP 31",
                    "c=IN IP4 192.0.2.77",
                ])
            ),
            answer: "200 by the owner",
            reading: "audio 2001:db8:5::77:41000 video 192.0.2.77:41002",
            read: media
        ),
        Case(
            "4.9",
            "an IPv4 address in the form of IPv6",
            invite(
                via: "Via: SIP/2.0/UDP [::ffff:192.0.2.77]:17171;branch=z9hG4bKmapped",
                description(["c=IN IP6 ::ffff:192.0.2.77", "t=0 0", "m=audio 41000 RTP/AVP 8"])
            ),
            answer: "200 by the owner",
            reading: "Via ::ffff:c000:24d:17171, audio ::ffff:c000:24d:41000"
        ) { "Via \(text($0.topVia.host)):\($0.topVia.port ?? 0), \(media($0))" },
        // The grammar of RFC 3261 asks for a third colon here, by mistake; who sends it so is borne with.
        Case(
            "4.10",
            "a third colon before an IPv4 address",
            ownRequest("OPTIONS sip:emil@[2001:db8:::192.0.2.7] SIP/2.0"),
            answer: "200 by the owner",
            reading: "URI [2001:db8:::192.0.2.7] no port",
            read: { "URI \(uri($0))" }
        ),
        Case(
            "4.10",
            "two colons before an IPv4 address",
            ownRequest("OPTIONS sip:emil@[2001:db8::192.0.2.7] SIP/2.0"),
            answer: "200 by the owner",
            reading: "URI 2001:db8::c000:207 no port",
            read: { "URI \(uri($0))" }
        ),
    ]

    @Test func everyMessageIsReadAsItIsMeant() {
        var outcomes: [TortureOutcome] = []
        for test in Self.cases {
            var outcome = test.row.run(test.row.bytes)
            let got = (try? SIPMessage(test.row.bytes)).map(test.read) ?? ""
            if !test.reading.isEmpty { outcome.expected += "; \(test.reading)" }
            if !got.isEmpty { outcome.got += "; \(got)" }
            if got != test.reading {
                outcome.complaints.append("it is read otherwise")
                outcome.remark = "WRONG: " + outcome.complaints.joined(separator: "; ")
            }
            outcomes.append(outcome)
        }
        print(outcomes.table("RFC 5118 (IPv6), in messages of our own"))
        for outcome in outcomes { #expect(outcome.complaints.isEmpty, "\(outcome.section) \(outcome.name)") }
        #expect(Set(outcomes.map(\.section)) == Set((1...10).map { "4.\($0)" }))
    }

    /// What we write into a Via has no brackets in `received` (RFC 5118 section 4.5), and the answer goes to the port of
    /// sent-by or, where the client asked, to the one that it sent from (RFC 3581).
    @Test(arguments: [("", "[2001:db8:5::21]:6050"), (";rport", "[2001:db8:5::21]:40000")])
    func answersOverIPv6(_ rport: String, _ destination: String) throws {
        var bench = TortureBench(
            owner: .userAgent,
            source: "[2001:db8:5::21]:40000",
            binding: "[2001:db8:5::7]:5060"
        )
        let bytes = ownRequest(
            "OPTIONS sip:emil@[2001:db8:5::7] SIP/2.0",
            via: "Via: SIP/2.0/UDP kiosk.svetlana.example:6050\(rport);branch=z9hG4bKsix"
        )
        let answer = bench.answer(to: bytes, isAccepted: true)
        #expect(answer == "200 by the owner")
        let transmit = try #require(bench.sent.first)
        #expect(transmit.to == address(destination))
        let response = try SIPMessage(transmit.bytes)
        #expect(response.topVia.parameters["received"] == "2001:db8:5::21")
        #expect(response.topVia.received == address(destination).host)
    }

    private static func text(_ host: String?) -> String {
        guard let host else { return "nothing" }
        return IPAddress(host)?.description ?? host
    }

    private static func uri(_ message: SIPMessage) -> String {
        "\(text(message.requestURI?.host)) " + (message.requestURI?.port.map { "port \($0)" } ?? "no port")
    }

    private static func media(_ message: SIPMessage) -> String {
        guard let description = try? SessionDescription(message.body) else { return "no description" }
        return description.media.map { media in
            "\(media.kind) \(text(description.connection(of: media)?.address)):\(media.port)"
        }.joined(separator: " ")
    }

    private static func description(_ lines: [String]) -> String {
        (["v=0", "o=nora 1 1 IN IP6 2001:db8:5::77", "s=-"] + lines).map { $0 + "\r\n" }.joined()
    }

    private static func invite(
        via: String = "Via: SIP/2.0/UDP [2001:db8:5::21];branch=z9hG4bKsix",
        _ body: String
    ) -> [UInt8] {
        ownRequest("INVITE sip:emil@[2001:db8:5::7] SIP/2.0", via: via, ownSession, body: body)
    }
}
