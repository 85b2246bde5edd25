import CoreTypes
import SIPCore
import Testing

@testable import CallCore

/// The table of sessions over one endpoint.
@Suite struct SignalingCoreTests {
    private let local = TransportAddress(host: .v4(0xC000_020A), port: 5_060)
    private let remote = TransportAddress(host: .v4(0xC000_0214), port: 5_060)
    private var destination: Destination {
        Destination(address: self.remote, binding: LocalBinding(transport: .udp, address: self.local))
    }

    private func session(_ target: String = "sip:bob@192.0.2.20", callID: String = "one") throws -> InviteSession {
        InviteSession(
            calling: try #require(SIPURI(target)),
            from: NameAddress(uri: try #require(SIPURI("sip:alice@192.0.2.10"))),
            callID: callID,
            localTag: "ours-\(callID)",
            contact: try #require(SIPURI("sip:alice@192.0.2.10")),
            random: SeededRandom(seed: 1)
        )
    }

    private func makeCore(
        _ configuration: SIPEndpoint.Configuration = .init()
    ) -> SignalingCore<Int, Never> {
        SignalingCore(configuration: configuration, limits: .init(maximumCalls: 100), random: SeededRandom(seed: 2))
    }

    private func start(_ core: inout SignalingCore<Int, Never>) throws -> SIPMessage {
        core.add(try self.session(), as: 1, proxy: self.destination, proxyNames: ["pbx.example"])
        core.update(1, now: .zero) { session throws(SIPBuildError) in try session.start(offer: nil, now: .zero) }
        let sent = core.pollTransmit()
        return try SIPMessage(try #require(sent).bytes)
    }

    private func answer(
        _ invite: SIPMessage,
        contact: String,
        routes: [String] = [],
        _ core: inout SignalingCore<Int, Never>
    ) throws {
        var response = SIPMessageBuilder(response: 200, to: invite, toTag: "theirs")
        for route in routes { try response.add(.recordRoute, route) }
        try response.add(.contact, contact)
        core.receive(try response.build().bytes, from: self.remote, on: self.destination.binding, now: .zero)
        while core.pollOutput(holding: 1, now: .zero) != nil {}
    }

    @Test(
        arguments: [
            ("<sip:bob@192.0.2.77:5070>", "192.0.2.77:5070"), ("<sip:bob@PBX.example>", "192.0.2.20:5060"),
            ("<sip:bob@pbx.example:5070>", "192.0.2.20:5070"), ("<sip:bob@x7.invalid>", "192.0.2.20:5060"),
            ("<sip:bob@localhost>", "192.0.2.20:5060"), ("<sip:bob@127.0.0.1>", "192.0.2.20:5060"),
            ("<sip:bob@0.0.0.0>", "192.0.2.20:5060"), ("<sip:bob@224.0.1.75>", "192.0.2.20:5060"),
            ("<sip:bob@255.255.255.255>", "192.0.2.20:5060"), ("<sip:bob@192.0.2.77:0>", "192.0.2.20:5060"),
            ("<sip:bob@phone.example:0>", "192.0.2.20:5060"),
        ]
    )
    func `Requests go to the Contact, or to the proxy when that is no place to send to`(
        contact: String,
        expected: String
    ) throws {
        var core = self.makeCore()
        let invite = try self.start(&core)
        try self.answer(invite, contact: contact, &core)
        let sent = core.pollTransmit()
        let ack = try #require(sent)
        #expect(try SIPMessage(ack.bytes).method == .ack)
        #expect(ack.to == TransportAddress(expected))
        let question = core.pollQuestion()
        #expect(question == nil)
    }

    @Test(
        arguments: [
            ("<sip:bob@phone.example:5070>", [], "phone.example", "192.0.2.77:5070"),
            ("<sip:bob@192.0.2.99>", ["<sip:Edge.Example;lr>"], "edge.example", "192.0.2.77:5060"),
            ("<sip:bob@192.0.2.99>", ["<sip:edge.example:5080>"], "edge.example", "192.0.2.77:5080"),
        ] as [(String, [String], String, String)]
    )
    func `A name is asked for, and the request goes to its address`(
        contact: String,
        routes: [String],
        name: String,
        expected: String
    ) throws {
        var core = self.makeCore()
        let invite = try self.start(&core)
        try self.answer(invite, contact: contact, routes: routes, &core)
        let early = core.pollTransmit()
        #expect(early == nil)
        let asked = core.pollQuestion()
        let question = try #require(asked)
        #expect(question.name == name)
        core.handleResolved(question, [.v4(0xC000_024D)], now: .zero)
        let sent = core.pollTransmit()
        let ack = try #require(sent)
        #expect(try SIPMessage(ack.bytes).method == .ack)
        #expect(ack.to == TransportAddress(expected))
        // The 2xx again: its ACK again, and no further question.
        try self.answer(invite, contact: contact, routes: routes, &core)
        let again = core.pollTransmit()
        #expect(again == ack)
        core.update(1, now: .zero) { $0.hangUp(now: .zero) }
        let bye = core.pollTransmit()
        #expect(bye?.to == TransportAddress(expected))
        let more = core.pollQuestion()
        #expect(more == nil)
    }

    @Test(arguments: [true, false])
    func `A name that has no address is one that only the proxy knows`(isAnswered: Bool) throws {
        var core = self.makeCore()
        let invite = try self.start(&core)
        try self.answer(invite, contact: "<sip:bob@phone.example:5070>", &core)
        let asked = core.pollQuestion()
        if isAnswered {
            // Neither the loopback nor a group is an address that a name may have.
            core.handleResolved(try #require(asked), [.v4(0x7F00_0001), .v4(0xE000_0001)], now: .zero)
        } else {
            core.handleTimeout(now: .zero + .seconds(32))
        }
        var acks: [TransportAddress] = []
        while let sent = core.pollTransmit() {
            if try SIPMessage(sent.bytes).method == .ack { acks.append(sent.to) }
        }
        #expect(acks == [self.remote])
    }

    @Test func `A peer that names one host after the other has few questions open`() throws {
        var core = self.makeCore()
        let invite = try self.start(&core)
        // Forks that answer too late get an ACK and a BYE each.
        for fork in 0..<16 {
            var response = SIPMessageBuilder(response: 200, to: invite, toTag: "fork\(fork)")
            try response.add(.contact, "<sip:bob@host\(fork).example>")
            core.receive(try response.build().bytes, from: self.remote, on: self.destination.binding, now: .zero)
            while core.pollOutput(holding: 1, now: .zero) != nil {}
        }
        var questions = 0
        while core.pollQuestion() != nil { questions += 1 }
        #expect((1...8).contains(questions))
        // What found no room goes to the proxy at once, and nothing is left for ever.
        for second in 0..<400 {
            core.handleTimeout(now: .zero + .seconds(second))
            while core.pollOutput(holding: 1, now: .zero + .seconds(second)) != nil {}
        }
        core.update(1, now: .zero + .seconds(400)) { $0.hangUp(now: .zero + .seconds(400)) }
        for second in 400..<500 {
            core.handleTimeout(now: .zero + .seconds(second))
            while core.pollOutput(holding: 0, now: .zero + .seconds(second)) != nil {}
        }
        let (left, deadline) = (core.sessionCount, core.deadline)
        #expect(left == 0)
        #expect(deadline == nil)
    }

    @Test func `A request that cannot be built ends its session`() throws {
        var core = self.makeCore()
        // Longer than any message may be.
        let offer = [UInt8](repeating: 0x61, count: 200_000)
        core.add(try self.session(), as: 1, proxy: self.destination)
        core.update(1, now: .zero) { session throws(SIPBuildError) in try session.start(offer: offer, now: .zero) }
        var reasons: [InviteSession.EndReason] = []
        while let output = core.pollOutput(holding: 1, now: .zero) {
            if case .session(_, .ended(let reason)) = output { reasons.append(reason) }
        }
        #expect(reasons == [.failed(.transport(TransportFault(.other)))])
        let (left, deadline) = (core.sessionCount, core.deadline)
        #expect(left == 0)
        #expect(deadline == nil)
    }

    @Test func `Too many requests at once: the one that is refused ends its session`() throws {
        var configuration = SIPEndpoint.Configuration()
        configuration.maximumClientTransactions = 1
        var core = self.makeCore(configuration)
        _ = try self.start(&core)
        core.add(try self.session(callID: "two"), as: 2, proxy: self.destination)
        core.update(2, now: .zero) { session throws(SIPBuildError) in try session.start(offer: nil, now: .zero) }
        while core.pollOutput(holding: 2, now: .zero) != nil {}
        let live = [1, 2].map { core.isLive($0) }
        #expect(live == [true, false])
    }

    @Test func `A peer's UPDATE that nobody answers is forgotten with its transaction`() throws {
        var core = self.makeCore()
        let invite = try self.start(&core)
        try self.answer(invite, contact: "<sip:bob@192.0.2.20>", &core)
        while core.pollTransmit() != nil {}
        for number in 1...2 {
            let lines = [
                "UPDATE sip:alice@192.0.2.10 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKupdate\(number)",
                "Max-Forwards: 70", "From: <sip:bob@192.0.2.20>;tag=theirs", "To: <sip:alice@192.0.2.10>;tag=ours-one",
                "Call-ID: one", "CSeq: \(number) UPDATE", "Contact: <sip:bob@192.0.2.20>",
                "Content-Type: application/sdp", "Content-Length: 3", "", "v=0",
            ]
            let now = Instant.zero + .seconds(100 * (number - 1))
            core.receive(
                Array(lines.joined(separator: "\r\n").utf8),
                from: self.remote,
                on: self.destination.binding,
                now: now
            )
            var wasTold = false
            while let output = core.pollOutput(holding: 1, now: now) {
                if case .session(_, .event(.reINVITEReceived)) = output { wasTold = true }
            }
            #expect(wasTold, "UPDATE \(number) was refused because of one that is long gone")
            // The application sleeps; the endpoint answers for it, and the transaction ends.
            for second in 1...99 {
                core.handleTimeout(now: now + .seconds(second))
                while core.pollOutput(holding: 1, now: now + .seconds(second)) != nil {}
            }
        }
    }
}
