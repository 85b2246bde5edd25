import CoreTypes
import Foundation
import Logging
import SIPCore
import SIPDiagnostics
import Synchronization
import Testing

@testable import CallCore
@testable import svetlana

/// What a failed registration is called, and what a program does about it.
@Suite struct RegistrationFailureTests {
    private static let all: [RegistrationFailure] = [
        .wrongCredentials, .staleNonces, .challengeLoop, .credentialsMissing, .foreignRealm("r"), .unsupportedChallenge,
        .rejected(status: 403, reason: "Forbidden"), .rejected(status: 404, reason: "Not Found"),
        .rejected(status: 500, reason: "Oops"), .notGranted, .timeout, .transport(TransportFault(.other)),
    ]

    private static func diagnosis(_ failure: RegistrationFailure, id: String? = "Xq3") -> Diagnosis {
        var sip = SIPSettings()
        sip.extension = "200"
        sip.authenticationID = id
        return RegistrationDiagnosis(sip: sip, peer: "192.0.2.1:5060")(failure)
    }

    @Test func `every reason has its own words`() {
        #expect(Set(Self.all.map { Self.diagnosis($0).summary }).count == Self.all.count)
        #expect(Self.all.allSatisfy { !Self.diagnosis($0).advice.isEmpty })
        #expect(Self.diagnosis(.staleNonces).summary.contains("the password is right"))
        #expect(Self.diagnosis(.foreignRealm("r")).summary.contains("sip.realm"))
        #expect(Self.diagnosis(.timeout).advice.contains { $0.contains("blacklisted this address") })
    }

    @Test func `a full extension is hinted at where the answer may mean it`() {
        let forbidden = Self.diagnosis(.rejected(status: 403, reason: "Forbidden"))
        #expect(forbidden.advice.contains { $0.contains("another device") })
        let missing = Self.diagnosis(.rejected(status: 404, reason: "Not Found"))
        #expect(!missing.advice.contains { $0.contains("another device") })
    }

    @Test(arguments: [RegistrationFailure.wrongCredentials, .rejected(status: 403, reason: "Forbidden")])
    func `the extension in place of the ID is named`(failure: RegistrationFailure) {
        for id in [nil, "200"] {
            let diagnosis = Self.diagnosis(failure, id: id)
            #expect(diagnosis.summary.contains("'200' is the extension"))
            #expect(diagnosis.advice.first?.hasPrefix("set sip.auth_id") == true)
        }
        #expect(!Self.diagnosis(failure).summary.contains("is the extension, which"))
    }

    @Test func `a refused port is a wrong port, and no other error is one`() {
        let diagnosis = RegistrationDiagnosis(sip: SIPSettings(), peer: "192.0.2.1:5060")
        #expect(diagnosis.refused(TransportFault(.portClosed)).summary.contains("wrong port: UDP 192.0.2.1:5060"))
        #expect(diagnosis.refused(TransportFault(.portClosed)).advice.first?.contains("sip.pbx") == true)
        #expect(!diagnosis.refused(TransportFault(.hostUnreachable)).summary.contains("wrong port"))
        #expect(!diagnosis.refused(TransportFault(.portClosed), hasResponded: true).summary.contains("wrong port"))
    }

    @Test func `only what the password can be to blame for has its exit code`() {
        #expect(RegistrationFailure.wrongCredentials.exitStatus == .wrongCredentials)
        for passing in [
            RegistrationFailure.staleNonces, .challengeLoop, .notGranted, .timeout, .transport(TransportFault(.other)),
        ] {
            #expect(passing.exitStatus == .noResponse)
        }
    }

    @Test func `what is not there yet is waited for, and what is waited for is told`() async {
        let tries = Mutex(0)
        let waits = Mutex<[Duration]>([])
        let told = Mutex<[String]>([])
        struct NoAddress: Error, CustomStringConvertible { let description = "the name has no address" }
        let found = PBXLookup.Found(peer: TransportAddress(host: .v4(0xC000_0201), port: 5_060))
        let lookup = PBXLookup(
            pbx: "pbx.example",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onWait: { why in told.withLock { $0.append(why) } },
            resolve: {
                let count = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                if count <= 7 { throw NoAddress() }
                return found
            },
            sleep: { wait in waits.withLock { $0.append(wait) } }
        )
        #expect(await lookup.untilFound() == found)
        #expect(waits.withLock { $0 } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(told.withLock { $0 } == Array(repeating: "the name has no address", count: 7))
    }

    @Test func `an address that this machine does not have yet is waited for too`() async throws {
        var sip = SIPSettings()
        sip.localAddress = "192.0.2.77"
        await #expect(throws: AbsentAddress.self) { try await PBXLookup.find(sip) }
        sip.localAddress = "127.0.0.1"
        #expect(try await PBXLookup.find(sip).source == IPAddress("127.0.0.1"))
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
