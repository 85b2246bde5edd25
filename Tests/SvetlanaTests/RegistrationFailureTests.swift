import CoreTypes
import Logging
import Synchronization
import Testing
import VoiceProviders

@testable import CallCore
@testable import svetlana

/// What a failed registration is called, and what a program does about it.
@Suite struct RegistrationFailureTests {
    private static let all: [RegistrationFailure] = [
        .wrongCredentials, .staleNonces, .challengeLoop, .credentialsMissing, .foreignRealm("r"), .unsupportedChallenge,
        .rejected(status: 403, reason: "Forbidden"), .rejected(status: 404, reason: "Not Found"),
        .rejected(status: 500, reason: "Oops"), .notGranted, .timeout, .transport,
    ]

    @Test func `every reason has its own words`() {
        #expect(Set(Self.all.map(\.explanation)).count == Self.all.count)
        #expect(RegistrationFailure.staleNonces.explanation.contains("the password is right"))
        #expect(RegistrationFailure.foreignRealm("r").explanation.contains("sip.realm"))
    }

    @Test func `a full extension is hinted at where the answer may mean it`() {
        #expect(RegistrationFailure.rejected(status: 403, reason: "Forbidden").explanation.contains("another device"))
        #expect(!RegistrationFailure.rejected(status: 404, reason: "Not Found").explanation.contains("another device"))
    }

    @Test func `only what the password can be to blame for has its exit code`() {
        #expect(RegistrationFailure.wrongCredentials.exitStatus == .wrongCredentials)
        for passing in [RegistrationFailure.staleNonces, .challengeLoop, .notGranted, .timeout, .transport] {
            #expect(passing.exitStatus == .noResponse)
        }
    }

    private func judge(_ failure: RegistrationFailure) -> (ProbeResult, svetlana.ExitStatus) {
        CheckCommand.judge(.registrationFailed(IdentityID(index: 0), failure, retryAfter: nil))
    }

    @Test func `check asks and says what is held`() throws {
        let none = CheckCommand.judge(.bindings(IdentityID(index: 0), contacts: []))
        #expect(none.0.ok && none.0.advice == nil && none.0.found.contains("nothing was bound"))
        #expect(self.judge(.wrongCredentials).1 == .wrongCredentials)
        #expect(!self.judge(.wrongCredentials).0.ok)
        // A PBX that answers no question proves nothing, and is no failure.
        let mute = self.judge(.rejected(status: 400, reason: "Missing Contact Header"))
        #expect(mute.0.ok && mute.0.found.contains("not proven"))
        #expect(!CheckCommand.judge(nil).0.ok)
    }

    @Test func `a name without an address is waited for`() async {
        let tries = Mutex(0)
        let waits = Mutex<[Duration]>([])
        struct NoAddress: Error {}
        let lookup = PBXLookup(
            host: "pbx.example",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            resolve: { _ in
                let count = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                if count <= 7 { throw NoAddress() }
            },
            sleep: { wait in waits.withLock { $0.append(wait) } }
        )
        await lookup.untilFound()
        #expect(waits.withLock { $0 } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test func `several realms may be given`() throws {
        let list = try BotConfiguration.parse("sip: {realm: [a, \"b, c\"]}") { _ in "" }
        #expect(list.sip.realms == ["a", "b, c"])
        // A variable is one realm, commas and all.
        let environment = ["SVETLANA_SIP_REALM": "3CX Phone, System"]
        let one = try BotConfiguration.parse("log: {level: info}", environment: environment) { _ in "" }
        #expect(one.sip.realms == ["3CX Phone, System"])
    }
}
