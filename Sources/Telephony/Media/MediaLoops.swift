import CoreTypes
import RTPCore
import Synchronization

/// The media threads of a user agent: a leg is given to the one with the fewest and stays there for its life.
final class MediaLoops: Sendable {
    private let loops: [MediaLoop]

    /// Starts `count` threads.
    ///
    /// - Throws: ``SocketError`` when the system has no more descriptors or threads.
    init(count: Int, inactivityLimit: Duration?) throws(SocketError) {
        var loops: [MediaLoop] = []
        for _ in 0..<max(count, 1) { loops.append(try MediaLoop(inactivityLimit: inactivityLimit)) }
        self.loops = loops
    }

    /// How many legs there are.
    var legs: Int { self.loops.reduce(0) { $0 + $1.legs } }

    /// Chooses the loop for another leg.
    func loop() -> MediaLoop {
        self.loops.min { $0.legs < $1.legs } ?? self.loops[0]
    }

    /// Ends the threads.
    func stop() {
        for loop in self.loops { loop.stop() }
    }
}

/// A leg together with the loop that carries it.
struct MediaLegHandle: Sendable {
    let loop: MediaLoop
    let leg: MediaLegID
}
