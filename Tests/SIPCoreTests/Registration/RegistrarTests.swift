import CoreTypes
import Testing

@testable import SIPCore

@Suite("The registrar")
struct RegistrarTests {
    let user = SIPURI(user: "101", host: "pbx.example")

    func register(
        _ contacts: [String],
        cSeq: UInt32 = 1,
        callID: String = "device-a",
        to: String = "<sip:101@pbx.example>",
        expires: String? = nil
    ) throws -> SIPMessage {
        try Peer.message(
            [
                "REGISTER sip:pbx.example SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK\(callID)\(cSeq)",
                "Max-Forwards: 70", "From: \(to);tag=peer", "To: \(to)", "Call-ID: \(callID)", "CSeq: \(cSeq) REGISTER",
            ] + contacts.map { "Contact: \($0)" } + (expires.map { ["Expires: \($0)"] } ?? [])
        )
    }

    func handle(
        _ registrar: inout Registrar,
        _ request: SIPMessage,
        at seconds: Double = 0
    ) throws -> (message: SIPMessage, changes: [String]) {
        let (response, changes) = registrar.handle(request, toTag: "registrar", now: .seconds(seconds))
        return (try response.build(), changes.map(\.brief))
    }

    @Test func keepsTheContactAsItWasGiven() throws {
        var registrar = Registrar()
        let contact = "\"A\" <sip:101@192.0.2.9:5070;rinstance=2622c879b98cfd93;transport=udp>"
        let (ok, changes) = try self.handle(
            &registrar,
            try self.register([contact + ";q=0.5;expires=120;+sip.instance=\"<urn:x>\""])
        )
        #expect(ok.statusCode == 200)
        #expect(ok.to.tag == "registrar")
        #expect(ok.values(.contact) == [contact + ";q=0.5;+sip.instance=\"<urn:x>\";expires=120"])
        #expect(changes == ["added sip:101@pbx.example 192.0.2.9"])
        let binding = try #require(registrar.bindings(of: self.user, now: .seconds(119)).first)
        #expect(binding.contact.uri.parameters["rinstance"] == "2622c879b98cfd93")
        #expect(binding.preference == 500)
        #expect(registrar.deadline == .seconds(120))
    }

    @Test func refreshesAndCountsDown() throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"], expires: "60"))
        let (ok, changes) = try self.handle(&registrar, try self.register([], cSeq: 2), at: 12.5)
        #expect(ok.values(.contact) == ["<sip:101@192.0.2.9>;expires=48"])
        #expect(changes.isEmpty)
        let second = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>"], cSeq: 3, expires: "60"),
            at: 55
        )
        #expect(second.changes == ["refreshed sip:101@pbx.example 192.0.2.9"])
        #expect(registrar.deadline == .seconds(115))
    }

    @Test func bindingsLapse() throws {
        var registrar = Registrar()
        _ = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>;expires=60", "<sip:101@192.0.2.10>;expires=90"])
        )
        #expect(registrar.handleTimeout(now: .seconds(59)).isEmpty)
        #expect(registrar.handleTimeout(now: .seconds(60)).map(\.brief) == ["lapsed sip:101@pbx.example 192.0.2.9"])
        #expect(registrar.deadline == .seconds(90))
        // A reader never sees what has lapsed, even before the timer ran.
        #expect(registrar.bindings(of: self.user, now: .seconds(95)).isEmpty)
        _ = registrar.handleTimeout(now: .seconds(90))
        #expect(registrar.addressesOfRecord == 0)
        #expect(registrar.deadline == nil)
    }

    @Test func removesOneOrAll() throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>, <sip:101@192.0.2.10>"]))
        let (ok, changes) = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>;expires=0"], cSeq: 2))
        #expect(ok.values(.contact).count == 1)
        #expect(changes == ["removed sip:101@pbx.example 192.0.2.9"])
        let all = try self.handle(&registrar, try self.register(["*"], cSeq: 3, expires: "0"))
        #expect(all.message.statusCode == 200)
        #expect(all.changes == ["removed sip:101@pbx.example 192.0.2.10"])
        #expect(registrar.addressesOfRecord == 0)
        // Removing what is not there is no error.
        let (none, nothing) = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>"], cSeq: 4, expires: "0")
        )
        #expect(none.statusCode == 200)
        #expect(nothing.isEmpty)
    }

    @Test(arguments: [(["*"], "60"), (["*"], nil), (["*", "<sip:101@192.0.2.9>"], "0")] as [([String], String?)])
    func wildcardNeedsExpiresZeroAndNoCompany(contacts: [String], expires: String?) throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"]))
        let (answer, changes) = try self.handle(&registrar, try self.register(contacts, cSeq: 2, expires: expires))
        #expect(answer.statusCode == 400)
        #expect(changes.isEmpty)
        #expect(registrar.addressesOfRecord == 1)
    }

    @Test func limitsTheExpiry() throws {
        var registrar = Registrar(configuration: .init(minimumExpires: .seconds(60), maximumExpires: .seconds(600)))
        let (brief, changes) = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"], expires: "59"))
        #expect(brief.statusCode == 423)
        #expect(brief.minExpires == 60)
        #expect(changes.isEmpty)
        let long = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>"], cSeq: 2, expires: "4294967295")
        )
        #expect(long.message.values(.contact) == ["<sip:101@192.0.2.9>;expires=600"])
        // What is no number counts as no wish.
        let odd = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>;expires=soon"], cSeq: 3, expires: "70")
        )
        #expect(odd.message.values(.contact) == ["<sip:101@192.0.2.9>;expires=600"])
    }

    /// RFC 3261 sections 20.19 and 25.1: more than 2^32 - 1 means 2^32 - 1, and not the default, which is shorter here.
    @Test(arguments: ["4294967295", "4294967296", "99999999999999999999999999"])
    func grantsTheLongestToWhoAsksForMoreThanCanBeSaid(_ seconds: String) throws {
        let configuration = Registrar.Configuration(maximumExpires: .seconds(7_200), defaultExpires: .seconds(120))
        for inContact in [true, false] {
            var registrar = Registrar(configuration: configuration)
            let contact = "<sip:101@192.0.2.9>" + (inContact ? ";expires=\(seconds)" : "")
            let request = try self.register([contact], expires: inContact ? nil : seconds)
            #expect((inContact ? request.contacts.first?.expires : request.expires) == .max)
            let (ok, _) = try self.handle(&registrar, request)
            #expect(ok.values(.contact) == ["<sip:101@192.0.2.9>;expires=7200"])
        }
    }

    @Test func laterRegisterOfOneCallIDWins() throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"], cSeq: 5))
        for number: UInt32 in [4, 5] {
            let (answer, changes) = try self.handle(
                &registrar,
                try self.register(["<sip:101@192.0.2.9>;expires=0"], cSeq: number)
            )
            #expect(answer.statusCode == 500)
            #expect(changes.isEmpty)
            #expect(
                try self.handle(&registrar, try self.register(["*"], cSeq: number, expires: "0")).message.statusCode
                    == 500
            )
        }
        // After a restart a device has another Call-ID and starts counting again.
        let other = try self.handle(
            &registrar,
            try self.register(["<sip:101@192.0.2.9>"], cSeq: 1, callID: "device-a2")
        )
        #expect(other.message.statusCode == 200)
    }

    @Test func allOrNothing() throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"], cSeq: 5))
        let request = try self.register(["<sip:101@192.0.2.77>", "<sip:101@192.0.2.9>"], cSeq: 5)
        #expect(try self.handle(&registrar, request).message.statusCode == 500)
        #expect(registrar.bindings(of: self.user, now: .zero).map(\.contact.uri.host) == ["192.0.2.9"])
    }

    @Test func isBounded() throws {
        var registrar = Registrar(configuration: .init(maximumContacts: 2, maximumAddressesOfRecord: 2))
        let three = ["<sip:101@192.0.2.1>", "<sip:101@192.0.2.2>", "<sip:101@192.0.2.3>"]
        #expect(try self.handle(&registrar, try self.register(three)).message.statusCode == 503)
        #expect(registrar.addressesOfRecord == 0)
        for number in 0..<5 {
            let request = try self.register(
                ["<sip:a@192.0.2.1>"],
                callID: "c\(number)",
                to: "<sip:\(number)@pbx.example>"
            )
            #expect(try self.handle(&registrar, request).message.statusCode == (number < 2 ? 200 : 503))
        }
        #expect(registrar.addressesOfRecord == 2)
    }

    @Test func prefersQThenTheLatest() throws {
        var registrar = Registrar()
        let contacts = [
            "<sip:a@192.0.2.1>;q=0.3", "<sip:b@192.0.2.2>", "<sip:c@192.0.2.3>;q=0.75", "<sip:d@192.0.2.4>;q=1.0",
        ]
        _ = try self.handle(&registrar, try self.register(contacts))
        #expect(registrar.bindings(of: self.user, now: .zero).map(\.contact.uri.user) == ["d", "b", "c", "a"])
    }

    @Test(
        arguments: [
            ("0", 0), ("1", 1000), ("0.5", 500), ("0.123", 123), ("1.000", 1000), ("1.", 1000), ("1.1", nil),
            ("2", nil),
            ("0.1234", nil), ("-1", nil), ("", nil), (".5", nil), ("0.x", nil),
        ] as [(String, Int?)]
    )
    func readsPreferences(text: String, value: Int?) {
        #expect(RegistrarBinding.thousandths(text) == value)
    }

    @Test func addressOfRecordIsCanonical() throws {
        let same = ["sip:101@pbx.example", "sip:101@PBX.Example:5060;transport=tcp", "sip:%3101@pbx.example?a=b"]
        #expect(
            Set(same.compactMap { SIPURI($0) }.map { Registrar.addressOfRecord(of: $0) }) == ["sip:101@pbx.example"]
        )
        #expect(Registrar.addressOfRecord(of: try #require(SIPURI("sips:101@pbx.example"))) == "sips:101@pbx.example")
        #expect(Registrar.addressOfRecord(of: try #require(SIPURI("sip:pbx.example"))) == "sip:pbx.example")
    }

    @Test func throwsADeviceOut() throws {
        var registrar = Registrar()
        _ = try self.handle(&registrar, try self.register(["<sip:101@192.0.2.9>"]))
        #expect(registrar.removeAll(of: self.user).map(\.brief) == ["removed sip:101@pbx.example 192.0.2.9"])
        #expect(registrar.deadline == nil)
    }

    // The registrar and the client of this library, through eight refreshes and the removal.
    @Test func servesOurOwnClient() throws {
        var registrar = Registrar(configuration: .init(minimumExpires: .seconds(60)))
        var client = try RegistrationTests().make(expires: 30)
        var now = Instant.zero
        var actions = client.start(now: now)
        var events: [String] = []
        for _ in 0..<12 {
            let request = try actions.request().sent()
            let response = try registrar.handle(request, toTag: "registrar", now: now).response.build()
            actions = client.handleResponse(response, now: now)
            events += actions.filter { if case .event = $0 { true } else { false } }.brief
            #expect(registrar.bindings(of: self.user, now: now).count <= 1)
            if actions.requests.isEmpty, let deadline = client.deadline {
                #expect(client.isBound(now: deadline))
                now = deadline
                _ = registrar.handleTimeout(now: now)
                actions = events.count < 8 ? client.handleTimeout(now: now) : client.unregister(now: now)
            }
            if client.state == .unregistered { break }
        }
        #expect(events == Array(repeating: "registered 60 1", count: 8) + ["unregistered"])
        #expect(registrar.addressesOfRecord == 0)
    }
}

extension RegistrarChange {
    fileprivate var brief: String {
        switch self {
        case .added(let name, let binding): "added \(name) \(binding.contact.uri.host)"
        case .refreshed(let name, let binding): "refreshed \(name) \(binding.contact.uri.host)"
        case .removed(let name, let binding): "removed \(name) \(binding.contact.uri.host)"
        case .lapsed(let name, let binding): "lapsed \(name) \(binding.contact.uri.host)"
        }
    }
}
