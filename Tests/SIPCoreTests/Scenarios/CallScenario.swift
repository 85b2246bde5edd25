import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// Whole calls between two telephones: set up, answered or refused, ended by either end or by both at once.
    static let calls = Scenario(
        "calls",
        hosts: [Host("alice", .telephone), Host("bob", .telephone)],
        calls: Calls(count: 1),
        expectation: .callsAnswered,
        limit: .seconds(500)
    )
}
