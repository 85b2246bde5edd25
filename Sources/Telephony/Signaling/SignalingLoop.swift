import CLinux
import CoreTypes
import Glibc
import Synchronization

/// A thread that runs one signaling engine, and the tasks that handle its calls.
///
/// It is a task executor (SE-0417): what a call's handler does between two waits runs here, so that neither a command of
/// the handler nor an event for it wakes another thread. Work that comes from other threads wakes it once a burst. It is a
/// poller of its own, and no NIO loop, because NIO closes a datagram channel at the first error that the network reports.
package final class SignalingLoop: TaskExecutor {
    private let core: LoopCore

    /// Starts the thread; it ends when nobody holds the loop any more.
    ///
    /// - Throws: ``SocketError`` when the system has no more descriptors or threads.
    package init() throws(SocketError) {
        self.core = LoopCore(poller: try DatagramPoller())
        try self.core.start()
    }

    deinit {
        self.core.stop()
    }

    /// Takes a piece of a task that prefers this loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        self.core.add(.job(UnownedJob(job), on: self))
    }

    /// Runs `body` on the thread, after what waits already.
    func execute(_ body: @escaping @Sendable () -> Void) {
        self.core.add(.body(body))
    }

    /// Whether this is the loop's thread.
    var isCurrent: Bool { self.core.isCurrent }

    /// Puts a client on the thread; on the thread only.
    func attach(_ client: any SignalingLoopClient, descriptor: Int32) {
        self.core.attach(client, descriptor: descriptor)
    }

    /// Takes the client off; on the thread only.
    func detach(descriptor: Int32) {
        self.core.detach(descriptor: descriptor)
    }

    /// Sets when the client wants to be called, at the latest; on the thread only.
    func arm(_ deadline: Instant) {
        self.core.poller.arm(deadline)
    }
}

/// What runs on a ``SignalingLoop``, and is touched by its thread only.
protocol SignalingLoopClient: AnyObject {
    /// The descriptor has something to read, or an error.
    func handleReadiness()
    /// The time that was armed has come.
    func handleTimer()
    /// The loop is about to wait: what is to leave has to leave now, and the timer has to be right.
    func settle()
}

/// Something that only a loop's thread may touch, in the hands of those who hop there.
struct LoopBound<Value>: @unchecked Sendable {
    // Unchecked: the value is read on the loop's thread only, which is checked at each use.

    private let bound: Value
    private let loop: SignalingLoop

    init(_ value: Value, on loop: SignalingLoop) {
        self.bound = value
        self.loop = loop
    }

    /// The value; on the loop's thread only.
    var value: Value {
        precondition(self.loop.isCurrent, "this belongs to the thread of a signaling loop")
        return self.bound
    }
}

/// What the thread of a ``SignalingLoop`` and those who give it work share; the thread does not keep the loop alive.
private final class LoopCore: @unchecked Sendable {
    // Unchecked: `client` is touched by the thread only, the rest is locked or never changes.

    enum Work: Sendable {
        case job(UnownedJob, on: SignalingLoop)
        case body(@Sendable () -> Void)
    }
    private struct Queue {
        var work: [Work] = []
        /// Whether the thread waits, or is about to, and must be woken.
        var isAsleep = false
        var isStopped = false
    }
    let poller: DatagramPoller
    private let queue = Mutex(Queue())
    private let thread = Atomic<UInt>(0)
    private var client: (any SignalingLoopClient)?

    init(poller: DatagramPoller) {
        self.poller = poller
    }

    func start() throws(SocketError) {
        let core = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                svetlana_name_thread("svetlana-sip")
                Unmanaged<LoopCore>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            },
            core.toOpaque()
        )
        guard status == 0 else {
            core.release()
            throw SocketError(operation: "start the signaling thread", code: status)
        }
        pthread_detach(thread)
    }

    var isCurrent: Bool { self.thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    func add(_ work: Work) {
        let wakes = self.queue.withLock { queue in
            queue.work.append(work)
            defer { queue.isAsleep = false }
            return queue.isAsleep
        }
        if wakes { self.poller.wake() }
    }

    func stop() {
        let wakes = self.queue.withLock { queue in
            queue.isStopped = true
            defer { queue.isAsleep = false }
            return queue.isAsleep
        }
        if wakes { self.poller.wake() }
    }

    func attach(_ client: any SignalingLoopClient, descriptor: Int32) {
        self.client = client
        self.poller.add(descriptor, tag: 0)
    }

    func detach(descriptor: Int32) {
        self.poller.remove(descriptor)
        self.client = nil
    }

    private func run() {
        self.thread.store(UInt(pthread_self()), ordering: .relaxed)
        var tags = [UInt64](repeating: 0, count: 8)
        var batch: [Work] = []
        while true {
            let (sleeps, ends) = self.queue.withLock { queue in
                queue.isAsleep = queue.work.isEmpty && !queue.isStopped
                return (queue.isAsleep, queue.work.isEmpty && queue.isStopped)
            }
            if ends { break }
            self.poller.wait(tags: &tags, sleeps: sleeps) { readiness in
                switch readiness {
                case .clock: self.client?.handleTimer()
                case .socket: self.client?.handleReadiness()
                case .command: break
                }
            }
            // What one piece of work causes is done before the next wait, but no work keeps the socket waiting for ever.
            for _ in 0..<Self.batches {
                self.queue.withLock { queue in
                    queue.isAsleep = false
                    swap(&queue.work, &batch)
                }
                if batch.isEmpty { break }
                for work in batch {
                    switch work {
                    case .job(let job, on: let loop): job.runSynchronously(on: loop.asUnownedTaskExecutor())
                    case .body(let body): body()
                    }
                }
                batch.removeAll(keepingCapacity: true)
            }
            self.client?.settle()
        }
    }

    private static let batches = 16
}
