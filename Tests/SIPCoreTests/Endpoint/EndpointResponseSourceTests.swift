import CoreTypes
import SIPCore
import Testing

/// A response from another host than the request went to is taken only where nothing is lost if it is forged.
@Suite("Endpoint: where responses come from")
struct EndpointResponseSourceTests {
    private let second = address("192.0.2.11:5060")
    private let phone = address("198.51.100.7:5060")
    private let stranger = address("203.0.113.9:5060")

    private func bench() -> EndpointBench {
        let bench = EndpointBench { configuration in
            configuration.admission = .only([EndpointBench.peer.host, self.second.host], everyone: [.options])
            configuration.knowsDialogs = true
        }
        bench.endpoint.setDialog(callID: "c1", localTag: "mine", hosts: [self.phone.host])
        return bench
    }

    private func words(_ method: SIPMethod, _ status: Int, from source: TransportAddress) throws -> [String] {
        let bench = self.bench()
        let id = try bench.send(method)
        _ = try bench.sent()
        let sent = bench.endpoint.request(of: id)
        let request = try #require(sent)
        try bench.receive(SIPMessageBuilder(response: status, to: request, toTag: "t"), from: source)
        let events = bench.events().map(\.word)
        #expect(events.isEmpty == (bench.endpoint.counters.misplacedResponses == 1))
        if events.isEmpty {
            // It was as if nothing had come: no ACK, and the right one is taken yet.
            #expect(try bench.sent().isEmpty)
            try bench.receive(SIPMessageBuilder(response: status, to: request, toTag: "t"))
            #expect(bench.events().map(\.word) == ["response \(status)"])
        }
        return events
    }

    @Test(arguments: [SIPMethod.register, .invite, .bye])
    func challengesAndRefusalsComeFromTheHostThatWasAsked(_ method: SIPMethod) throws {
        for status in [300, 302, 401, 403, 404, 407, 423, 481, 486, 494, 500, 503, 603] {
            for source in [self.second, self.phone, self.stranger] {
                #expect(try self.words(method, status, from: source) == [], "\(status) from \(source)")
            }
            let other = TransportAddress(host: EndpointBench.peer.host, port: 40_000)
            #expect(try self.words(method, status, from: other) == ["response \(status)"])
        }
    }

    @Test(arguments: [100, 180, 200]) func aPBXMayAnswerFromAnotherOfItsAddresses(_ status: Int) throws {
        for source in [self.second, self.phone] {
            #expect(try self.words(.invite, status, from: source) == ["response \(status)"])
        }
        #expect(try self.words(.invite, status, from: self.stranger) == [])
        #expect(try self.words(.register, status, from: self.stranger) == [])
    }
}
