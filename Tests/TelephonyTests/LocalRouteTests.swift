import CoreTypes
import Testing

@testable import Telephony

/// Which of our addresses a peer is told.
@Suite struct LocalRouteTests {
    private let loopback = IPAddress.v4(0x7F00_0001)

    @Test func `To this host it is the loopback`() throws {
        #expect(try LocalRoute.sourceAddress(to: TransportAddress(host: self.loopback, port: 5_060)) == self.loopback)
        // Port 0 is no port, and no reason to fail.
        #expect(try LocalRoute.sourceAddress(to: TransportAddress(host: self.loopback, port: 0)) == self.loopback)
    }

    @Test func `To another host it is never the wildcard nor the loopback`() throws {
        // A machine without any route says so instead.
        guard let source = try? LocalRoute.sourceAddress(to: TransportAddress(host: .v4(0xC633_6401), port: 5_060))
        else {
            return
        }
        #expect(!source.isUnspecified)
        #expect(!source.isLoopback)
    }

    @Test func `Literals need no resolver`() throws {
        #expect(try LocalRoute.resolve("192.0.2.7") == .v4(0xC000_0207))
        #expect(try LocalRoute.resolve("[::1]") == .v6(0, 1))
        #expect(try LocalRoute.resolve("localhost").isLoopback)
    }

    @Test func `A name that does not exist is told by name`() {
        do {
            _ = try LocalRoute.resolve("no-such-host.invalid")
            Issue.record("it was found")
        } catch {
            #expect(error.description.contains("no-such-host.invalid"))
        }
    }
}
