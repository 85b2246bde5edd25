import CoreTypes
import Testing

/// Reading and writing addresses.
@Suite struct IPAddressTests {
    @Test func `What is written is read again`() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2_000 {
            let four = IPAddress.v4(UInt32(truncatingIfNeeded: random.next()))
            // Many zero groups, because those are what the short form is about.
            let mask = { (random: inout SeededRandom) in
                (0..<4).reduce(UInt64(0)) { mask, _ in mask << 16 | (Bool.random(using: &random) ? 0xFFFF : 0) }
            }
            let six = IPAddress.v6(random.next() & mask(&random), random.next() & mask(&random))
            for address in [four, six] {
                #expect(IPAddress(address.description) == address)
                #expect(IPAddress(address.hostText) == address)
                let port = UInt16.random(in: 0 ... .max, using: &random)
                let transport = TransportAddress(host: address, port: port)
                #expect(TransportAddress(transport.description) == transport)
            }
        }
    }

    @Test(
        arguments: [
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::0001", "2001:db8::1"), ("::", "::"),
            ("0:0:0:0:0:0:0:1", "::1"), ("1:0:0:0:0:0:0:0", "1::"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("::ffff:192.0.2.1", "::ffff:c000:201"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("[::1]", "::1"),
        ]
    )
    func `The canonical form of RFC 5952`(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        arguments: [
            "", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", "1..2.3", "0001.2.3.4", "1.2.3.4 ", "[1.2.3.4]",
            "[", "]",
            "[]", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::1", "::1.2.3",
            "1.2.3.4::",
            "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "example.org", "::1]", "[::1", "1:",
        ]
    )
    func `What is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: ["192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "::1:5060", "[::1]", "host:5060", ":5060", ""])
    func `What is no address with a port`(text: String) {
        #expect(TransportAddress(text) == nil)
    }

    @Test func `No text can do harm`() {
        var random = SeededRandom(seed: 3)
        let alphabet = Array("0123456789abcdefF:.[]% ")
        var read = 0
        for _ in 0..<5_000 {
            let text = String(
                (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
            )
            guard let address = IPAddress(text) else { continue }
            read += 1
            #expect(IPAddress(address.description) == address)
        }
        #expect(read > 0)
    }

    @Test func `Kinds of addresses`() {
        #expect(IPAddress.v4(0x7F12_3456).isLoopback)
        #expect(IPAddress.v6(0, 1).isLoopback)
        #expect(!IPAddress.v4(0x8000_0001).isLoopback)
        #expect(IPAddress.v4(0).isUnspecified)
        #expect(IPAddress.v6(0, 0).isUnspecified)
        #expect(!IPAddress.v6(0, 1).isUnspecified)
        #expect(IPAddress.v6(0, 1).isIPv6)
        #expect(IPAddress.v6(0, 1).hostText == "[::1]")
        #expect(IPAddress.v4(0xC000_0201).hostText == "192.0.2.1")
    }
}
