import CallCore
import CoreTypes
import Foundation
import Telephony

// Answers every call and gives back what it hears: EchoPhone's handler, without an account.
// Says "ready" when its socket is bound, and ends when its input does.

let words = CommandLine.arguments
guard words.count == 3, let port = UInt16(words[1]), let calls = Int(words[2]), calls > 0 else {
    FileHandle.standardError.write(Data("usage: CallAgent PORT CALLS\n".utf8))
    exit(2)
}

// Each call has a socket for RTP and one for RTCP.
var limit = rlimit()
getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
limit.rlim_cur = limit.rlim_max
setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)

var configuration = UserAgentConfiguration(
    transport: .udp(host: .v4(0x7F00_0001), port: port),
    peers: [.v4(0x7F00_0001)],
    rtpPorts: 10_000...32_767
)
configuration.maximumCalls = calls
let agent = try UserAgent(configuration)
try await agent.start()
let serving = Task {
    try await agent.serve { incoming in
        try await incoming.answer { call in
            for await frame in call.audio.inbound { try await call.audio.outbound.write(frame) }
        }
    }
}
FileHandle.standardOutput.write(Data("ready\n".utf8))
// Blocks a thread that nothing else needs, so that the end of the input is seen.
await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
    Thread.detachNewThread {
        while readLine() != nil {}
        done.resume()
    }
}
serving.cancel()
await agent.stop()
