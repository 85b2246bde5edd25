import BenchmarkKit
import Foundation

/// What is to be heard in a call.
enum CallAudio: String, Codable, CaseIterable {
    /// Nothing: the offer is inactive.
    case none
    /// What the answerer says; sipp's standard caller hears it and says nothing.
    case oneWay = "one way"
    /// The caller says again what it hears.
    case bothWays = "both ways"
}

/// sipp as who calls: INVITE, 200, ACK, a pause, BYE.
enum Caller {
    /// Starts so many calls a second until there were `calls`, each `pause` milliseconds long.
    static func start(
        _ answerer: Answerer,
        calls: Int,
        rate: Int,
        pause: Int,
        audio: CallAudio,
        port: Int,
        mediaPort: Int,
        log: String
    ) throws -> ChildProcess {
        let scenario =
            switch audio {
            case .none: ["-sf", "Calls/inactive.xml"]
            case .oneWay: ["-sn", "uac"]
            case .bothWays: ["-sn", "uac", "-rtp_echo"]
            }
        return try ChildProcess(
            "/usr/bin/setpriv",
            ["--pdeathsig", "KILL", "sipp"] + scenario + [
                "127.0.0.1:\(answerer.port)", "-s", "service", "-i", "127.0.0.1", "-p", "\(port)",
                "-r", "\(rate)", "-m", "\(calls)", "-l", "\(calls)", "-d", "\(pause)",
                "-mp", "\(mediaPort)", "-nostdin", "-recv_timeout", "20000",
            ],
            logs: log
        )
    }
}
