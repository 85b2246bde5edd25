import CoreTypes
import Foundation
import NIOCore
import NIOPosix

/// Whether the system would give this program a UDP port.
enum PortProbe {
    /// Why it would not, as an `errno`; nil when it would. Port 0 asks for the address alone.
    static func refusal(of address: TransportAddress) async -> Int32? {
        do {
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: address.host.description, port: Int(address.port)).get()
            try? await channel.close()
            return nil
        } catch {
            return (error as? IOError)?.errnoCode ?? EINVAL
        }
    }
}
