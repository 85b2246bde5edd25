import Foundation

/// Threads for tasks that compute: every conversation runs here, with all that it starts.
///
/// Swift's own pool has a thread a processor. Finding speech in a hundred calls and converting their voices would take
/// all of them, and whoever only wants to know how the bot is would wait for seconds.
final class WorkThreads: TaskExecutor {
    /// Where conversations run, and what else takes long.
    static let conversations = WorkThreads(
        name: "svetlana-talk",
        count: max(ProcessInfo.processInfo.activeProcessorCount, 2)
    )

    private let queue = Queue()

    /// Starts threads, which live as long as the process.
    init(name: String, count: Int) {
        for _ in 0..<max(count, 1) {
            let thread = Thread {
                // Here, for only a thread that runs takes a name.
                Thread.current.name = name
                while true { self.queue.take().runSynchronously(on: self.asUnownedTaskExecutor()) }
            }
            thread.start()
        }
    }

    /// Takes a job of a task that prefers these threads.
    func enqueue(_ job: consuming ExecutorJob) {
        self.queue.add(UnownedJob(job))
    }

    /// Runs something here with all the child tasks that it starts; it is canceled with the task that waits for it.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        // A task of its own: one that only changes what it prefers may go on where it is.
        let task = Task(executorPreference: self.conversations) { await body() }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Jobs in the order in which they came.
    private final class Queue: @unchecked Sendable {
        private let condition = NSCondition()
        // Unchecked: an NSCondition is no Mutex, which the compiler would check. Both are guarded by `condition`; what is
        // before `first` has been taken.
        private var jobs: [UnownedJob] = []
        private var first = 0

        func add(_ job: UnownedJob) {
            self.condition.lock()
            self.jobs.append(job)
            self.condition.signal()
            self.condition.unlock()
        }

        func take() -> UnownedJob {
            self.condition.lock()
            defer { self.condition.unlock() }
            while self.first == self.jobs.count { self.condition.wait() }
            let job = self.jobs[self.first]
            self.first += 1
            if self.first == self.jobs.count {
                self.jobs.removeAll(keepingCapacity: true)
                self.first = 0
            } else if self.first >= 1_024 {
                self.jobs.removeFirst(self.first)
                self.first = 0
            }
            return job
        }
    }
}
