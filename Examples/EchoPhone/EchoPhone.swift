// A phone that answers and says back what it hears: register, answer, echo.
// SIP_PBX=192.0.2.10 SIP_EXTENSION=200 SIP_AUTH_ID=auth200 SIP_PASSWORD=… swift run EchoPhone
import CallCore
import Foundation
import SIPCore
import Telephony

@main
struct EchoPhone {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let home = Identity(
            addressOfRecord: SIPURI(
                user: environment["SIP_EXTENSION"] ?? "200",
                host: environment["SIP_PBX"] ?? "127.0.0.1",
                port: environment["SIP_PBX_PORT"].flatMap { UInt16($0) }
            ),
            credentials: DigestCredentials(
                username: environment["SIP_AUTH_ID"] ?? "auth200",
                password: environment["SIP_PASSWORD"] ?? ""
            ),
            registration: .enabled(expires: .seconds(60))
        )
        let port = environment["SIP_PORT"].flatMap { UInt16($0) } ?? 5060
        let agent = try UserAgent(UserAgentConfiguration(transport: .udp(port: port), identities: [home]))
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
