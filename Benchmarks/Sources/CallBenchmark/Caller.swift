import BenchmarkKit
import Foundation

/// sipp as who calls: INVITE, 200, ACK, a pause, BYE.
enum Caller {
    /// Starts so many calls a second until there were `calls`, each `pause` milliseconds long.
    static func start(
        _ answerer: Answerer,
        calls: Int,
        rate: Int,
        pause: Int,
        withAudio: Bool,
        port: Int,
        log: String
    ) throws -> ChildProcess {
        // What it hears it says again, so that audio runs both ways.
        let scenario = withAudio ? ["-sn", "uac", "-rtp_echo"] : ["-sf", "Calls/inactive.xml"]
        return try ChildProcess(
            "/usr/bin/setpriv",
            ["--pdeathsig", "KILL", "sipp"] + scenario + [
                "127.0.0.1:\(answerer.port)", "-s", "service", "-i", "127.0.0.1", "-p", "\(port)",
                "-r", "\(rate)", "-m", "\(calls)", "-l", "\(calls)", "-d", "\(pause)",
                "-mp", "\(withAudio ? 34_000 : 36_000)", "-nostdin", "-recv_timeout", "20000",
            ],
            logs: log
        )
    }
}
