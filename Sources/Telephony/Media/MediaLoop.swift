import CLinux
public import CoreTypes
import Glibc
public import RTPCore
import Synchronization

/// A thread that carries the media of many legs: datagrams in, an absolute 5 ms grid, datagrams out.
///
/// A ``UserAgent`` has loops of its own. With one made here media can be carried without its signaling: bind sockets with
/// ``PortPool/open(host:)``, describe the stream with `MediaParameters`, and give a ``LoopAudioProcessor`` that works on the
/// thread, or join two legs with ``relay(_:_:)``. Nothing is allocated and nothing is locked for a packet of such legs.
public final class MediaLoop: Sendable {
    enum Command: Sendable {
        case add(MediaLegID, RTPSocket, MediaParameters, MediaLegSource)
        case update(MediaLegID, MediaParameters)
        case answered(MediaLegID)
        case dtmf(MediaLegID, Character)
        case speak(MediaLegID)
        case relay(MediaLegID, MediaLegID)
        case statistics(MediaLegID, CheckedContinuation<MediaStatistics?, Never>)
        case lateness(CheckedContinuation<TickLateness, Never>)
        /// What is done with the last figures is done on the thread.
        case remove(MediaLegID, @Sendable (MediaStatistics?) -> Void)
        case stop
    }
    private struct Queue: Sendable {
        var commands: [Command] = []
        var isClosed = false
        /// Whether the thread looks here anyway, for it has legs that tick: nobody needs to wake it then.
        var isWatched = false
    }
    private let poller: DatagramPoller
    private let queue = Mutex(Queue())
    /// Whether commands wait, for a thread that looks at each tick and is to lock nothing for that.
    private let hasCommands = Atomic<Bool>(false)
    private let gauge: Gauge
    private static let identifiers = Atomic<UInt64>(0)

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - inactivityLimit: How long nothing may be heard from a peer that should speak before its call counts as dead;
    ///     `nil` for ever. Calls on hold are never dead.
    ///   - core: The processor to stay on; `nil` leaves it to the system.
    ///   - random: Where streams get their first numbers from; the system's entropy if it is left out.
    /// - Throws: ``SocketError`` when the system has no more descriptors or threads.
    public init(
        inactivityLimit: Duration? = .seconds(90),
        core: Int? = nil,
        random: SeededRandom? = nil
    ) throws(SocketError) {
        self.poller = try DatagramPoller()
        self.gauge = Gauge()
        let body = MediaLoopBody(
            poller: self.poller,
            random: random ?? .system(),
            inactivityLimit: inactivityLimit,
            gauge: self.gauge
        )
        let start = Unmanaged.passRetained(Start(loop: self, body: body, core: core))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
                svetlana_name_thread("svetlana-media")
                if let core = start.core { _ = svetlana_pin_thread(Int32(clamping: core)) }
                start.loop.run(start.body)
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
    public var legs: Int { self.gauge.legs.load(ordering: .relaxed) }

    /// Begins a leg whose audio `processor` hears and makes.
    public func add(
        _ socket: RTPSocket,
        _ parameters: MediaParameters,
        processor: sending any LoopAudioProcessor
    ) -> MediaLegID {
        self.add(socket, parameters, MediaLegSource(processor))
    }

    /// Begins a leg.
    func add(_ socket: RTPSocket, _ parameters: MediaParameters, _ source: MediaLegSource) -> MediaLegID {
        let identifier = MediaLegID(number: Self.identifiers.add(1, ordering: .relaxed).newValue)
        self.gauge.legs.add(1, ordering: .relaxed)
        self.post(.add(identifier, socket, parameters, source))
        return identifier
    }

    /// Changes a leg after a new offer and answer.
    public func update(_ leg: MediaLegID, _ parameters: MediaParameters) {
        self.post(.update(leg, parameters))
    }

    /// Begins the measure of a leg's quality anew, for its call was answered.
    public func answered(_ leg: MediaLegID) {
        self.post(.answered(leg))
    }

    /// Sends a DTMF digit as RFC 4733 events.
    public func sendDTMF(_ leg: MediaLegID, _ digit: Character) {
        self.post(.dtmf(leg, digit))
    }

    /// A silent leg has something to say now: its next frame does not wait for its turn.
    func speechBegins(_ leg: MediaLegID) {
        self.post(.speak(leg))
    }

    /// Joins two legs of one codec: what one receives the other sends, as it is, at once. Ends when one of them is removed.
    public func relay(_ one: MediaLegID, _ other: MediaLegID) {
        self.post(.relay(one, other))
    }

    /// A leg's figures; `nil` when it is gone.
    public func statistics(_ leg: MediaLegID) async -> MediaStatistics? {
        await withCheckedContinuation { self.post(.statistics(leg, $0)) }
    }

    /// How late the ticks were since the loop was made.
    public func lateness() async -> TickLateness {
        await withCheckedContinuation { self.post(.lateness($0)) }
    }

    /// Ends a leg and returns its last figures; `nil` when it is gone.
    @discardableResult
    public func remove(_ leg: MediaLegID) async -> MediaStatistics? {
        await withCheckedContinuation { continuation in self.remove(leg) { continuation.resume(returning: $0) } }
    }

    /// Ends a leg; `body` gets its last figures on the loop's thread, so it must be quick.
    func remove(_ leg: MediaLegID, _ body: @escaping @Sendable (MediaStatistics?) -> Void) {
        self.post(.remove(leg, body))
    }

    /// Ends the thread and all its legs.
    public func stop() {
        self.post(.stop)
    }

    /// Gives the thread a command. It is woken once for what is given at a time, and not at all for what may wait for its next
    /// tick, which is at most 5 ms away: to wake a thread costs as much as a packet.
    private func post(_ command: Command) {
        let (isClosed, wakes) = self.queue.withLock { queue in
            guard !queue.isClosed else { return (true, false) }
            queue.commands.append(command)
            self.hasCommands.store(true, ordering: .releasing)
            return (false, queue.commands.count == 1 && !queue.isWatched || command.isUrgent)
        }
        if isClosed { self.refuse(command) } else if wakes { self.poller.wake() }
    }

    /// Nobody waits for a thread that has ended.
    private func refuse(_ command: Command) {
        switch command {
        case .statistics(_, let continuation): continuation.resume(returning: nil)
        case .remove(_, let body): body(nil)
        case .lateness(let continuation): continuation.resume(returning: TickLateness())
        case .add(_, _, _, let source):
            self.gauge.legs.subtract(1, ordering: .relaxed)
            source.close()
        case .update, .answered, .dtmf, .speak, .relay, .stop: break
        }
    }

    /// The legs that are carried or on their way to the thread.
    final class Gauge: Sendable {
        let legs = Atomic<Int>(0)
    }

    /// What the thread is given once; it alone uses the body.
    private final class Start: @unchecked Sendable {
        let loop: MediaLoop
        let body: MediaLoopBody
        let core: Int?
        init(loop: MediaLoop, body: MediaLoopBody, core: Int?) {
            self.loop = loop
            self.body = body
            self.core = core
        }
    }

    private func run(_ body: MediaLoopBody) {
        var isWatched = false
        while body.isRunning {
            body.turn { isTicking in
                if isTicking, isWatched, !self.hasCommands.load(ordering: .acquiring) { return [] }
                isWatched = isTicking
                return self.queue.withLock { queue in
                    queue.isWatched = isTicking
                    self.hasCommands.store(false, ordering: .relaxed)
                    let commands = queue.commands
                    queue.commands = []
                    return commands
                }
            }
        }
        let undone = body.finish()
        let late = self.queue.withLock { queue in
            queue.isClosed = true
            let commands = queue.commands
            queue.commands = []
            return commands
        }
        for command in undone + late { self.refuse(command) }
    }
}

extension MediaLoop.Command {
    /// Whether it cannot wait for a tick: somebody hears or reads the delay.
    fileprivate var isUrgent: Bool {
        switch self {
        case .speak, .relay, .statistics, .lateness, .stop: true
        case .add, .update, .answered, .dtmf, .remove: false
        }
    }
}

/// A leg of a ``MediaLoop``; no two legs of a process have the same.
public struct MediaLegID: Hashable, Sendable {
    let number: UInt64
}

/// Where the audio of a leg goes and comes from.
enum MediaLegSource: @unchecked Sendable {
    // Sendable, although a processor is not: its maker gave it away, and only the media thread looks inside.
    case application(MediaLeg.Endpoints)
    case processor(any LoopAudioProcessor)

    init(_ processor: sending any LoopAudioProcessor) {
        self = .processor(processor)
    }

    /// How the packets of such a leg are read.
    var reader: MediaReaderKind {
        switch self {
        case .application: .reorderBuffer
        case .processor: .jitterBuffer
        }
    }

    /// Ends an application's side: no audio comes.
    func close() {
        if case .application(let endpoints) = self { endpoints.close() }
    }
}
