import AudioCore
import CoreTypes
import Glibc
import RTPCore
import Testing

@testable import Telephony

/// Strangers on the media port: dropped by the system, dropped again by the leg, counted, and nobody's loss.
@Suite(.serialized, .timeLimit(.minutes(1))) struct FloodedLegTests {
    private static let stranger = IPAddress.v4(0x7F00_0042)

    private func parameters(to port: UInt16) -> MediaParameters {
        MediaParameters(
            codec: .pcmu,
            sendPayloadType: 0,
            receivePayloadTypes: [0],
            remote: TransportAddress(host: Phones.loopback, port: port)
        )
    }

    @Test(arguments: [[Phones.loopback], [Phones.loopback, IPAddress.v4(0x7F00_0007), .v4(0x0A00_0001)]])
    func `The system drops what comes from other hosts`(hosts: [IPAddress]) throws {
        let pool = PortPool(range: 42_600...42_649)
        let socket = try pool.open(host: .v4(0))
        let peer = try pool.open(host: Phones.loopback)
        let stranger = try RTPSocket(host: FloodedLegTests.stranger, port: 42_640)
        let address = TransportAddress(host: Phones.loopback, port: socket.port)
        var buffer = [UInt8](repeating: 0, count: 100)
        func arrives(from sender: RTPSocket) -> Bool {
            #expect(sender.send([1, 2, 3], to: address))
            return socket.receive(into: &buffer) != nil
        }
        #expect(arrives(from: stranger))
        socket.take(hosts: hosts)
        #expect(arrives(from: peer))
        #expect(!arrives(from: stranger))
        #expect(socket.dropped == 1)
        socket.take(hosts: nil)
        #expect(arrives(from: stranger))
        // Too many for a filter: all are taken, and who reads has to look.
        socket.take(hosts: hosts)
        socket.take(hosts: (1...9).map { .v4(0x0A00_0000 + $0) })
        #expect(arrives(from: stranger))
    }

    @Test func `It is so for IPv6 as well`() throws {
        let loopback = IPAddress.v6(0, 1)
        guard let socket = try? RTPSocket(host: loopback, port: 42_660),
            let peer = try? RTPSocket(host: loopback, port: 42_662)
        else { return }
        var buffer = [UInt8](repeating: 0, count: 100)
        func arrives() -> Bool {
            #expect(peer.send([1, 2, 3], to: TransportAddress(host: loopback, port: 42_660)))
            return socket.receive(into: &buffer) != nil
        }
        socket.take(hosts: [.v6(0x2001_0DB8_0000_0000, 1), .v6(1, 1), loopback])
        #expect(arrives())
        socket.take(hosts: [.v6(0x2001_0DB8_0000_0000, 1), .v6(0, 2), .v6(1, 1)])
        #expect(!arrives())
    }

    /// Twenty thousand datagrams of a stranger while a call goes on: nothing of the call is lost.
    @Test func `A flood costs the peer nothing`() async throws {
        let pool = PortPool(range: 42_700...42_749)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let legSocket = try pool.open(host: .v4(0))
        let peer = try pool.open(host: Phones.loopback)
        let leg = loop.add(legSocket, self.parameters(to: peer.port), processor: LoopEcho())
        while await loop.statistics(leg) == nil { await Task.yield() }
        let target = TransportAddress(host: Phones.loopback, port: legSocket.port)
        let flood = Thread {
            guard let stranger = try? RTPSocket(host: FloodedLegTests.stranger, port: 42_740) else { return }
            let packet = [0x80, 0] + [UInt8](repeating: 0x55, count: 170)
            for _ in 0..<20_000 { stranger.send(packet, to: target) }
        }
        let random = SeededRandom(seed: 3)
        var generator = random
        var session = MediaSession(self.parameters(to: legSocket.port), random: &generator)
        var packet: [UInt8] = []
        let silence = [Int16](repeating: 0, count: 160)
        flood.start()
        for _ in 0..<100 {
            let now = DatagramPoller.now
            if session.send(silence.span, now: now, into: &packet) { peer.send(packet, to: target) }
            DatagramPoller.sleep(until: now + .milliseconds(5))
        }
        flood.join()
        let statistics = try #require(await loop.remove(leg))
        #expect(statistics.packetsReceived == 100)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.rejectedSources + statistics.droppedBySystem >= 20_000)
    }

    /// Packets of the peer's own host that cannot be filtered by the system: refused by the leg, and other legs go on.
    @Test func `A flood that passes the filter starves no other leg`() async throws {
        let pool = PortPool(range: 42_750...42_799)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let sockets = try (0..<4).map { _ in try pool.open(host: Phones.loopback) }
        let flooded = loop.add(sockets[0], self.parameters(to: sockets[1].port), processor: LoopEcho())
        let other = loop.add(sockets[2], self.parameters(to: sockets[3].port), processor: LoopEcho())
        while await loop.statistics(other) == nil { await Task.yield() }
        let target = TransportAddress(host: Phones.loopback, port: sockets[0].port)
        let flood = Thread {
            guard let sender = try? RTPSocket(host: Phones.loopback, port: 42_790) else { return }
            let packet = [0x80, 99] + [UInt8](repeating: 0x55, count: 170)
            for _ in 0..<20_000 { sender.send(packet, to: target) }
        }
        var generator = SeededRandom(seed: 4)
        var session = MediaSession(self.parameters(to: sockets[2].port), random: &generator)
        var packet: [UInt8] = []
        let silence = [Int16](repeating: 0, count: 160)
        flood.start()
        for _ in 0..<50 {
            let now = DatagramPoller.now
            if session.send(silence.span, now: now, into: &packet) {
                sockets[3].send(packet, to: TransportAddress(host: Phones.loopback, port: sockets[2].port))
            }
            DatagramPoller.sleep(until: now + .milliseconds(5))
        }
        flood.join()
        let statistics = try #require(await loop.remove(other))
        #expect(statistics.packetsReceived == 50)
        #expect(await loop.remove(flooded) != nil)
    }

    /// A thread that can be waited for.
    private final class Thread: @unchecked Sendable {
        private let body: @Sendable () -> Void
        private var thread = pthread_t()

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        func start() {
            let raw = Unmanaged.passRetained(self).toOpaque()
            pthread_create(
                &self.thread,
                nil,
                { raw in
                    guard let raw else { return nil }
                    Unmanaged<Thread>.fromOpaque(raw).takeRetainedValue().body()
                    return nil
                },
                raw
            )
        }

        func join() { pthread_join(self.thread, nil) }
    }
}
