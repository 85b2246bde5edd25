/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address in host byte order: 127.0.0.1 is 0x7F000001.
    case v4(UInt32)
    /// An IPv6 address as its upper and lower 64 bits in host byte order.
    case v6(UInt64, UInt64)

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool {
        if case .v6 = self { true } else { false }
    }

    /// Reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"), bytes.count >= 2 {
            bytes = Array(bytes[1..<(bytes.count - 1)])
            guard let address = IPAddress(v6: bytes) else { return nil }
            self = address
        } else if bytes.contains(UInt8(ascii: ":")) {
            guard let address = IPAddress(v6: bytes) else { return nil }
            self = address
        } else {
            guard let value = IPAddress.v4Value(bytes[...]) else { return nil }
            self = .v4(value)
        }
    }

    private static func v4Value(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count) else { return nil }
            var octet: UInt32 = 0
            for byte in part {
                guard (0x30...0x39).contains(byte) else { return nil }
                octet = octet * 10 + UInt32(byte - 0x30)
            }
            guard octet <= 255 else { return nil }
            value = value << 8 | octet
        }
        return value
    }

    private init?(v6 bytes: [UInt8]) {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if bytes[0] == 0x3A {
            guard bytes[1] == 0x3A else { return nil }
            gap = 0
            index = 2
        }
        while index < bytes.count {
            let end = bytes[index...].firstIndex(of: 0x3A) ?? bytes.count
            let part = bytes[index..<end]
            if part.contains(UInt8(ascii: ".")) {
                guard end == bytes.count, let value = IPAddress.v4Value(part) else { return nil }
                groups += [UInt16(value >> 16), UInt16(value & 0xFFFF)]
                index = end
                break
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = byte.hexadecimalValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
            guard groups.count <= 8 else { return nil }
            index = end
            guard index < bytes.count else { break }
            index += 1
            if index == bytes.count { return nil }
            if bytes[index] == 0x3A {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let upper = groups[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let lower = groups[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        self = .v6(upper, lower)
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as text, without brackets; IPv6 in the form of RFC 5952.
    public var description: String {
        switch self {
        case .v4(let value):
            return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
        case .v6(let upper, let lower):
            let groups = (0..<8).map {
                UInt16(truncatingIfNeeded: ($0 < 4 ? upper : lower) >> UInt64((3 - $0 % 4) * 16))
            }
            var best = 0..<0
            var start: Int?
            for index in 0...8 {
                if index < 8, groups[index] == 0 {
                    if start == nil { start = index }
                } else if let first = start {
                    if index - first > best.count, index - first > 1 { best = first..<index }
                    start = nil
                }
            }
            let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
            return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
        }
    }

    /// The address as it stands in a URI or a Via: IPv6 in brackets.
    public var hostText: String {
        self.isIPv6 ? "[\(self)]" : self.description
    }
}

/// An IP address and a port: where a datagram came from or goes to.
public struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    /// The IP address.
    public var host: IPAddress
    /// The port.
    public var port: UInt16

    /// Makes an address from its parts.
    public init(host: IPAddress, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads "192.0.2.1:5060" or "[2001:db8::1]:5060"; `nil` for anything else, a name included.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let host = IPAddress(text[..<colon])
        else { return nil }
        if host.isIPv6, text.first != "[" { return nil }
        self.init(host: host, port: port)
    }

    /// "192.0.2.1:5060" or "[2001:db8::1]:5060".
    public var description: String {
        "\(self.host.hostText):\(self.port)"
    }
}

/// The transport protocols that a SIP message can travel over (RFC 3261 section 18, RFC 7118).
public enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
    /// Datagrams.
    case udp = "UDP"
    /// A byte stream.
    case tcp = "TCP"
    /// A byte stream over TLS.
    case tls = "TLS"
    /// WebSocket.
    case ws = "WS"
    /// WebSocket over TLS.
    case wss = "WSS"

    /// Whether the transport delivers messages reliably, so that no retransmission is needed.
    public var isReliable: Bool {
        self != .udp
    }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit, or `nil`.
    public var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
