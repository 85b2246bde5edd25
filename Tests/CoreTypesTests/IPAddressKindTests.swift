import CoreTypes
import Testing

/// What addresses are for: the first and the last of each block, and their neighbors.
@Suite struct IPAddressKindTests {
    @Test(
        arguments: [
            ("0.0.0.0", IPAddress.Kind.unspecified), ("0.0.0.1", .reserved), ("0.255.255.255", .reserved),
            ("1.0.0.0", .global), ("9.255.255.255", .global), ("10.0.0.0", .privateNetwork),
            ("10.255.255.255", .privateNetwork), ("11.0.0.0", .global), ("100.63.255.255", .global),
            ("100.64.0.0", .sharedNetwork), ("100.127.255.255", .sharedNetwork), ("100.128.0.0", .global),
            ("126.255.255.255", .global), ("127.0.0.0", .loopback), ("127.255.255.255", .loopback),
            ("128.0.0.0", .global), ("169.253.255.255", .global), ("169.254.0.0", .linkLocal),
            ("169.254.255.255", .linkLocal), ("169.255.0.0", .global), ("172.15.255.255", .global),
            ("172.16.0.0", .privateNetwork), ("172.31.255.255", .privateNetwork), ("172.32.0.0", .global),
            ("192.167.255.255", .global), ("192.168.0.0", .privateNetwork), ("192.168.255.255", .privateNetwork),
            ("192.169.0.0", .global), ("223.255.255.255", .global), ("224.0.0.0", .multicast),
            ("239.255.255.255", .multicast), ("240.0.0.0", .reserved), ("255.255.255.254", .reserved),
            ("255.255.255.255", .broadcast),
            ("::", .unspecified), ("::1", .loopback), ("::2", .global), ("2001:db8::1", .global),
            ("fbff:ffff::", .global), ("fc00::", .privateNetwork), ("fdff:ffff:ffff:ffff::1", .privateNetwork),
            ("fe00::", .global), ("fe7f:ffff::", .global), ("fe80::", .linkLocal), ("febf:ffff::1", .linkLocal),
            ("fec0::", .global), ("feff::", .global), ("ff00::", .multicast), ("ff02::1", .multicast),
        ]
    )
    func `Each block ends where its RFC says`(text: String, kind: IPAddress.Kind) throws {
        #expect(try #require(IPAddress(text)).kind == kind, "\(text)")
    }

    @Test func `A mapped address is of the kind of the one that it maps`() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            let value = UInt32(truncatingIfNeeded: random.next()) >> UInt32.random(in: 0...8, using: &random)
            #expect(IPAddress.v6(0, 0xFFFF << 32 | UInt64(value)).kind == IPAddress.v4(value).kind)
        }
        #expect(try #require(IPAddress("::ffff:10.1.2.3")).isPrivate)
        #expect(try #require(IPAddress("::ffff:224.0.0.1")).isGroup)
        // RFC 4291 section 2.5.5.1: the compatible form is deprecated, and nothing more than an address.
        #expect(try #require(IPAddress("::10.1.2.3")).kind == .global)
    }
}
