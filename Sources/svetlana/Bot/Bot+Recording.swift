import AudioCore
import Foundation
import Logging
import Telephony

/// Keeping calls.
extension Bot {
    /// Writes a recording as a stereo WAV: the caller left, the bot right. Nobody else on the machine may read it.
    func keep(_ recorder: CallRecorder?, _ logger: Logger) {
        guard let recorder, let directory = self.configuration.recording.directory else { return }
        let name = "call-\(Int(Date().timeIntervalSince1970))-\(UUID().uuidString.prefix(8).lowercased()).wav"
        do {
            try PrivateFiles.makeFolder(directory)
            let bytes = WAVWriter.stereo(left: recorder.inbound, right: recorder.outbound)
            try PrivateFiles.write(bytes, to: directory + "/" + name)
        } catch {
            logger.error("the recording was not kept: \(error)", metadata: ["directory": "\(directory)"])
        }
    }
}
