import CLinux
import CoreTypes
import Glibc
import Synchronization

/// The thread that writes the recordings of all calls: it may wait for a disk, as no media thread may.
///
/// It looks five times a second while something is recorded, and sleeps otherwise; only the beginning and the end of a
/// recording wake it.
final class RecordingWriter: Sendable {
    private struct State {
        var recorders: [CallRecorder] = []
    }
    private let poller: DatagramPoller
    private let state = Mutex(State())
    private static let started = Mutex<RecordingWriter?>(nil)

    /// The one of this process, which is started when it is first needed.
    ///
    /// - Throws: ``SocketError`` when the system has no more descriptors or threads.
    static func shared() throws(SocketError) -> RecordingWriter {
        try self.started.withLock { writer throws(SocketError) -> RecordingWriter in
            if let writer { return writer }
            let started = try RecordingWriter()
            writer = started
            return started
        }
    }

    private init() throws(SocketError) {
        self.poller = try DatagramPoller()
        let start = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                svetlana_name_thread("svetlana-record")
                Unmanaged<RecordingWriter>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            start.release()
            throw SocketError(operation: "start the recording thread", code: status)
        }
        pthread_detach(thread)
    }

    /// Takes care of a recording until it is over.
    func add(_ recorder: CallRecorder) {
        self.state.withLock { $0.recorders.append(recorder) }
        self.wake()
    }

    /// Has a look now.
    func wake() {
        self.poller.wake()
    }

    private func run() {
        var tags = [UInt64](repeating: 0, count: 4)
        while true {
            self.poller.wait(tags: &tags) { _ in }
            let over = self.state.withLock { $0.recorders }.filter { $0.drain() }
            let isIdle = self.state.withLock { state in
                state.recorders.removeAll { recorder in over.contains { $0 === recorder } }
                return state.recorders.isEmpty
            }
            self.poller.arm(isIdle ? nil : DatagramPoller.now + RecordingWriter.interval)
        }
    }

    private static let interval = Duration.milliseconds(200)
}
