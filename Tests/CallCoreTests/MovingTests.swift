import CoreTypes
import RTPCore
import SIPCore
import Testing

@testable import CallCore

/// A PBX whose name has another address by now.
@Suite struct MovingTests {
    private static let old = TransportAddress(host: .v4(0xC000_020A), port: 5_060)
    private static let new = TransportAddress(host: .v4(0xC000_020B), port: 5_060)
    private static let own = LocalBinding(
        transport: .udp,
        address: TransportAddress(host: .v4(0xC000_0214), port: 5_060)
    )

    private static func sent(_ engine: inout AgentEngine) throws -> [(to: TransportAddress, message: SIPMessage)] {
        var sent: [(to: TransportAddress, message: SIPMessage)] = []
        while let transmit = engine.pollTransmit() { sent.append((transmit.to, try SIPMessage(transmit.bytes))) }
        return sent
    }

    @Test func `the account registers at the new place, and the old host is a stranger`() throws {
        var engine = AgentEngine(
            configuration: .init(productName: "Svetlana", codecs: [.pcmu]),
            random: SeededRandom(seed: 7)
        )
        let address = try #require(SIPURI("sip:200@pbx.example"))
        let identity = Identity(addressOfRecord: address, registration: .enabled(expires: .seconds(60)))
        let id = engine.add(identity, at: Destination(address: Self.old, binding: Self.own), now: .zero)
        let first = try Self.sent(&engine)
        #expect(first.map(\.to) == [Self.old] && first.map(\.message.method) == [.register])
        #expect(engine.isKnown(Self.old.host) && !engine.isKnown(Self.new.host))

        engine.move(id, to: Destination(address: Self.new, binding: Self.own), now: .zero + .seconds(32))
        let second = try Self.sent(&engine).filter { $0.to == Self.new }
        #expect(second.map(\.message.method) == [.register])
        #expect(second.first?.message.callID != first.first?.message.callID)
        #expect(!engine.isKnown(Self.old.host) && engine.isKnown(Self.new.host))
    }

    @Test func `a host that a peer has stays known`() throws {
        var engine = AgentEngine(
            configuration: .init(productName: "Svetlana", codecs: [.pcmu], peers: [Self.old.host]),
            random: SeededRandom(seed: 8)
        )
        let address = try #require(SIPURI("sip:200@pbx.example"))
        let id = engine.add(
            Identity(addressOfRecord: address),
            at: Destination(address: Self.old, binding: Self.own),
            now: .zero
        )
        engine.move(id, to: Destination(address: Self.new, binding: Self.own), now: .zero)
        #expect(engine.isKnown(Self.old.host) && engine.isKnown(Self.new.host))
        #expect(try Self.sent(&engine).isEmpty)
    }

    @Test func `the own contact is told from those of other devices`() throws {
        var engine = AgentEngine(
            configuration: .init(productName: "Svetlana", codecs: [.pcmu]),
            random: SeededRandom(seed: 9)
        )
        let address = try #require(SIPURI("sip:200@pbx.example"))
        let id = engine.add(
            Identity(addressOfRecord: address, registration: .enabled(expires: .seconds(60))),
            at: Destination(address: Self.old, binding: Self.own),
            now: .zero
        )
        let own = try #require(NameAddress("<sip:200@192.0.2.20:5060>;expires=60"))
        let other = try #require(NameAddress("<sip:200@192.0.2.77:5060>;expires=60"))
        #expect(engine.foreignContacts(among: [own, other], of: id).map(\.uri.host) == ["192.0.2.77"])
    }
}
