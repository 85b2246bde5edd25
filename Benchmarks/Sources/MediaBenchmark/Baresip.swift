import BenchmarkKit
import Foundation

/// Debian's baresip as an echo without sound hardware.
///
/// Every leg is an account of its own that answers at once and whose source and player are one device of its `aubridge`:
/// what is heard is what is said. Its `echo` application answers too, but puts all calls on one device.
enum Baresip {
    /// How its audio is set up.
    enum Setup: String, Encodable {
        /// Sound at 16 kHz like ours, and Opus as we encode it: a voice in one channel of 16 kHz, 24 kbit/s, complexity 5.
        case likeOurs
        /// By the values of the configuration that Debian ships: Opus at 48 kHz, 28 kbit/s and libopus's best complexity.
        case asShipped

        fileprivate var configuration: String {
            switch self {
            case .likeOurs:
                """
                ausrc_srate 16000
                auplay_srate 16000
                opus_samplerate 16000
                opus_bitrate 24000
                opus_complexity 5
                opus_application voip
                opus_stereo no
                opus_sprop_stereo no
                """
            case .asShipped: "opus_bitrate 28000"
            }
        }

        fileprivate func codec(_ speech: Speech) -> String {
            switch (speech, self) {
            case (.pcmu, _): "PCMU/8000/1"
            case (.g722, _): "G722/16000/1"
            case (.opus, .likeOurs): "opus/16000/2"
            case (.opus, .asShipped): "opus/48000/2"
            }
        }
    }

    /// Where it is called.
    static let port = 5_062

    static var isThere: Bool {
        FileManager.default.fileExists(atPath: "/usr/bin/baresip")
            && FileManager.default.fileExists(atPath: "\(Self.modules)/aubridge.so")
    }

    /// Starts it on one processor; it ends when we do.
    static func start(_ speech: Speech, _ setup: Setup, legs: Int, processor: Int) throws -> ChildProcess {
        let folder = ".build/media/baresip"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.configuration(setup, legs: legs).write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        let accounts = (0..<legs).map { leg in
            "<sip:echo\(leg)@127.0.0.1>;regint=0;answermode=auto;audio_source=aubridge,e\(leg)"
                + ";audio_player=aubridge,e\(leg);audio_codecs=\(setup.codec(speech));ptime=20"
        }
        try (accounts.joined(separator: "\n") + "\n")
            .write(toFile: "\(folder)/accounts", atomically: true, encoding: .utf8)
        let log = "\(folder)/log"
        let child = try ChildProcess(
            "/usr/bin/setpriv",
            ["--pdeathsig", "KILL", "taskset", "-c", "\(processor)", "baresip", "-f", folder],
            logs: log
        )
        let end = Date(timeIntervalSinceNow: 20)
        while (try? String(contentsOfFile: log, encoding: .utf8))?.contains("baresip is ready") != true {
            guard Date() < end else {
                child.stop(kills: true)
                throw WrongResult("baresip does not start; see \(log)")
            }
            usleep(50_000)
        }
        return child
    }

    private static let modules = "/usr/lib/baresip/modules"

    /// The modules and limits that the measurement wants, and what the setup says.
    private static func configuration(_ setup: Setup, legs: Int) -> String {
        """
        poll_method epoll
        sip_listen 127.0.0.1:\(Self.port)
        call_max_calls \(legs + 10)
        module_path \(Self.modules)
        module g711.so
        module g722.so
        module opus.so
        module aubridge.so
        module_tmp account.so
        audio_player aubridge,nil
        audio_source aubridge,nil
        audio_alert aubridge,nil
        audio_buffer 20-160
        audio_level no
        rtp_ports 10000-32767
        rtp_tos 184
        \(setup.configuration)

        """
    }
}
