import CoreTypes
import SIPCore
import Testing

@testable import CallCore

/// The table of sessions over one endpoint.
@Suite struct SessionTableTests {
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

    private func start(_ table: inout SessionTable<Int>, _ endpoint: inout SIPEndpoint) throws -> SIPMessage {
        table.add(try self.session(), as: 1, pbx: self.destination, endpoint: &endpoint)
        table.update(1, endpoint: &endpoint, now: .zero) { session throws(SIPBuildError) in
            try session.start(offer: nil, now: .zero)
        }
        let sent = endpoint.pollTransmit()
        return try SIPMessage(try #require(sent).bytes)
    }

    private func answer(
        _ invite: SIPMessage,
        contact: String,
        _ table: inout SessionTable<Int>,
        _ endpoint: inout SIPEndpoint
    ) throws {
        var response = SIPMessageBuilder(response: 200, to: invite, toTag: "theirs")
        try response.add(.contact, contact)
        endpoint.receive(try response.build().bytes, from: self.remote, on: self.destination.binding, now: .zero)
        while let event = endpoint.pollEvent() {
            guard case .response(let id, let message) = event else { continue }
            let wasTaken = table.handleResponse(id, message, endpoint: &endpoint, now: .zero)
            #expect(wasTaken)
        }
    }

    @Test(
        arguments: [
            ("<sip:bob@192.0.2.77:5070>", "192.0.2.77:5070"), ("<sip:bob@phone.example>", "192.0.2.20:5060"),
            ("<sip:bob@127.0.0.1>", "192.0.2.20:5060"), ("<sip:bob@0.0.0.0>", "192.0.2.20:5060"),
            ("<sip:bob@224.0.1.75>", "192.0.2.20:5060"), ("<sip:bob@255.255.255.255>", "192.0.2.20:5060"),
            ("<sip:bob@192.0.2.77:0>", "192.0.2.20:5060"),
        ]
    )
    func `Requests go to the Contact, or to the pbx when that is no place to send to`(
        contact: String,
        expected: String
    ) throws {
        var table = SessionTable<Int>()
        var endpoint = SIPEndpoint(configuration: .init(), random: SeededRandom(seed: 2))
        let invite = try self.start(&table, &endpoint)
        try self.answer(invite, contact: contact, &table, &endpoint)
        let sent = endpoint.pollTransmit()
        let ack = try #require(sent)
        #expect(try SIPMessage(ack.bytes).method == .ack)
        #expect(ack.to == TransportAddress(expected))
    }

    @Test func `A request that cannot be built ends its session`() throws {
        var table = SessionTable<Int>()
        var endpoint = SIPEndpoint(configuration: .init(), random: SeededRandom(seed: 2))
        // Longer than any message may be.
        let offer = [UInt8](repeating: 0x61, count: 200_000)
        table.add(try self.session(), as: 1, pbx: self.destination, endpoint: &endpoint)
        table.update(1, endpoint: &endpoint, now: .zero) { session throws(SIPBuildError) in
            try session.start(offer: offer, now: .zero)
        }
        var reasons: [InviteSession.EndReason] = []
        while let (_, output) = table.pollOutput() {
            if case .ended(let reason) = output { reasons.append(reason) }
        }
        #expect(reasons == [.failed(.transport(TransportFault(.other)))])
        #expect(table.count == 0)
        #expect(table.deadline == nil)
    }

    @Test func `Too many requests at once: the one that is refused ends its session`() throws {
        var configuration = SIPEndpoint.Configuration()
        configuration.maximumClientTransactions = 1
        var table = SessionTable<Int>()
        var endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: 2))
        _ = try self.start(&table, &endpoint)
        table.add(try self.session(callID: "two"), as: 2, pbx: self.destination, endpoint: &endpoint)
        table.update(2, endpoint: &endpoint, now: .zero) { session throws(SIPBuildError) in
            try session.start(offer: nil, now: .zero)
        }
        while let event = endpoint.pollEvent() {
            guard case .failed(let id, let failure) = event else { continue }
            let wasTaken = table.handleFailure(id, failure, endpoint: &endpoint, now: .zero)
            #expect(wasTaken)
        }
        #expect(!table.isLive(2))
        #expect(table.isLive(1))
    }

    @Test func `A peer's UPDATE that nobody answers is forgotten with its transaction`() throws {
        var table = SessionTable<Int>()
        var endpoint = SIPEndpoint(configuration: .init(), random: SeededRandom(seed: 2))
        let invite = try self.start(&table, &endpoint)
        try self.answer(invite, contact: "<sip:bob@192.0.2.20>", &table, &endpoint)
        while endpoint.pollTransmit() != nil {}
        for number in 1...2 {
            let lines = [
                "UPDATE sip:alice@192.0.2.10 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKupdate\(number)",
                "Max-Forwards: 70", "From: <sip:bob@192.0.2.20>;tag=theirs", "To: <sip:alice@192.0.2.10>;tag=ours-one",
                "Call-ID: one", "CSeq: \(number) UPDATE", "Contact: <sip:bob@192.0.2.20>",
                "Content-Type: application/sdp", "Content-Length: 3", "", "v=0",
            ]
            let now = Instant.zero + .seconds(100 * (number - 1))
            endpoint.receive(
                Array(lines.joined(separator: "\r\n").utf8),
                from: self.remote,
                on: self.destination.binding,
                now: now
            )
            self.pump(&table, &endpoint, now: now)
            var wasTold = false
            while let (_, output) = table.pollOutput() {
                if case .event(.reINVITEReceived) = output { wasTold = true }
            }
            #expect(wasTold, "UPDATE \(number) was refused because of one that is long gone")
            // The owner sleeps; the endpoint answers for it, and the transaction ends.
            for second in 1...99 {
                endpoint.handleTimeout(now: now + .seconds(second))
                self.pump(&table, &endpoint, now: now + .seconds(second))
            }
        }
    }

    private func pump(_ table: inout SessionTable<Int>, _ endpoint: inout SIPEndpoint, now: Instant) {
        while let event = endpoint.pollEvent() {
            switch event {
            case .request(let id, let request, from: _, on: _):
                let wasTaken = table.handleRequest(id, request, endpoint: &endpoint, now: now)
                #expect(wasTaken)
            case .serverTransactionEnded(let id, acknowledged: _):
                table.handleTransactionEnded(id, endpoint: &endpoint, now: now)
            default: break
            }
        }
    }
}
