import Foundation
import Logging
import Telephony

/// Keeping calls.
extension Bot {
    /// A recorder when the configuration wants calls kept: a stereo WAV, the caller left, the bot right, that is written while the
    /// call goes on. Nobody else on the machine may read it.
    func makeRecorder(_ logger: Logger) -> CallRecorder? {
        guard let directory = self.configuration.recording.directory else { return nil }
        let name = "call-\(Int(Date().timeIntervalSince1970))-\(UUID().uuidString.prefix(8).lowercased()).wav"
        let file = WAVRecording(path: directory + "/" + name) { path in
            try PrivateFiles.makeFolder(directory)
            return try PrivateFiles.create(path)
        }
        return CallRecorder(to: file) { failure in
            logger.error("the recording ended early: \(failure)", metadata: ["directory": "\(directory)"])
        }
    }
}
