import CoreTypes
import Logging
import NIOPosix
import Telephony

/// Waits until the PBX's name has an address and there is a route to it: the network and its DNS may come up later than the
/// bot, or fail once.
struct PBXLookup: Sendable {
    private let host: String?
    private let logger: Logger
    private let resolve: @Sendable (String) async throws -> Void
    private let sleep: @Sendable (Duration) async throws -> Void

    init(
        host: String?,
        logger: Logger,
        resolve: @escaping @Sendable (String) async throws -> Void = { name in
            try await NIOThreadPool.singleton.runIfActive {
                let address = try LocalRoute.resolve(name)
                _ = try LocalRoute.sourceAddress(to: TransportAddress(host: address, port: 5_060))
            }
        },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.host = host
        self.logger = logger
        self.resolve = resolve
        self.sleep = sleep
    }

    /// Returns when the PBX is found, or the task is cancelled; waits a second first, and half a minute at most.
    func untilFound() async {
        guard let host = self.host else { return }
        var wait = Duration.seconds(1)
        while true {
            do {
                try await self.resolve(host)
                return
            } catch {
                self.logger.error(
                    "the PBX is not found: check sip.pbx, this machine's network and its DNS",
                    metadata: ["pbx": "\(host)", "why": "\(error)", "retry": "in \(wait.components.seconds) s"]
                )
            }
            guard (try? await self.sleep(wait)) != nil else { return }
            wait = min(wait * 2, .seconds(30))
        }
    }
}
