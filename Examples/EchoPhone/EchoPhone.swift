// A phone that says back what it hears: swift run EchoPhone sip:200@192.0.2.10 AUTH-ID PASSWORD
import CallCore
import CoreTypes
import Foundation
import SIPCore
import Telephony

@main
struct EchoPhone {
    static func main() async {
        let words = CommandLine.arguments
        guard words.count == 4, let address = SIPURI(words[1]) else {
            return fail("usage: EchoPhone URI AUTH-ID PASSWORD, such as EchoPhone sip:200@192.0.2.10 200 secret")
        }
        let home = Identity(
            addressOfRecord: address,
            credentials: DigestCredentials(username: words[2], password: words[3]),
            registration: .enabled(expires: .seconds(60))
        )
        do {
            let agent = try UserAgent(UserAgentConfiguration(transport: .udp(port: 0), identities: [home]))
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { try await agent.run() }
                group.addTask { try await watch(agent) }
                try await agent.serve { incoming in
                    try await incoming.answer { call in
                        for await frame in call.audio.inbound { try await call.audio.outbound.write(frame) }
                    }
                }
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Says what becomes of the registration. A phone that the PBX never knew rings nowhere, and ends; one that was registered
    /// waits for a PBX that restarts.
    static func watch(_ agent: UserAgent) async throws {
        var wasRegistered = false
        for await event in agent.events {
            switch event {
            case .registered(_, let granted, _):
                wasRegistered = true
                print("registered for \(granted.components.seconds) s; call it")
            case .registrationFailed(_, let failure, let retryAfter):
                guard wasRegistered, let retryAfter else { throw NotRegistered(why: failure) }
                print("not registered: \(failure); trying again in \(retryAfter.components.seconds) s")
            default: break
            }
        }
    }

    static func fail(_ text: String) {
        FileHandle.standardError.write(Data("EchoPhone: \(text)\n".utf8))
        exit(1)
    }
}

/// Why the phone cannot be called.
struct NotRegistered: Error, CustomStringConvertible {
    let why: RegistrationFailure
    var description: String { "not registered: \(self.why)" }
}
