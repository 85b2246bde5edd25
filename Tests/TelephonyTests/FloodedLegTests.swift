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
        let pool = PortPool(range: 42_600...42_639)
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
        socket.take(hosts: (1...99).map { .v4(0x0A00_0000 + $0) })
        #expect(arrives(from: stranger))
    }

    private static let hasIPv6 = (try? RTPSocket(host: .v6(0, 1), port: 42_664)) != nil

    @Test(.enabled(if: FloodedLegTests.hasIPv6, "this machine has no IPv6"))
    func `It is so for IPv6 as well`() throws {
        let loopback = IPAddress.v6(0, 1)
        let socket = try RTPSocket(host: loopback, port: 42_660)
        let peer = try RTPSocket(host: loopback, port: 42_662)
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
        let pool = PortPool(range: 42_700...42_739)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let leg = try pool.open(host: .v4(0))
        let statistics = try await self.flood(
            leg,
            peer: pool.open(host: Phones.loopback),
            from: TransportAddress(host: FloodedLegTests.stranger, port: 42_740),
            at: TransportAddress(host: Phones.loopback, port: leg.port),
            loop: loop
        )
        #expect(statistics.rejectedSources + statistics.droppedBySystem >= 20_000)
    }

    /// Packets of the peer's own host that cannot be filtered by the system: refused by the leg, and other legs go on.
    @Test func `A flood that passes the filter starves no other leg`() async throws {
        let pool = PortPool(range: 42_750...42_789)
        let loop = try MediaLoop()
        defer { loop.stop() }
        let flooded = try pool.open(host: Phones.loopback)
        let silent = try pool.open(host: Phones.loopback)
        let unheard = loop.add(
            flooded,
            self.parameters(to: silent.port),
            processor: LoopEcho()
        )
        _ = try await self.flood(
            pool.open(host: Phones.loopback),
            peer: pool.open(host: Phones.loopback),
            from: TransportAddress(host: Phones.loopback, port: 42_790),
            at: TransportAddress(host: Phones.loopback, port: flooded.port),
            loop: loop
        )
        #expect(await loop.remove(unheard) != nil)
    }

    /// Has a phone talk to a leg for a second while somebody floods `target`, and expects that all the phone sent arrived;
    /// what the leg counted.
    private func flood(
        _ socket: RTPSocket,
        peer: RTPSocket,
        from stranger: TransportAddress,
        at target: TransportAddress,
        loop: MediaLoop
    ) async throws -> MediaStatistics {
        let phones = try MediaLoop()
        defer { phones.stop() }
        let (ticks, continuation) = AsyncStream<Void>.makeStream()
        let leg = loop.add(socket, self.parameters(to: peer.port), processor: LoopEcho())
        let phone = phones.add(peer, self.parameters(to: socket.port), processor: Metronome(ticks: continuation))
        let flood = Thread {
            guard let sender = try? RTPSocket(host: stranger.host, port: stranger.port) else { return }
            let packet = [0x80, 99] + [UInt8](repeating: 0x55, count: 170)
            for _ in 0..<20_000 { sender.send(packet, to: target) }
        }
        flood.start()
        for await _ in ticks.prefix(50) {}
        flood.join()
        let sent = try #require(await phones.remove(phone)).packetsSent
        #expect(sent >= 50)
        // The last ones may not have been read yet; one that is lost is waited for until the suite's time is over.
        while let statistics = await loop.statistics(leg), statistics.packetsReceived < sent { await Task.yield() }
        let statistics = try #require(await loop.remove(leg))
        #expect(statistics.packetsReceived == sent)
        #expect(statistics.packetsLost == 0)
        return statistics
    }

    /// Says nothing, and tells each time that it did: what a phone sends is paced by the media clock.
    private final class Metronome: LoopAudioProcessor {
        let sampleRate: Int? = nil
        private let ticks: AsyncStream<Void>.Continuation

        init(ticks: AsyncStream<Void>.Continuation) { self.ticks = ticks }

        func process(_ heard: Span<Int16>, into spoken: inout MutableSpan<Int16>, sampleRate: Int) {
            self.ticks.yield()
        }
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
