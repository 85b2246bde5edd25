import CLinux
import CoreTypes
import Glibc
import Testing

@testable import Telephony

/// A flood of strangers is thinned by the kernel, and what matters passes.
@Suite struct FloodGateTests {
    @Test func `Ordinary traffic is read whole`() {
        var gate = FloodGate()
        for step in 0..<10_000 {
            let now = Instant.zero + .milliseconds(1_000 + step)
            #expect(gate.countStranger(now: now) == nil)
            #expect(gate.check(now: now) == nil)
        }
        #expect(gate.share == 1)
    }

    @Test func `A flood is thinned until what is left can be read, and the gate opens afterwards`() {
        var gate = FloodGate()
        var now = Instant.zero + .seconds(1)
        var read = 0
        // 80 000 a second for four seconds; of what is thinned one in `share` arrives.
        for number in 0..<320_000 {
            now += .nanoseconds(12_500)
            guard number % Int(gate.share) == 0 else { continue }
            read += 1
            _ = gate.countStranger(now: now)
            _ = gate.check(now: now)
        }
        #expect(gate.share == 64)
        #expect(read < 8_000)
        var changes: [FloodGate.Change] = []
        for _ in 0..<400 {
            now += .milliseconds(10)
            if let change = gate.check(now: now) { changes.append(change) }
        }
        #expect(changes.last == .open)
        #expect(changes.dropLast().allSatisfy { $0 == .thin(share: 64) })
        #expect(gate.share == 1)
    }

    @Test func `A flood that is over opens the gate though it is seldom looked at`() {
        var gate = FloodGate()
        var now = Instant.zero + .seconds(1)
        for _ in 0..<4_000 {
            now += .microseconds(50)
            _ = gate.countStranger(now: now)
            _ = gate.check(now: now)
        }
        #expect(gate.share > 1)
        // 1 200 a second are no flood, of which one in `share` is seen; looked at once in two seconds.
        for _ in 0..<4 {
            for _ in 0..<(2_400 / Int(gate.share)) {
                now += .microseconds(800 * Int64(gate.share))
                _ = gate.countStranger(now: now)
            }
            _ = gate.check(now: now)
        }
        #expect(gate.share == 1)
    }

    /// Which of two hosts of the loopback a socket hears through the filter; each sends `count` datagrams.
    private func heard(_ mattering: [String], share: UInt32, count: Int = 200) throws -> [String: Int] {
        let receiver = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(receiver) }
        var address = try Self.address("127.0.0.1")
        try #require(withUnsafePointer(to: &address) { Self.bind(receiver, $0) } == 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(receiver, $0, &length) }
        }
        HostFilter.apply(HostFilter(hosts: Set(mattering.compactMap { IPAddress($0) }), share: share), to: receiver)
        var heard: [String: Int] = [:]
        for host in ["127.0.0.2", "127.0.0.3"] {
            let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(sender) }
            var own = try Self.address(host)
            try #require(withUnsafePointer(to: &own) { Self.bind(sender, $0) } == 0)
            for _ in 0..<count {
                _ = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(sender, [1], 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                var byte: UInt8 = 0
                if recv(receiver, &byte, 1, Int32(MSG_DONTWAIT)) == 1 { heard[host, default: 0] += 1 }
            }
        }
        return heard
    }

    private static func address(_ text: String) throws -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        try #require(inet_pton(AF_INET, text, &address.sin_addr) == 1)
        return address
    }

    private static func bind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr_in>) -> Int32 {
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    @Test(arguments: [["127.0.0.2"], ["127.0.0.9", "127.0.0.2"], ["127.0.0.2", "127.0.0.9", "::1"]])
    func `All that matters passes, of the rest a share`(mattering: [String]) throws {
        let heard = try self.heard(mattering, share: 64)
        #expect(heard["127.0.0.2"] == 200)
        #expect(heard["127.0.0.3", default: 0] < 40)
    }

    @Test func `Where nobody matters everybody is thinned`() throws {
        let heard = try self.heard([], share: 64)
        #expect(heard.values.reduce(0, +) < 60)
    }

    @Test func `More hosts than a filter holds shut nobody out`() throws {
        let heard = try self.heard((1...200).map { "10.0.0.\($0)" }, share: 64)
        #expect(heard == ["127.0.0.2": 200, "127.0.0.3": 200])
    }
}
