import CoreTypes
import SIPCore
import Testing

/// A translator that forgets its mappings sends the retransmission of a request from another port: there is where the
/// answers go then (RFC 3581 section 4), but never to another host.
@Suite("Endpoint: requests that come again from another port")
struct EndpointRebindingTests {
    private let rebound = address("192.0.2.10:61234")

    @Test func aRetransmissionIsAnsweredWhereItCameFrom() throws {
        let bench = EndpointBench()
        let options = EndpointBench.text("OPTIONS")
        bench.receive(options)
        try bench.respond(200, to: bench.serverID())
        let first = try #require(bench.sent().first)
        #expect(first.to == EndpointBench.peer && first.message.topVia.rport == .value(5_060))
        bench.receive(options, from: self.rebound)
        let again = try #require(bench.sent().first)
        #expect(again.to == self.rebound)
        #expect(again.message.topVia.rport == .value(61_234))
        #expect(again.message.topVia.received == self.rebound.host)
        #expect(
            again.message.headerLines.dropFirst().map(\.value) == first.message.headerLines.dropFirst().map(\.value)
        )
        // The first port again: one that lives is as good as the other.
        bench.receive(options)
        #expect(try bench.sent().map(\.to) == [EndpointBench.peer])
        #expect(bench.events().isEmpty)
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func soAreTheAnswersThatFollow() throws {
        let bench = EndpointBench()
        let invite = EndpointBench.text("INVITE")
        bench.receive(invite)
        let id = try bench.serverID()
        try bench.respond(180, to: id)
        #expect(try bench.sent().map(\.to) == [EndpointBench.peer])
        bench.receive(invite, from: self.rebound)
        #expect(try bench.sent().map(\.to) == [self.rebound])
        try bench.respond(486, to: id)
        let busy = try #require(bench.sent().first)
        #expect(busy.to == self.rebound && busy.message.topVia.rport == .value(61_234))
        // What timer G repeats goes there too, and a failure of the former port is none of its business.
        bench.endpoint.handleTransportFailure(to: EndpointBench.peer, now: bench.now)
        #expect(bench.events().isEmpty)
        let repeated = try bench.run(milliseconds: 500)
        #expect(repeated.map(\.to) == [self.rebound])
        bench.endpoint.handleTransportFailure(to: self.rebound, now: bench.now)
        #expect(bench.events().map(\.word) == ["undeliverable"])
        bench.receive(EndpointBench.text("ACK", toTag: "ours"), from: self.rebound)
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func aStrangerCannotDrawTheAnswersToHimself() throws {
        let bench = EndpointBench()
        let invite = EndpointBench.text("INVITE")
        bench.receive(invite)
        let id = try bench.serverID()
        try bench.respond(180, to: id)
        _ = try bench.sent()
        // He knows all of the request, and sends it from his own host.
        bench.receive(invite, from: address("203.0.113.66:5060"))
        #expect(try bench.sent().map(\.to) == [EndpointBench.peer])
        // Or from the right host, but without the From tag.
        let guess = invite.replacing("tag=theirs", with: "tag=guessed")
        bench.receive(guess, from: self.rebound)
        #expect(try bench.sent().map(\.to) == [EndpointBench.peer])
        try bench.respond(200, to: id)
        #expect(try bench.sent().map(\.to) == [EndpointBench.peer])
    }

    @Test func withoutRportThePortOfSentByStays() throws {
        let bench = EndpointBench()
        let options = EndpointBench.text("OPTIONS", sentBy: "192.0.2.10:5072", rport: "")
        for source in [EndpointBench.peer, self.rebound] {
            bench.receive(options, from: source)
            if source == EndpointBench.peer { try bench.respond(200, to: bench.serverID()) }
            #expect(try bench.sent().map(\.to) == [address("192.0.2.10:5072")])
        }
    }

    @Test func neighborsInTheListOfAnAddressStay() throws {
        let bench = EndpointBench()
        var identifiers: [ServerTransactionID] = []
        for number in 0..<5 {
            bench.receive(EndpointBench.text("OPTIONS", branch: "z9hG4bK\(number)", callID: "in\(number)"))
            identifiers.append(try bench.serverID())
        }
        // The first, one in the middle and the last move away, one of them back.
        for number in [0, 2, 4] {
            let text = EndpointBench.text("OPTIONS", branch: "z9hG4bK\(number)", callID: "in\(number)")
            bench.receive(text, from: self.rebound)
            if number == 2 { bench.receive(text) }
        }
        for id in identifiers { try bench.respond(200, to: id) }
        let peer = EndpointBench.peer
        #expect(try bench.sent().map(\.to) == [self.rebound, peer, peer, peer, self.rebound])
        let gauges = bench.endpoint.gauges
        #expect(gauges.peers == 2)
        bench.endpoint.handleTransportFailure(to: self.rebound, now: bench.now)
        #expect(bench.events().map(\.word) == ["undeliverable", "undeliverable"])
        bench.endpoint.handleTransportFailure(to: peer, now: bench.now)
        #expect(bench.events().map(\.word) == ["undeliverable", "undeliverable", "undeliverable"])
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().count == 5)
        #expect(bench.isEmpty)
    }
}
