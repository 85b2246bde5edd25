import CoreTypes
import Glibc

/// A `sockaddr` of IPv4 or IPv6, made from a ``TransportAddress`` or by the system.
struct RawSocketAddress {
    // Large enough for both; a `sockaddr_storage` is five times as large and would be cleared for each packet.
    private var storage = sockaddr_in6()
    private var length = socklen_t(MemoryLayout<sockaddr_in6>.size)

    /// Makes room for an address that the system writes.
    init() {}

    /// Takes an address that the system made.
    init(copying bytes: UnsafeRawBufferPointer) {
        let size = min(bytes.count, MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutableBytes(of: &self.storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        }
        self.length = socklen_t(size)
    }

    /// Makes the address of a destination.
    init(_ address: TransportAddress) {
        switch address.host {
        case .v4(let value):
            var inet = sockaddr_in()
            inet.sin_family = sa_family_t(AF_INET)
            inet.sin_port = address.port.bigEndian
            inet.sin_addr.s_addr = value.bigEndian
            self.length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &self.storage) { $0.storeBytes(of: inet, as: sockaddr_in.self) }
        case .v6(let upper, let lower):
            self.storage.sin6_family = sa_family_t(AF_INET6)
            self.storage.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &self.storage.sin6_addr) {
                $0.storeBytes(of: upper.bigEndian, as: UInt64.self)
                $0.storeBytes(of: lower.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
        }
    }

    /// Whether it is an address of IPv6.
    var isIPv6: Bool { self.storage.sin6_family == sa_family_t(AF_INET6) }

    /// The address; IPv4 mapped into IPv6 comes out as IPv4, and another family as `nil`.
    var transportAddress: TransportAddress? {
        switch Int32(self.storage.sin6_family) {
        case AF_INET:
            return withUnsafeBytes(of: self.storage) { raw in
                let inet = raw.loadUnaligned(as: sockaddr_in.self)
                return TransportAddress(
                    host: .v4(UInt32(bigEndian: inet.sin_addr.s_addr)),
                    port: UInt16(bigEndian: inet.sin_port)
                )
            }
        case AF_INET6:
            return withUnsafeBytes(of: self.storage.sin6_addr) { bytes in
                let upper = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
                let lower = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                let isMapped = upper == 0 && lower >> 32 == 0xFFFF
                return TransportAddress(
                    host: isMapped ? .v4(UInt32(truncatingIfNeeded: lower)) : .v6(upper, lower),
                    port: UInt16(bigEndian: self.storage.sin6_port)
                )
            }
        default:
            return nil
        }
    }

    /// Lends the address to a system call.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result) -> Result {
        withUnsafeBytes(of: self.storage) { raw in
            body(raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), self.length)
        }
    }

    /// Lends the room to a system call that writes an address.
    mutating func withMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        withUnsafeMutableBytes(of: &self.storage) { raw in
            body(raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &self.length)
        }
    }
}
