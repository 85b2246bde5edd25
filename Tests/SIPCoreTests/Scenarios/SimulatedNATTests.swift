import CoreTypes
import TelephonyTestKit
import Testing

/// Each kind of translator lets through what its kind does (RFC 3489 section 5).
@Suite("Simulated NAT")
struct SimulatedNATTests {
    let outside = IPAddress.v4(0xCB00_7101)
    let inside = address("10.0.0.10:5060")
    let server = address("192.0.2.1:5060")
    let sameHost = address("192.0.2.1:5070")
    let stranger = address("192.0.2.9:5060")

    @Test(arguments: SimulatedNAT.Kind.allCases)
    func whoMaySend(_ kind: SimulatedNAT.Kind) throws {
        var translator = SimulatedNAT(at: self.outside, kind: kind)
        let mappedSent = translator.send(from: self.inside, to: self.server, now: .zero)
        let mapped = try #require(mappedSent)
        #expect(mapped.host == self.outside)
        let answers = [self.server, self.sameHost, self.stranger].map {
            translator.receive(from: $0, to: mapped.port, now: .zero) == self.inside
        }
        switch kind {
        case .fullCone: #expect(answers == [true, true, true])
        case .addressRestricted: #expect(answers == [true, true, false])
        case .portRestricted, .symmetric: #expect(answers == [true, false, false])
        }
        let other = translator.send(from: self.inside, to: self.stranger, now: .zero)
        #expect((other == mapped) == (kind != .symmetric))
    }

    @Test func mappingsRunOutUnlessTheyAreUsed() throws {
        var translator = SimulatedNAT(at: self.outside, kind: .fullCone, timeout: .seconds(30))
        let mappedSent = translator.send(from: self.inside, to: self.server, now: .zero)
        let mapped = try #require(mappedSent)
        let later = Instant.zero + .seconds(29)
        #expect(translator.send(from: self.inside, to: self.server, now: later) == mapped)
        #expect(translator.receive(from: self.server, to: mapped.port, now: later + .seconds(30)) == self.inside)
        #expect(translator.receive(from: self.server, to: mapped.port, now: later + .seconds(31)) == nil)
        #expect(translator.mappings(now: later + .seconds(31)) == 0)
        let anew = translator.send(from: self.inside, to: self.server, now: later + .seconds(31))
        #expect(anew != nil && anew != mapped)
    }

    @Test func rebindingGivesAnotherPort() throws {
        var translator = SimulatedNAT(at: self.outside, kind: .portRestricted)
        let beforeSent = translator.send(from: self.inside, to: self.server, now: .zero)
        let before = try #require(beforeSent)
        translator.rebind()
        #expect(translator.receive(from: self.server, to: before.port, now: .zero) == nil)
        let afterSent = translator.send(from: self.inside, to: self.server, now: .zero)
        let after = try #require(afterSent)
        #expect(after.port != before.port)
    }

    @Test(arguments: [true, false])
    func hairpin(_ hairpins: Bool) throws {
        var translator = SimulatedNAT(at: self.outside, kind: .fullCone, hairpins: hairpins)
        let neighbor = address("10.0.0.11:5060")
        let mappedSent = translator.send(from: neighbor, to: self.server, now: .zero)
        let mapped = try #require(mappedSent)
        let source = translator.send(from: self.inside, to: mapped, now: .zero)
        #expect((source != nil) == hairpins)
        guard let source else { return }
        #expect(translator.receive(from: source, to: mapped.port, now: .zero) == neighbor)
    }
}
