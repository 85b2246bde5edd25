import CallCore
import CoreTypes
import Foundation
import Logging
import SIPCore
import Synchronization
import Telephony

/// `log.sip`: the SIP messages in the log, line by line, without secrets, and with numbers and names by `log.redact`.
///
/// Only what passes between the bot and its PBX or peers: a stranger does not fill the log, and what he sends is summed up
/// elsewhere.
enum SIPLog {
    /// A hook that writes what passes; `nil` unless the configuration asks for it.
    static func trace(_ configuration: BotConfiguration, _ logger: Logger) -> SIPTrace? {
        guard configuration.log.sip else { return nil }
        let known = KnownHosts(configuration)
        let redacts = configuration.log.redact
        let count = Atomic<UInt64>(0)
        return SIPTrace { entry in
            guard known.contains(entry.remote.host) || Self.isOurRequest(entry) else { return }
            let way = entry.direction == .sent ? "to" : "from"
            let lines = SIPLogText.lines(of: entry.bytes, redacts: redacts)
            guard !lines.isEmpty else { return }
            var logger = logger
            // Lines of two messages may stand between each other; the number tells them apart.
            logger[metadataKey: "sip"] = "\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
            logger.info("SIP \(way) \(entry.remote): \(lines[0])")
            for line in lines.dropFirst() { logger.info("SIP   \(line)") }
        }
    }

    /// What we ask goes where a call leads, and that may be another host; our responses to strangers are not logged.
    private static func isOurRequest(_ entry: SIPTraceEntry) -> Bool {
        entry.direction == .sent && !entry.bytes.starts(with: "SIP/2.0 ".utf8)
    }

    /// The addresses of the PBX and the peers; a name is looked up once, when something comes.
    private final class KnownHosts: Sendable {
        private let fixed: Set<IPAddress>
        private let name: String?
        private let found = Mutex<(addresses: Set<IPAddress>, isAsked: Bool)>(([], false))

        init(_ configuration: BotConfiguration) {
            var fixed = Set(configuration.trunk.peers.compactMap { IPAddress($0) ?? TransportAddress($0)?.host })
            let host = configuration.sip.pbx?.host
            if let address = host.flatMap({ IPAddress($0) }) { fixed.insert(address) }
            self.fixed = fixed
            self.name = host.flatMap { IPAddress($0) == nil ? $0 : nil }
        }

        func contains(_ host: IPAddress) -> Bool {
            if self.fixed.contains(host) { return true }
            guard let name else { return false }
            let (isKnown, asks) = self.found.withLock { found in
                defer { found.isAsked = true }
                return (found.addresses.contains(host), !found.isAsked)
            }
            // Not on the event loop, which must not wait for DNS.
            if asks { Thread.detachNewThread { self.lookUp(name) } }
            return isKnown
        }

        private func lookUp(_ name: String) {
            guard let address = try? LocalRoute.resolve(name) else {
                self.found.withLock { $0.isAsked = false }
                return
            }
            self.found.withLock { _ = $0.addresses.insert(address) }
        }
    }
}
