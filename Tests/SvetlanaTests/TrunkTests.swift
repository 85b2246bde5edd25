import CallCore
import CoreTypes
import SIPCore
import Telephony
import Testing

@testable import svetlana

/// A trunk that is known by its address, with a port that is not 5060.
@Suite struct TrunkTests {
    @Test(
        arguments: [
            ("192.168.1.10:5080", "192.168.1.10", 5_080), ("192.168.1.10", "192.168.1.10", nil),
            ("[2001:db8::1]:5070", "2001:db8::1", 5_070), ("2001:db8::1", "2001:db8::1", nil),
        ] as [(String, String, UInt16?)]
    )
    func `Calls go to the first peer's port, and its requests are taken from whatever port`(
        peer: String,
        host: String,
        port: UInt16?
    ) throws {
        var configuration = BotConfiguration()
        configuration.trunk.peers = [peer, "192.168.1.11:5999"]
        let account = try #require(configuration.account)
        #expect(IPAddress(account.host) == IPAddress(host) && account.port == port)
        let telephone = try configuration.userAgentConfiguration()
        #expect(telephone.identities.map(\.addressOfRecord) == [account])
        // Peers are known by their host alone: a PBX may send from another port than it listens on.
        #expect(telephone.peers == [IPAddress(host), IPAddress("192.168.1.11")].compactMap(\.self))
        guard case .allowed(number: "100", uri: let uri) = DialGate(configuration).verdict(on: "100") else {
            Issue.record("not allowed")
            return
        }
        #expect(SIPURI(uri)?.port == port)
    }
}
