import CoreTypes
import Foundation
import Logging
import NIOPosix
import Telephony

/// Waits until the PBX's name has an address, there is a route to it, and this machine has the address that the bot is to
/// use: the network and its DNS may come up later than the bot, or fail once.
struct PBXLookup: Sendable {
    /// What was found.
    struct Found: Sendable, Equatable {
        /// The PBX; nil when none is configured.
        var peer: TransportAddress?
        /// Our address on the way to it.
        var source: IPAddress?
    }

    private let pbx: String?
    private let logger: Logger
    private let onWait: @Sendable (String) -> Void
    private let resolve: @Sendable () async throws -> Found
    private let sleep: @Sendable (Duration) async throws -> Void

    init(
        pbx: String?,
        logger: Logger,
        onWait: @escaping @Sendable (String) -> Void = { _ in },
        resolve: @escaping @Sendable () async throws -> Found,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.pbx = pbx
        self.logger = logger
        self.onWait = onWait
        self.resolve = resolve
        self.sleep = sleep
    }

    /// A look-up of what a configuration names.
    init(_ sip: SIPSettings, logger: Logger, onWait: @escaping @Sendable (String) -> Void) {
        self.init(pbx: sip.pbx?.description, logger: logger, onWait: onWait, resolve: { try await Self.find(sip) })
    }

    /// What a configuration names, now.
    ///
    /// - Throws: what is not there yet.
    static func find(_ sip: SIPSettings) async throws -> Found {
        var found = try await NIOThreadPool.singleton.runIfActive {
            guard let pbx = sip.pbx else { return Found() }
            let peer = TransportAddress(host: try LocalRoute.resolve(pbx.host), port: pbx.port ?? 5_060)
            return Found(peer: peer, source: try LocalRoute.sourceAddress(to: peer))
        }
        if let own = sip.localAddress.flatMap({ IPAddress($0) }) {
            guard await PortProbe.refusal(of: TransportAddress(host: own, port: 0)) != EADDRNOTAVAIL else {
                throw AbsentAddress(address: own)
            }
            if !own.isUnspecified { found.source = own }
        }
        return found
    }

    /// Returns when the PBX is found; nil when the task is cancelled. Waits a second first, and half a minute at most.
    func untilFound() async -> Found? {
        var wait = Duration.seconds(1)
        while !Task.isCancelled {
            do {
                return try await self.resolve()
            } catch {
                let next = "\(wait.components.seconds) s"
                self.onWait("\(error)")
                self.logger.error(
                    "cannot register yet: \(error)",
                    metadata: ["pbx": "\(self.pbx ?? "none")", "retry": "in \(next)"]
                )
            }
            guard (try? await self.sleep(wait)) != nil else { return nil }
            wait = min(wait * 2, .seconds(30))
        }
        return nil
    }
}

/// The address that the bot is to use is none of this machine's.
struct AbsentAddress: Error, CustomStringConvertible {
    let address: IPAddress

    var description: String {
        "sip.local_address: \(self.address) is no address of this machine (ip addr shows them), or not yet"
    }
}
