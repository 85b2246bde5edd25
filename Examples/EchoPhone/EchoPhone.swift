// A phone that says back what it hears: swift run EchoPhone sip:200@192.0.2.10 AUTH-ID PASSWORD
import CallCore
import SIPCore
import Telephony

@main
struct EchoPhone {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4, let address = SIPURI(words[1]) else { return print("EchoPhone URI AUTH-ID PASSWORD") }
        let home = Identity(
            addressOfRecord: address,
            credentials: DigestCredentials(username: words[2], password: words[3]),
            registration: .enabled(expires: .seconds(60))
        )
        let agent = try UserAgent(UserAgentConfiguration(transport: .udp(port: 0), identities: [home]))
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await agent.run() }
            try await agent.serve { incoming in
                try await incoming.answer { call in
                    for await frame in call.audio.inbound { try await call.audio.outbound.write(frame) }
                }
            }
        }
    }
}
