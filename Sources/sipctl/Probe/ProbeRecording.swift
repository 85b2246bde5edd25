import AudioCore
import Glibc
import Synchronization
import Telephony

/// What a probe keeps of a call: how loud the other side was, and the file, where one was requested.
final class ProbeRecording: RecordingSink {
    /// The level of what was heard, which the probe reads when the recording is over.
    final class Heard: Sendable {
        private let meter = Mutex(LevelMeter())

        var level: LevelMeter { self.meter.withLock { $0 } }

        fileprivate func add(_ samples: Span<Int16>) {
            self.meter.withLock { $0.add(samples) }
        }
    }

    private let heard: Heard
    private let file: WAVRecording?

    /// Records into `file`, in place of one that is there.
    init(_ heard: Heard, file: String?) {
        self.heard = heard
        self.file = file.map { path in
            WAVRecording(path: path) { path throws(RecordingError) in
                let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw RecordingError.system(operation: path, code: errno) }
                return descriptor
            }
        }
    }

    func write(inbound: Span<Int16>, outbound: Span<Int16>, sampleRate: Int) throws(RecordingError) {
        self.heard.add(inbound)
        try self.file?.write(inbound: inbound, outbound: outbound, sampleRate: sampleRate)
    }

    func finish() throws(RecordingError) {
        try self.file?.finish()
    }

    func discard() {
        self.file?.discard()
    }
}
