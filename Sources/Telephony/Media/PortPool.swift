public import CoreTypes
import Synchronization

/// The RTP ports that calls may use: even ports of a range, handed out in a random order and given back.
public final class PortPool: Sendable {
    private struct State {
        var used: Set<UInt16> = []
        var random: SeededRandom
    }
    /// The ports that may be used; RTP takes the even ones.
    public let range: ClosedRange<UInt16>
    private let state: Mutex<State>

    /// Makes a pool; `random`, the system's entropy if it is left out, makes ports hard to guess for somebody who
    /// would inject audio.
    public init(range: ClosedRange<UInt16>, random: SeededRandom? = nil) {
        self.range = range
        self.state = Mutex(State(random: random ?? .system()))
    }

    /// How many ports are in use.
    public var inUse: Int {
        self.state.withLock { $0.used.count }
    }

    /// Binds a socket to a free port of `host`, and its companion for RTCP to the port above.
    ///
    /// - Throws: ``PortsExhausted`` when every port is in use, here or by somebody else.
    public func open(host: IPAddress) throws(PortsExhausted) -> RTPSocket {
        let first = (Int(self.range.lowerBound) + 1) & ~1
        let count = max((Int(self.range.upperBound) - first + 1) / 2, 0)
        let start = self.state.withLock { state in count > 0 ? Int.random(in: 0..<count, using: &state.random) : 0 }
        for step in 0..<count {
            let port = UInt16(first + (start + step) % count * 2)
            guard self.state.withLock({ $0.used.insert(port).inserted }) else { continue }
            if let socket = try? RTPSocket.pair(host: host, port: port) { return socket }
            self.close(port)
        }
        throw PortsExhausted(range: self.range)
    }

    /// Gives a port back.
    public func close(_ port: UInt16) {
        self.state.withLock { _ = $0.used.remove(port) }
    }
}

/// Every RTP port of the range is taken.
public struct PortsExhausted: Error, Hashable, Sendable, CustomStringConvertible {
    /// The range.
    public let range: ClosedRange<UInt16>

    /// One line for a person.
    public var description: String {
        "all RTP ports from \(self.range.lowerBound) to \(self.range.upperBound) are in use: widen the range"
    }
}
