import CoreTypes
import RTPCore
import Synchronization

/// What only the thread of a ``MediaLoop`` touches: its legs and their grid.
final class MediaLoopBody {
    private let poller: DatagramPoller
    private var random: SeededRandom
    private let inactivityLimit: Duration?
    private var legs: [MediaLegID: MediaLeg] = [:]
    private var grid = TickGrid<MediaLeg>()
    /// The legs by the tags that the poller gives back; a place that nobody has is `nil` and used again.
    private var places: [MediaLeg?] = []
    private var freePlaces: [Int] = []
    private var scratch = MediaScratch()
    /// Commands that were taken from their queue; those before `nextCommand` are done.
    private var commands: [MediaLoop.Command] = []
    private var nextCommand = 0
    private var ready: [DatagramPoller.Readiness] = []
    private var tags = [UInt64](repeating: 0, count: 256)
    private let gauge: MediaLoop.Gauge
    private var latestTurn = Instant.zero
    private(set) var isRunning = true

    init(poller: DatagramPoller, random: SeededRandom, inactivityLimit: Duration?, gauge: MediaLoop.Gauge) {
        self.poller = poller
        self.random = random
        self.inactivityLimit = inactivityLimit
        self.gauge = gauge
        self.ready.reserveCapacity(self.tags.count)
    }

    /// Waits once and does what there is to do; `commands` takes those that wait out of their queue, and gets whether it will be
    /// asked again though nobody wakes the thread.
    func turn(_ commands: (_ isTicking: Bool) -> [MediaLoop.Command]) {
        self.ready.removeAll(keepingCapacity: true)
        // To wake for each packet of a thousand calls costs a few percent: a busy loop looks once a millisecond.
        if self.legs.count >= Self.manyLegs { DatagramPoller.sleep(until: self.latestTurn + .milliseconds(1)) }
        self.poller.wait(tags: &self.tags) { self.ready.append($0) }
        let now = DatagramPoller.now
        self.latestTurn = now
        for index in self.ready.indices {
            if index + 2 < self.ready.count, case .socket(let tag) = self.ready[index + 2] { self.fetch(tag) }
            switch self.ready[index] {
            case .clock:
                self.grid.advance(to: now, &self.scratch) { DatagramPoller.now }
                self.takeCommands(commands, now: now)
            case .command: self.takeCommands(commands, now: now)
            case .socket(let tag): self.receive(tag, now: now)
            }
        }
    }

    /// Ends all legs, and gives the commands that were not done.
    func finish() -> [MediaLoop.Command] {
        for leg in self.legs.keys { _ = self.remove(leg, now: DatagramPoller.now) }
        return Array(self.commands[self.nextCommand...])
    }

    private func takeCommands(_ commands: (_ isTicking: Bool) -> [MediaLoop.Command], now: Instant) {
        self.commands.append(contentsOf: commands(self.grid.deadline != nil))
        self.executeSome(now: now)
        // The last leg is gone: from now on it must be woken, and what was given before it was known is taken here.
        if self.grid.deadline == nil, self.isRunning { self.commands.append(contentsOf: commands(false)) }
        if self.nextCommand < self.commands.count { self.poller.wake() }
        self.poller.arm(self.grid.deadline)
    }

    /// Does a few of the commands that wait: a thousand at once would make every leg late.
    private func executeSome(now: Instant) {
        let end = min(self.nextCommand + Self.commandsOfTurn, self.commands.count)
        while self.nextCommand < end, self.isRunning {
            self.execute(self.commands[self.nextCommand], now: now)
            self.nextCommand += 1
        }
        guard self.nextCommand == self.commands.count else { return }
        self.commands.removeAll(keepingCapacity: true)
        self.nextCommand = 0
    }

    private func receive(_ tag: UInt64, now: Instant) {
        let place = Int(truncatingIfNeeded: tag & ~Self.controlFlag)
        // Somebody else may be there by now: then nothing waits at that socket.
        guard place < self.places.count, let leg = self.places[place] else { return }
        if tag & Self.controlFlag == 0 {
            leg.receive(&self.scratch, now: now)
        } else {
            leg.receiveControl(&self.scratch, now: now)
        }
    }

    /// Asks for the memory of a leg that is about to receive, without a use of the reference: that would wait for it.
    private func fetch(_ tag: UInt64) {
        let place = Int(truncatingIfNeeded: tag & ~Self.controlFlag)
        guard place < self.places.count else { return }
        self.places.withUnsafeBytes { references in
            let offset = place * MemoryLayout<MediaLeg?>.stride
            if let leg = references.load(fromByteOffset: offset, as: UnsafeRawPointer?.self) { MediaLeg.fetch(leg) }
        }
    }

    private func execute(_ command: MediaLoop.Command, now: Instant) {
        switch command {
        case .add(let identifier, let socket, let parameters, let source):
            self.add(identifier, socket, parameters, source, now: now)
        case .update(let identifier, let parameters):
            self.legs[identifier]?.update(parameters, now: now)
        case .answered(let identifier):
            self.legs[identifier]?.answered(now: now)
        case .dtmf(let identifier, let digit):
            self.legs[identifier]?.sendDTMF(digit)
        case .speak(let identifier):
            guard let leg = self.legs[identifier] else { return }
            self.grid.begin(leg, now: DatagramPoller.now, &self.scratch) { DatagramPoller.now }
        case .relay(let one, let other):
            guard one != other, let first = self.legs[one], let second = self.legs[other] else { return }
            first.relay(to: second)
            second.relay(to: first)
        case .statistics(let identifier, let continuation):
            continuation.resume(returning: self.legs[identifier]?.statistics)
        case .lateness(let continuation):
            continuation.resume(returning: self.grid.lateness)
        case .remove(let identifier, let body):
            body(self.remove(identifier, now: now))
        case .stop:
            self.isRunning = false
        }
    }

    private func add(
        _ identifier: MediaLegID,
        _ socket: RTPSocket,
        _ parameters: MediaParameters,
        _ source: MediaLegSource,
        now: Instant
    ) {
        let leg = MediaLeg(
            socket: socket,
            parameters: parameters,
            source: source,
            inactivityLimit: self.inactivityLimit,
            random: &self.random,
            now: now
        )
        self.legs[identifier] = leg
        self.grid.add(leg, now: now)
        let place = self.freePlaces.popLast() ?? self.places.count
        if place == self.places.count { self.places.append(leg) } else { self.places[place] = leg }
        leg.pollerPlace = place
        self.poller.add(socket.descriptor, tag: UInt64(place))
        if let control = socket.control {
            self.poller.add(control.descriptor, tag: UInt64(place) | Self.controlFlag)
        }
    }

    private func remove(_ identifier: MediaLegID, now: Instant) -> MediaStatistics? {
        guard let leg = self.legs.removeValue(forKey: identifier) else { return nil }
        self.grid.remove(leg)
        self.places[leg.pollerPlace] = nil
        self.freePlaces.append(leg.pollerPlace)
        self.poller.remove(leg.socket.descriptor)
        if let control = leg.socket.control { self.poller.remove(control.descriptor) }
        self.gauge.legs.subtract(1, ordering: .relaxed)
        return leg.stop(now: now)
    }

    /// Half a millisecond's worth.
    private static let commandsOfTurn = 64
    /// From how many legs on packets may wait for a millisecond.
    private static let manyLegs = 200

    /// Marks the socket of a leg's RTCP among the poller's tags.
    private static let controlFlag: UInt64 = 1 << 62
}
