import CoreTypes
import Testing

@testable import Telephony

/// The RTP ports.
@Suite struct PortPoolTests {
    private let loopback = IPAddress.v4(0x7F00_0001)

    @Test func `Every port is even, within the range and given once`() throws {
        let pool = PortPool(range: 47_001...47_020, random: SeededRandom(seed: 1))
        var sockets: [RTPSocket] = []
        while let socket = try? pool.open(host: self.loopback) { sockets.append(socket) }
        let ports = sockets.map(\.port)
        #expect(!ports.isEmpty)
        #expect(ports.count <= 10)
        #expect(Set(ports).count == ports.count)
        #expect(ports.allSatisfy { $0.isMultiple(of: 2) && (47_001...47_020).contains($0) })
        #expect(pool.inUse == ports.count)
        #expect(throws: PortsExhausted.self) { try pool.open(host: self.loopback) }
        let freed = try #require(sockets.last).port
        sockets.removeLast()
        pool.close(freed)
        #expect(pool.inUse == ports.count - 1)
        #expect(try pool.open(host: self.loopback).port == freed)
    }

    @Test func `A port that somebody else has is passed over`() throws {
        let other = PortPool(range: 47_100...47_119, random: SeededRandom(seed: 1))
        let taken = try other.open(host: self.loopback)
        let pool = PortPool(range: 47_100...47_119, random: SeededRandom(seed: 1))
        var sockets: [RTPSocket] = []
        while let socket = try? pool.open(host: self.loopback) { sockets.append(socket) }
        #expect(!sockets.map(\.port).contains(taken.port))
        #expect(pool.inUse == sockets.count)
    }

    @Test(arguments: [65_535...65_535, 40_001...40_001] as [ClosedRange<UInt16>])
    func `A range without an even port has none`(range: ClosedRange<UInt16>) {
        let pool = PortPool(range: range, random: SeededRandom(seed: 1))
        #expect(throws: PortsExhausted.self) { try pool.open(host: self.loopback) }
        #expect(pool.inUse == 0)
    }

    @Test func `An address that is not ours gives no port and keeps none`() {
        let pool = PortPool(range: 47_200...47_205, random: SeededRandom(seed: 1))
        #expect(throws: PortsExhausted.self) { try pool.open(host: .v4(0xC000_0201)) }
        #expect(pool.inUse == 0)
    }
}
