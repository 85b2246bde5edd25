import AudioCore
import Glibc

/// A recording in a stereo WAV file that is written while the call goes on: what was heard left, what was said right.
///
/// The header is brought up to date behind each stretch, so that a file whose program was killed holds all but the last fifth of a
/// second, and says so.
public final class WAVRecording: RecordingSink {
    /// The file.
    public let path: String
    private let open: @Sendable (String) throws -> Int32
    private var descriptor: Int32 = -1
    private var isMade = false
    private var written = 0
    private var sampleRate = 0
    private var bytes: [UInt8] = []

    /// Records into a file that `open` makes when there is something to write, and gives the descriptor of.
    public init(path: String, open: @escaping @Sendable (String) throws -> Int32) {
        self.path = path
        self.open = open
    }

    /// Records into a new file that only this user may read (mode 0600); a file or a link that is there is not touched.
    public convenience init(path: String) {
        self.init(path: path) { path throws(RecordingError) in
            let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw RecordingError.system(operation: path, code: errno) }
            return descriptor
        }
    }

    deinit {
        if self.descriptor >= 0 { close(self.descriptor) }
    }

    /// Appends both sides, as far as both go, and brings the header up to date.
    public func write(inbound: Span<Int16>, outbound: Span<Int16>, sampleRate: Int) throws(RecordingError) {
        if self.descriptor < 0 {
            do {
                self.descriptor = try self.open(self.path)
            } catch {
                throw error as? RecordingError ?? .sink("\(error)")
            }
            self.isMade = true
            self.sampleRate = sampleRate
            try self.writeHeader()
        }
        WAVWriter.interleave(left: inbound, right: outbound, into: &self.bytes)
        try self.write(at: WAVWriter.headerLength + self.written)
        self.written += self.bytes.count
        try self.writeHeader()
    }

    /// Closes the file; it was valid before.
    public func finish() throws(RecordingError) {
        guard self.descriptor >= 0 else { return }
        // What a full disk took of the last stretch is not in the header.
        _ = ftruncate(self.descriptor, WAVWriter.headerLength + self.written)
        let status = close(self.descriptor)
        self.descriptor = -1
        // Some file systems say only now that they had no room.
        guard status == 0 else { throw .system(operation: self.path, code: errno) }
    }

    /// Closes the file and removes it.
    public func discard() {
        if self.descriptor >= 0 { close(self.descriptor) }
        self.descriptor = -1
        if self.isMade { unlink(self.path) }
        self.isMade = false
    }

    private func writeHeader() throws(RecordingError) {
        self.bytes = WAVWriter.header(sampleRate: self.sampleRate, channels: 2, dataBytes: self.written)
        try self.write(at: 0)
    }

    /// Writes `bytes` whole.
    private func write(at place: Int) throws(RecordingError) {
        var offset = 0
        while offset < self.bytes.count {
            let count = self.bytes.withUnsafeBytes { raw in
                pwrite(self.descriptor, raw.baseAddress.map { $0 + offset }, raw.count - offset, place + offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(operation: self.path, code: count == 0 ? ENOSPC : errno) }
            offset += count
        }
    }
}
