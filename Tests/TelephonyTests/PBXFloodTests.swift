import CoreTypes
import SIPCore
import Testing

@testable import EmbeddedPBX
@testable import Telephony

/// The PBX serves everybody, so that whoever has proved nothing must not take its room.
@Suite struct PBXFloodTests {
    private let own = TransportAddress(host: .v4(0xC000_0201), port: 5_060)

    private func request(_ method: String, _ number: Int) -> [UInt8] {
        let lines = [
            "\(method) sip:100@192.0.2.1 SIP/2.0",
            "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK\(number);rport",
            "Max-Forwards: 70", "From: <sip:100@192.0.2.1>;tag=\(number)", "To: <sip:100@192.0.2.1>",
            "Call-ID: flood-\(number)", "CSeq: 1 \(method)", "Contact: <sip:100@198.51.100.1>", "Content-Length: 0", "",
            "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    @Test(arguments: ["REGISTER", "INVITE", "OPTIONS", "BYE", "NOTIFY"])
    func `A flood without credentials takes no room and draws no more than its share`(method: String) throws {
        var pbx = PBXEngine(
            configuration: PBXConfiguration(accounts: ["100": .init(authenticationID: "a", password: "b")]),
            random: SeededRandom(seed: 3)
        )
        let binding = LocalBinding(transport: .udp, address: self.own)
        var (bytesIn, bytesOut, answers) = (0, 0, 0)
        var now = Instant.zero
        for number in 0..<5_000 {
            let source = TransportAddress(host: .v4(0xC633_6400 + UInt32(number % 99)), port: 5_060)
            let bytes = self.request(method, number)
            bytesIn += bytes.count
            pbx.receive(bytes, from: source, on: binding, now: now)
            while let transmit = pbx.pollTransmit() {
                answers += 1
                bytesOut += transmit.bytes.count
                let status = try SIPMessage(transmit.bytes).statusCode
                #expect(status == (method == "OPTIONS" ? 200 : ["REGISTER", "INVITE"].contains(method) ? 407 : 405))
            }
            let load = pbx.load
            #expect(load == 0)
            now += .microseconds(200)
        }
        // 200 at once, and 200 in the second that it lasts.
        #expect((100...401).contains(answers))
        #expect(2 * bytesOut <= 5 * bytesIn)
        let deadline = pbx.deadline
        #expect(deadline == nil)
    }

    @Test(arguments: ["INVITE", "OPTIONS"])
    func `While it drains everybody is sent elsewhere, and nobody takes room`(method: String) throws {
        var pbx = PBXEngine(
            configuration: PBXConfiguration(accounts: ["100": .init(authenticationID: "a", password: "b")]),
            random: SeededRandom(seed: 3)
        )
        pbx.beginDraining()
        let source = TransportAddress(host: .v4(0xC633_6401), port: 5_060)
        let binding = LocalBinding(transport: .udp, address: self.own)
        pbx.receive(self.request(method, 1), from: source, on: binding, now: .zero)
        let transmit = pbx.pollTransmit()
        let response = try SIPMessage(try #require(transmit).bytes)
        #expect(response.statusCode == 503)
        #expect(response.retryAfter == 30)
        let load = pbx.load
        #expect(load == 0)
    }

    @Test func `Above its limit a PBX sends INVITE and OPTIONS elsewhere, and still registers`() throws {
        var pbx = PBXEngine(
            configuration: PBXConfiguration(
                accounts: ["100": .init(authenticationID: "a", password: "b")],
                maximumCalls: 0
            ),
            random: SeededRandom(seed: 3)
        )
        let source = TransportAddress(host: .v4(0xC633_6401), port: 5_060)
        let binding = LocalBinding(transport: .udp, address: self.own)
        var statuses: [Int] = []
        for (number, method) in ["INVITE", "OPTIONS", "REGISTER"].enumerated() {
            pbx.receive(self.request(method, number), from: source, on: binding, now: .zero)
            while let transmit = pbx.pollTransmit() { statuses.append(try SIPMessage(transmit.bytes).statusCode) }
        }
        #expect(statuses == [503, 503, 407])
    }
}
