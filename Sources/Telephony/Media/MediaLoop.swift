import CLinux
import CoreTypes
import Glibc
import RTPCore
import Synchronization

/// A thread that carries the media of many calls: datagrams in, an absolute 5 ms grid, datagrams out.
///
/// A leg ticks every 20 ms in one of four phases. When the thread wakes late, at most three frames are caught up and
/// the rest is skipped, so that a stall is never followed by a burst.
final class MediaLoop: Sendable {
    /// How long nothing may be heard before a call counts as dead.
    static let inactivityLimit: Duration = .seconds(90)

    private enum Command: Sendable {
        case add(UInt64, RTPSocket, MediaParameters, MediaLeg.Endpoints)
        case update(UInt64, MediaParameters)
        case answered(UInt64)
        case digit(UInt64, Character)
        case statistics(UInt64, CheckedContinuation<MediaStatistics?, Never>)
        case remove(UInt64, CheckedContinuation<MediaStatistics?, Never>)
        case stop
    }
    private let poller: DatagramPoller
    private struct Queue: Sendable {
        var commands: [Command] = []
        var isClosed = false
    }
    private let queue = Mutex(Queue())
    private let identifiers = Atomic<UInt64>(0)
    private let legCount = Atomic<Int>(0)

    /// Starts a thread.
    ///
    /// - Throws: ``SocketError`` when the system has no more descriptors.
    init(random: SeededRandom) throws(SocketError) {
        self.poller = try DatagramPoller()
        let start = Unmanaged.passRetained(Start(loop: self, random: random))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
                svetlana_name_thread("svetlana-media")
                var body = Body(poller: start.loop.poller, random: start.random)
                start.loop.run(&body)
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            start.release()
            throw SocketError(operation: "start the media thread", code: status)
        }
        pthread_detach(thread)
    }

    /// How many legs the loop carries.
    var legs: Int { self.legCount.load(ordering: .relaxed) }

    /// Begins a leg.
    func add(_ socket: RTPSocket, _ parameters: MediaParameters, _ endpoints: MediaLeg.Endpoints) -> UInt64 {
        let identifier = self.identifiers.add(1, ordering: .relaxed).newValue
        self.legCount.add(1, ordering: .relaxed)
        self.post(.add(identifier, socket, parameters, endpoints))
        return identifier
    }

    /// Changes a leg after a new offer and answer.
    func update(_ leg: UInt64, _ parameters: MediaParameters) {
        self.post(.update(leg, parameters))
    }

    /// Begins the measure of a leg's quality anew, for its call was answered.
    func answered(_ leg: UInt64) {
        self.post(.answered(leg))
    }

    /// Sends a key as RFC 4733 events.
    func sendDigit(_ leg: UInt64, _ digit: Character) {
        self.post(.digit(leg, digit))
    }

    /// A leg's figures; `nil` when it is gone.
    func statistics(_ leg: UInt64) async -> MediaStatistics? {
        await withCheckedContinuation { self.post(.statistics(leg, $0)) }
    }

    /// Ends a leg and returns its last figures.
    func remove(_ leg: UInt64) async -> MediaStatistics? {
        await withCheckedContinuation { self.post(.remove(leg, $0)) }
    }

    /// Ends the thread.
    func stop() {
        self.post(.stop)
    }

    private func post(_ command: Command) {
        let isClosed = self.queue.withLock { queue in
            if !queue.isClosed { queue.commands.append(command) }
            return queue.isClosed
        }
        if isClosed { Self.refuse(command) } else { self.poller.wake() }
    }

    /// Nobody waits for a thread that has ended.
    private static func refuse(_ command: Command) {
        switch command {
        case .statistics(_, let continuation), .remove(_, let continuation): continuation.resume(returning: nil)
        case .add(_, _, _, let endpoints): endpoints.close()
        case .update, .answered, .digit, .stop: break
        }
    }

    private final class Start: Sendable {
        let loop: MediaLoop
        let random: SeededRandom
        init(loop: MediaLoop, random: SeededRandom) {
            self.loop = loop
            self.random = random
        }
    }

    /// What only the thread touches.
    private struct Body {
        let poller: DatagramPoller
        var random: SeededRandom
        var legs: [UInt64: MediaLeg] = [:]
        var phases: [[MediaLeg]] = [[], [], [], []]
        var nextStep: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 2_048)
        var isRunning = true
        var ready: [DatagramPoller.Readiness] = []
    }

    /// Marks the socket of a leg's RTCP among the poller's tags.
    private static let controlFlag: UInt64 = 1 << 62

    private func run(_ body: inout Body) {
        var tags = [UInt64](repeating: 0, count: 64)
        while body.isRunning {
            body.ready.removeAll(keepingCapacity: true)
            self.poller.wait(tags: &tags) { body.ready.append($0) }
            let now = DatagramPoller.now
            for index in body.ready.indices {
                let readiness = body.ready[index]
                switch readiness {
                case .clock: Self.tick(&body, now: now)
                case .command: self.execute(&body, now: now)
                case .socket(let tag):
                    if tag & Self.controlFlag == 0 {
                        body.legs[tag]?.receive(&body.buffer, now: now)
                    } else {
                        body.legs[tag & ~Self.controlFlag]?.receiveControl(&body.buffer, now: now)
                    }
                }
            }
        }
        for leg in body.legs.values { _ = leg.stop(now: DatagramPoller.now) }
        self.legCount.store(0, ordering: .relaxed)
        let late = self.queue.withLock { queue in
            queue.isClosed = true
            return exchange(&queue.commands, with: [])
        }
        for command in late { Self.refuse(command) }
    }

    private static let step: Int64 = 5_000_000

    private static func tick(_ body: inout Body, now: Instant) {
        let current = now.nanoseconds / Self.step
        let late = (current - body.nextStep) / 4
        if late > 3 {
            for leg in body.legs.values { leg.skip(frames: Int(late - 3)) }
            body.nextStep += (late - 3) * 4
        }
        while body.nextStep <= current {
            for leg in body.phases[Int(body.nextStep & 3)] { leg.tick(now: now) }
            body.nextStep += 1
        }
        Self.arm(&body)
    }

    private static func arm(_ body: inout Body) {
        body.poller.arm(body.legs.isEmpty ? nil : Instant(nanoseconds: body.nextStep * Self.step))
    }

    private func execute(_ body: inout Body, now: Instant) {
        let commands = self.queue.withLock { exchange(&$0.commands, with: []) }
        for command in commands {
            switch command {
            case .add(let identifier, let socket, let parameters, let endpoints):
                let phase = body.phases.indices.min { body.phases[$0].count < body.phases[$1].count } ?? 0
                let leg = MediaLeg(
                    socket: socket,
                    parameters: parameters,
                    endpoints: endpoints,
                    phase: phase,
                    random: &body.random,
                    now: now
                )
                if body.legs.isEmpty { body.nextStep = now.nanoseconds / Self.step + 1 }
                body.legs[identifier] = leg
                body.phases[phase].append(leg)
                self.poller.add(socket.descriptor, tag: identifier)
                if let control = socket.control {
                    self.poller.add(control.descriptor, tag: identifier | Self.controlFlag)
                }
                Self.arm(&body)
            case .update(let identifier, let parameters):
                body.legs[identifier]?.update(parameters, now: now)
            case .answered(let identifier): body.legs[identifier]?.answered(now: now)
            case .digit(let identifier, let digit):
                body.legs[identifier]?.sendDigit(digit)
            case .statistics(let identifier, let continuation):
                continuation.resume(returning: body.legs[identifier]?.statistics)
            case .remove(let identifier, let continuation):
                guard let leg = body.legs.removeValue(forKey: identifier) else {
                    continuation.resume(returning: nil)
                    continue
                }
                body.phases[leg.phase].removeAll { $0 === leg }
                self.poller.remove(leg.socket.descriptor)
                if let control = leg.socket.control { self.poller.remove(control.descriptor) }
                self.legCount.subtract(1, ordering: .relaxed)
                Self.arm(&body)
                continuation.resume(returning: leg.stop(now: now))
            case .stop:
                body.isRunning = false
            }
        }
    }
}

private func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    let old = place
    place = value
    return old
}
