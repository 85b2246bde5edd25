import Foundation
import SIPCore
import Testing

private let tortureFolder = ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"].map { $0 + "/rfc4475/" }

/// The messages of RFC 4475 from the archive in the RFC, when SVETLANA_TEST_DATA names a folder that has them in
/// `rfc4475`; messages of our own for each of its faults are in `OwnTortureTests`.
@Suite(.enabled(if: tortureFolder != nil)) struct TortureTests {
    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: (tortureFolder ?? "") + name + ".dat")))
    }

    // `test.dat` is in the archive but in no section.
    static let cases: [TortureCase] = [
        // The To has a tag of no dialog of ours.
        TortureCase(name: "wsinv", section: "3.1.1.1", answer: "481 by the owner"),
        TortureCase(name: "intmeth", section: "3.1.1.2", answer: "501 Allow"),
        TortureCase(name: "esc01", section: "3.1.1.3", answer: "200 by the owner"),
        TortureCase(name: "escnull", section: "3.1.1.4", owner: .registrar, answer: "200 by the registrar"),
        // An escape in a method is none: this is not REGISTER.
        TortureCase(name: "esc02", section: "3.1.1.5", owner: .registrar, answer: "501 Allow"),
        TortureCase(name: "lwsdisp", section: "3.1.1.6", answer: "200 by the owner"),
        TortureCase(name: "longreq", section: "3.1.1.7", answer: "200 by the owner"),
        // The second request in the datagram is left aside.
        TortureCase(name: "dblreq", section: "3.1.1.8", owner: .registrar, answer: "200 by the registrar"),
        TortureCase(name: "semiuri", section: "3.1.1.9", answer: "200 by the owner"),
        TortureCase(name: "transports", section: "3.1.1.10", answer: "200 by the owner"),
        TortureCase(name: "mpart01", section: "3.1.1.11", owner: .omnivore, answer: "200 by the owner"),
        TortureCase(name: "unreason", section: "3.1.1.12", answer: "dropped as stray"),
        TortureCase(name: "noreason", section: "3.1.1.13", answer: "dropped as stray"),
        TortureCase(
            name: "badinv01",
            section: "3.1.2.1",
            verdict: .refused(.header, .via),
            fault: ";;,;,,",
            answer: "400"
        ),
        TortureCase(
            name: "clerr",
            section: "3.1.2.2",
            verdict: .refused(.framing, .contentLength),
            fault: "9999",
            answer: "400"
        ),
        TortureCase(
            name: "ncl",
            section: "3.1.2.3",
            verdict: .refused(.framing, .contentLength),
            fault: "-999",
            answer: "400"
        ),
        TortureCase(
            name: "scalar02",
            section: "3.1.2.4",
            verdict: .refused(.header, .cSeq),
            fault: "36893488147419103232",
            owner: .registrar,
            answer: "400"
        ),
        TortureCase(
            name: "scalarlg",
            section: "3.1.2.5",
            verdict: .refused(.header, .cSeq),
            fault: "9292394834772304023312",
            answer: "dropped as malformed"
        ),
        TortureCase(
            name: "quotbal",
            section: "3.1.2.6",
            verdict: .refused(.header, .to),
            fault: "\"Mr. J. User <",
            answer: "400"
        ),
        TortureCase(name: "ltgtruri", section: "3.1.2.7", verdict: .refused(.framing), fault: "<sip", answer: "400"),
        TortureCase(name: "lwsruri", section: "3.1.2.8", verdict: .refused(.framing), fault: "; lr", answer: "400"),
        TortureCase(name: "lwsstart", section: "3.1.2.9", verdict: .refused(.framing), fault: "  sip:", answer: "400"),
        TortureCase(name: "trws", section: "3.1.2.10", verdict: .refused(.framing), fault: "  \r", answer: "400"),
        TortureCase(
            name: "escruri",
            section: "3.1.2.11",
            verdict: .refused(.validation),
            fault: "?Route",
            answer: "400"
        ),
        // Only who reads the Date need object: `readsTheDetails`.
        TortureCase(name: "baddate", section: "3.1.2.12", answer: "200 by the owner"),
        TortureCase(
            name: "regbadct",
            section: "3.1.2.13",
            verdict: .refused(.header, .contact),
            fault: "?Route",
            owner: .registrar,
            answer: "400"
        ),
        TortureCase(
            name: "badaspec",
            section: "3.1.2.14",
            verdict: .refused(.header, .to),
            fault: "< sip:t.watson@example.org >",
            answer: "400"
        ),
        TortureCase(
            name: "baddn",
            section: "3.1.2.15",
            // The archive's file ends before the empty line, without which a message without a body can do.
            verdict: .refused(.header, .from),
            fault: ", Alexander",
            answer: "400"
        ),
        TortureCase(
            name: "baddn + CRLF",
            section: "3.1.2.15",
            verdict: .refused(.header, .from),
            fault: ", Alexander",
            answer: "400"
        ),
        TortureCase(
            name: "badvers",
            section: "3.1.2.16",
            verdict: .refused(.validation, nil, 505),
            fault: "SIP/7.0",
            answer: "505"
        ),
        TortureCase(
            name: "mismatch01",
            section: "3.1.2.17",
            verdict: .refused(.validation, .cSeq),
            fault: "INVITE",
            answer: "400"
        ),
        TortureCase(
            name: "mismatch02",
            section: "3.1.2.18",
            verdict: .refused(.validation, .cSeq),
            fault: "INVITE",
            answer: "400"
        ),
        TortureCase(
            name: "bigcode",
            section: "3.1.2.19",
            verdict: .refused(.framing),
            fault: "4294967301",
            answer: "dropped as malformed"
        ),
        TortureCase(name: "badbranch", section: "3.2.1", answer: "200 by the owner"),
        TortureCase(
            name: "insuf",
            section: "3.3.1",
            verdict: .refused(.validation, .from),
            fault: "\r\nv=0",
            answer: "400"
        ),
        TortureCase(name: "unkscm", section: "3.3.2", answer: "416"),
        TortureCase(name: "novelsc", section: "3.3.3", answer: "416"),
        TortureCase(name: "unksm2", section: "3.3.4", owner: .registrar, answer: "400 by the registrar"),
        TortureCase(
            name: "bext01",
            section: "3.3.5",
            answer: "420 Unsupported: nothingSupportsThis, nothingSupportsThisEither"
        ),
        TortureCase(name: "invut", section: "3.3.6", answer: "415 Accept: application/sdp"),
        TortureCase(name: "regaut01", section: "3.3.7", owner: .guardedRegistrar, answer: "401 by the registrar"),
        TortureCase(
            name: "multi01",
            section: "3.3.8",
            verdict: .refused(.header, .cSeq),
            fault: "59 INVITE",
            answer: "400"
        ),
        TortureCase(
            name: "mcl01",
            section: "3.3.9",
            verdict: .refused(.framing, .contentLength),
            fault: "5\r\nContent-Type",
            answer: "400"
        ),
        TortureCase(name: "bcast", section: "3.3.10", answer: "dropped as stray"),
        // 483 is for who would forward it.
        TortureCase(name: "zeromf", section: "3.3.11", answer: "200 by the owner"),
        TortureCase(name: "cparam01", section: "3.3.12", owner: .registrar, answer: "200 by the registrar"),
        TortureCase(name: "cparam02", section: "3.3.13", owner: .registrar, answer: "200 by the registrar"),
        TortureCase(name: "regescrt", section: "3.3.14", owner: .registrar, answer: "200 by the registrar"),
        TortureCase(name: "sdp01", section: "3.3.15", answer: "406"),
        TortureCase(name: "inv2543", section: "3.4.1", answer: "200 by the owner"),
    ]

    @Test func everyMessageHasTheOutcomeOfTheRFC() throws {
        var outcomes: [TortureOutcome] = []
        for row in Self.cases {
            let name = row.name.prefix { $0 != " " }
            let bytes = try Self.bytes(String(name)) + (row.name.hasSuffix("+ CRLF") ? [0x0D, 0x0A] : [])
            outcomes.append(row.run(bytes))
        }
        print(outcomes.table("RFC 4475, the messages of its archive"))
        for outcome in outcomes { #expect(outcome.complaints.isEmpty, "\(outcome.name)") }
        // One row for each of the 49 messages, and one for the message that the archive cut.
        #expect(Set(outcomes.map(\.name)).count == 50)
    }

    /// What the RFC says of single messages beyond the verdict.
    @Test func readsTheDetails() throws {
        func message(_ name: String) throws -> SIPMessage { try SIPMessage(try Self.bytes(name)) }
        let spaces = try message("wsinv")
        #expect(spaces.vias.map(\.host) == ["192.0.2.2", "spindle.example.com", "192.168.255.111"])
        #expect(spaces.vias.map(\.branch) == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        #expect(spaces.from.displayName == #"J Rosenberg \""# && spaces.fromTag == "98asjd8")
        #expect(spaces.maxForwards == 68 && spaces.cSeq == CSeq(number: 9, method: .invite))
        #expect(spaces.contacts.first?.parameters["q"] == "0.33")
        #expect(spaces.first("NewFangledHeader") == "newfangled value continued newfangled value")
        let escapes = try message("esc01")
        #expect(escapes.requestURI?.unescapedUser == "sips:user@example.com")
        #expect(escapes.requestURI?.host == "example.net")
        #expect(escapes.to.uri.isEquivalent(to: try #require(SIPURI("sip:user@example.com"))))
        let method = try message("esc02")
        #expect(method.method != .register && method.contacts.count == 2)
        #expect(method.from.displayName == "%Z%45")
        #expect(try message("lwsdisp").from.displayName == "caller")
        #expect(try message("longreq").vias.count == 34)
        #expect(try message("semiuri").requestURI?.user == "user;par=u%40example.net")
        #expect(try message("transports").vias.map(\.transportName) == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
        #expect(try message("mpart01").body.count == 553)
        #expect(try message("noreason").reasonPhrase.isEmpty)
        #expect(try message("dblreq").body.isEmpty)
        #expect(try message("zeromf").maxForwards == 0)
        #expect(try message("sdp01").first(.accept) == "text/nobodyKnowsThis")
        #expect(try message("mpart01").verdict(of: .date) == nil)
        let zone = try message("baddate")
        let verdict = try #require(zone.verdict(of: .date))
        #expect(zone.bytes.firstRange(of: Array("EST".utf8))?.contains(verdict.offset) == true)
        let unknown = try message("unksm2")
        #expect(unknown.to.uri.scheme == .other("isbn") && unknown.from.uri.scheme == .other("http"))
    }

    @Test func registrarKeepsEscapesAndParametersApart() throws {
        func contacts(_ name: String, _ user: String) throws -> [String] {
            var bench = TortureBench(owner: .registrar)
            let answer = bench.answer(to: try Self.bytes(name), isAccepted: true)
            #expect(answer == "200 by the registrar")
            return bench.contacts(of: try #require(SIPURI(user)))
        }
        #expect(try contacts("escnull", "sip:null-%00-null@example.com").count == 2)
        #expect(
            try contacts("cparam01", "sip:watson@example.com")
                == ["<sip:+19725552222@gw1.example.net>;unknownparam"]
        )
        #expect(
            try contacts("cparam02", "sip:watson@example.com")
                == ["<sip:+19725552222@gw1.example.net;unknownparam>"]
        )
        #expect(
            try contacts("regescrt", "sip:user@example.com")
                == ["<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"]
        )
    }

    /// The part that nobody reads does not say that it matters, and stands beside one that is read.
    @Test func aBodyInPartsIsReadAsFarAsItMatters() throws {
        var bench = TortureBench(owner: .userAgent)
        let answer = bench.answer(to: try Self.bytes("mpart01"), isAccepted: true)
        #expect(answer == "200 by the owner")
    }
}
