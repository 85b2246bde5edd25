import CoreTypes
import Testing

@testable import SIPCore

@Suite struct ViaRulesTests {
    private func request(_ via: String) throws -> SIPMessage {
        try Sample.message(Sample.register.replacing("SIP/2.0/TCP 192.0.2.10:49180;rport;branch=z9hG4bKPj1", with: via))
    }

    private let source = TransportAddress(host: .v4(0xC000_0209), port: 40_000)

    @Test(arguments: [
        ("SIP/2.0/UDP 192.0.2.9:5070;branch=z", "SIP/2.0/UDP 192.0.2.9:5070;branch=z"),
        ("SIP/2.0/UDP 192.0.2.8;branch=z", "SIP/2.0/UDP 192.0.2.8;branch=z;received=192.0.2.9"),
        ("SIP/2.0/UDP host.example;branch=z", "SIP/2.0/UDP host.example;branch=z;received=192.0.2.9"),
        ("SIP/2.0/UDP 192.0.2.9;rport;branch=z", "SIP/2.0/UDP 192.0.2.9;rport=40000;branch=z;received=192.0.2.9"),
        ("SIP/2.0/UDP 192.0.2.9;rport=1;branch=z", "SIP/2.0/UDP 192.0.2.9;rport=40000;branch=z;received=192.0.2.9"),
        ("SIP/2.0/UDP 192.0.2.9;received=203.0.113.1;branch=z", "SIP/2.0/UDP 192.0.2.9;branch=z"),
        ("SIP/2.0/UDP 192.0.2.8;received=203.0.113.1;branch=z", "SIP/2.0/UDP 192.0.2.8;received=192.0.2.9;branch=z"),
    ])
    func fillsIn(_ before: String, _ after: String) throws {
        let request = try self.request(before + ", SIP/2.0/UDP next;branch=y;received=1.1.1.1")
        let result = try ViaRules.received(request, from: self.source)
        #expect(result.topVia.description == after)
        #expect(result.vias.count == 2)
        #expect(result.vias.last?.description == "SIP/2.0/UDP next;branch=y;received=1.1.1.1")
        #expect(result.callID == request.callID)
        #expect(result.headerLines.map(\.name) == request.headerLines.map(\.name))
    }

    @Test func fillsInIPv6() throws {
        let source = TransportAddress(host: .v6(0x2001_0DB8_0000_0000, 1), port: 7)
        let result = try ViaRules.received(self.request("SIP/2.0/UDP [2001:db8::2]:5;rport;branch=z"), from: source)
        #expect(result.topVia.received == source.host)
        #expect(result.topVia.rport == .value(7))
    }

    @Test func sendsResponsesToTheirSource() throws {
        func destination(_ via: String, isReliable: Bool = false) throws -> TransportAddress {
            ResponseRouting.destination(for: try #require(Via(via)), source: self.source, isReliable: isReliable)
        }
        let host = self.source.host
        #expect(try destination("SIP/2.0/UDP a;rport=40000") == self.source)
        #expect(try destination("SIP/2.0/UDP a;rport") == self.source)
        #expect(try destination("SIP/2.0/UDP a:5070") == TransportAddress(host: host, port: 5070))
        #expect(try destination("SIP/2.0/UDP a") == TransportAddress(host: host, port: 5060))
        #expect(try destination("SIP/2.0/UDP a;maddr=203.0.113.1").host == host)
        #expect(try destination("SIP/2.0/TCP a:5070", isReliable: true) == self.source)
    }
}
