import Foundation

/// Tells IP addresses from other text.
enum IPText {
    /// Whether this is an IPv4 address in dots.
    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { ("0"..."9").contains($0) } && UInt8(part) != nil
            }
    }

    /// Whether this is an IPv6 address, without brackets.
    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// Whether this is an address of either kind.
    static func isAddress(_ text: String) -> Bool { self.isIPv4(text) || self.isIPv6(text) }
}
