import BenchmarkKit
import Foundation

/// Who answers calls.
enum Answerer: String, CaseIterable, Codable {
    /// An agent of ours with EchoPhone's handler: sockets, a media thread, and every call's audio given back.
    case ours
    /// sipp's own scenario `uas`: no media at all, and the measure of the others.
    case sipp
    /// Debian's baresip, which answers by itself and gives back what it hears.
    case baresip

    /// What the table calls it.
    var title: String {
        switch self {
        case .ours: "Svetlana"
        case .sipp: "sipp's answerer (no media)"
        case .baresip: "baresip"
        }
    }

    /// Where it is called.
    var port: Int {
        switch self {
        case .ours: 5_081
        case .sipp: 5_082
        case .baresip: 5_083
        }
    }

    /// Starts it for that many calls at once, and waits until it can be called.
    func start(calls: Int, folder: String) throws -> ChildProcess {
        let log = "\(folder)/\(self.rawValue).log"
        let bound = ["--pdeathsig", "KILL"]
        switch self {
        case .ours:
            let child = try ChildProcess(
                "/usr/bin/setpriv",
                bound + [".build/release/CallAgent", "\(self.port)", "\(calls)"]
            )
            guard try child.line(within: 20) == "ready" else { throw WrongResult("CallAgent does not start") }
            return child
        case .sipp:
            let child = try ChildProcess(
                "/usr/bin/setpriv",
                bound + ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "\(self.port)", "-nostdin", "-mp", "20000"],
                logs: log
            )
            usleep(500_000)
            return child
        case .baresip:
            return try self.startBaresip(calls: calls, folder: folder, log: log)
        }
    }

    private func startBaresip(calls: Int, folder: String, log: String) throws -> ChildProcess {
        let settings = """
            poll_method epoll
            sip_listen 127.0.0.1:\(self.port)
            call_max_calls \(calls)
            module_path /usr/lib/baresip/modules
            module g711.so
            module aubridge.so
            module_tmp account.so
            audio_player aubridge,nil
            audio_source aubridge,nil
            audio_alert aubridge,nil
            rtp_ports 10000-32767

            """
        try settings.write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        let account =
            "<sip:service@127.0.0.1>;regint=0;answermode=auto;audio_source=aubridge,e;audio_player=aubridge,e\n"
        try account.write(toFile: "\(folder)/accounts", atomically: true, encoding: .utf8)
        let child = try ChildProcess(
            "/usr/bin/setpriv",
            ["--pdeathsig", "KILL", "baresip", "-f", folder],
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
}
