import CoreTypes
import Testing

@testable import SIPCore

/// What a 2xx to a REGISTER that asked for 60 s says of our binding, `sip:bot@192.0.2.1:5060`.
@Suite("Registering: which binding is ours, and for how long")
struct RegistrationBindingTests {
    /// One 2xx: its Contact lines, its Expires, where the registrar saw us, and the seconds that count; 0 is a failure.
    struct Case: CustomStringConvertible, Sendable {
        let description: String
        var contacts: [String] = []
        var expires: String?
        var via: String?
        let granted: Int
    }

    static let own = "<sip:bot@192.0.2.1:5060>"
    static let cases: [Case] = [
        Case(description: "ours", contacts: [own + ";expires=50"], granted: 50),
        Case(
            description: "ours, by another spelling of the host",
            contacts: ["<sip:bot@192.0.2.1:5060;ob>;expires=50"],
            granted: 50
        ),
        Case(description: "more than was asked for", contacts: [own + ";expires=4294967295"], granted: 60),
        Case(description: "more than can be said", contacts: [own + ";expires=99999999999999999999"], granted: 60),
        Case(description: "more than was asked for, in Expires", expires: "4294967295", granted: 60),
        Case(description: "no Contact, an Expires", expires: "33", granted: 33),
        Case(description: "nothing at all", granted: 60),
        Case(description: "no Contact, Expires 0", expires: "0", granted: 0),
        Case(description: "ours without an expiry", contacts: [own], expires: "44", granted: 44),
        Case(description: "ours without any", contacts: [own], granted: 60),
        Case(description: "an expiry in quotes", contacts: [own + ";expires=\"21\""], granted: 21),
        Case(
            description: "an expiry inside of the brackets",
            contacts: ["<sip:bot@192.0.2.1:5060;expires=22>"],
            granted: 22
        ),
        Case(description: "an expiry that is no number", contacts: [own + ";expires=soon"], expires: "40", granted: 40),
        Case(description: "no brackets", contacts: ["sip:bot@192.0.2.1:5060;expires=23"], granted: 23),
        Case(
            description: "q-values and more",
            contacts: ["\"Bot\" " + own + ";q=0.5;methods=\"INVITE\";expires=24"],
            granted: 24
        ),
        Case(
            description: "beside a desk phone",
            contacts: ["<sip:bot@192.0.2.77>;expires=1777", own + ";expires=25"],
            granted: 25
        ),
        Case(
            description: "beside a shorter one that is not ours",
            contacts: ["<sip:bot@192.0.2.77>;expires=5", own + ";expires=25"],
            granted: 25
        ),
        Case(
            description: "twice, the shorter counts",
            contacts: [own + ";expires=50", own + ";expires=20"],
            granted: 20
        ),
        Case(
            description: "none can be told as ours",
            contacts: ["<sip:bot@192.0.2.77:5070>;expires=1777", "<sip:bot@198.51.100.9:31044>;expires=20"],
            granted: 20
        ),
        Case(
            description: "the address that the registrar saw",
            contacts: ["<sip:bot@192.0.2.77:5070>;expires=12", "<sip:bot@198.51.100.9:31044>;expires=30"],
            via: "received=198.51.100.9;rport=31044",
            granted: 30
        ),
        Case(
            description: "Kamailio's received",
            contacts: [
                "<sip:bot@192.0.2.77:5070>;expires=12",
                "<sip:bot@10.0.0.1:5099>;expires=31;received=\"sip:198.51.100.9:31044\"",
            ],
            via: "received=198.51.100.9;rport=31044",
            granted: 31
        ),
        Case(
            description: "Asterisk's original host",
            contacts: [
                "<sip:bot@192.0.2.77:5070>;expires=12",
                "<sip:bot@198.51.100.9:31044;x-ast-orig-host=192.0.2.1:5060>;expires=32",
            ],
            granted: 32
        ),
        Case(
            description: "Kamailio's alias",
            contacts: [
                "<sip:bot@192.0.2.77:5070>;expires=12", "<sip:bot@10.0.0.1:5099;alias=198.51.100.9~31044~1>;expires=34",
            ],
            via: "received=198.51.100.9;rport=31044",
            granted: 34
        ),
        Case(
            description: "another user at our place",
            contacts: ["<sip:bot@192.0.2.77:5070>;expires=12", "<sip:s-x1@192.0.2.1:5060>;expires=35"],
            granted: 35
        ),
        Case(
            description: "our old line is gone, another lives",
            contacts: [own + ";expires=0", "<sip:bot@198.51.100.9:31044>;expires=12"],
            granted: 12
        ),
        Case(
            description: "our old line is gone, two others live",
            contacts: [
                own + ";expires=0", "<sip:bot@198.51.100.9:31044>;expires=40", "<sip:bot@192.0.2.77>;expires=15",
            ],
            granted: 15
        ),
        Case(
            description: "one line of ours is gone, another lives",
            contacts: [own + ";expires=0", own + ";expires=18"],
            granted: 18
        ),
        Case(description: "ours is gone and nothing lives", contacts: [own + ";expires=0"], granted: 0),
        Case(
            description: "all are gone",
            contacts: [own + ";expires=0", "<sip:bot@192.0.2.77>;expires=0"],
            granted: 0
        ),
        Case(
            description: "a broken line beside ours",
            contacts: ["<sip:bot@[;expires=3", own + ";expires=26"],
            granted: 26
        ),
        Case(description: "only broken lines", contacts: ["<<>>", ";expires=7"], expires: "27", granted: 27),
        Case(description: "a star", contacts: ["*"], expires: "28", granted: 28),
        Case(
            description: "a telephone number beside ours",
            contacts: ["<tel:+4930123>;expires=9", own + ";expires=29"],
            granted: 29
        ),
    ]

    private func response(_ test: Case, to request: SIPMessageBuilder) throws -> SIPMessage {
        let via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-test" + (test.via.map { ";\($0)" } ?? ";rport")
        let sent = try request.sent()
        return try Peer.message(
            [
                "SIP/2.0 200 OK", "Via: \(via)", "From: \(sent.first(.from) ?? "")",
                "To: \(sent.first(.to) ?? "");tag=r",
                "Call-ID: \(sent.callID)", "CSeq: \(sent.cSeq.number) REGISTER",
            ] + test.contacts.map { "Contact: \($0)" } + (test.expires.map { ["Expires: \($0)"] } ?? [])
        )
    }

    private func make() throws -> Registration {
        Registration(
            configuration: .init(
                registrar: try #require(SIPURI("sip:pbx.example")),
                addressOfRecord: try #require(NameAddress("<sip:bot@pbx.example>")),
                contact: try #require(NameAddress(Self.own)),
                expires: .seconds(60)
            ),
            callID: "registration-1",
            random: SeededRandom(seed: 1)
        )
    }

    @Test(arguments: Self.cases)
    func whatIsGranted(test: Case) throws {
        var registration = try self.make()
        let request = try registration.start(now: .zero).request()
        let actions = registration.handleResponse(try self.response(test, to: request), now: .zero)
        if test.granted == 0 {
            #expect(actions.brief == ["failed notGranted"], "\(test)")
        } else {
            #expect(actions.brief.first?.hasPrefix("registered \(test.granted) ") == true, "\(test): \(actions.brief)")
            #expect(try #require(registration.deadline) < .seconds(Double(test.granted)), "\(test)")
        }
    }

    @Test func linesOfRemovedBindingsAreNoDevices() throws {
        var registration = try self.make()
        let request = try registration.start(now: .zero).request()
        let test = Case(
            description: "",
            contacts: [Self.own + ";expires=0", "<sip:bot@198.51.100.9:31044>;expires=12"],
            granted: 12
        )
        let actions = registration.handleResponse(try self.response(test, to: request), now: .zero)
        #expect(actions.brief == ["registered 12 1"])
    }

    @Test func theInstanceOutweighsTheAddress() throws {
        let contact = "<sip:bot@192.0.2.1:5060>;+sip.instance=\"<urn:uuid:1>\""
        var registration = Registration(
            configuration: .init(
                registrar: try #require(SIPURI("sip:pbx.example")),
                addressOfRecord: try #require(NameAddress("<sip:bot@pbx.example>")),
                contact: try #require(NameAddress(contact))
            ),
            callID: "registration-1",
            random: SeededRandom(seed: 1)
        )
        let test = Case(
            description: "",
            contacts: [
                "<sip:bot@192.0.2.1:5060>;+sip.instance=\"<urn:uuid:2>\";expires=30",
                "<sip:x@203.0.113.4:9>;+sip.instance=\"<urn:uuid:1>\";expires=40",
            ],
            granted: 40
        )
        let request = try registration.start(now: .zero).request()
        let actions = registration.handleResponse(try self.response(test, to: request), now: .zero)
        #expect(actions.brief == ["registered 40 2"])
    }
}
