import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// A proxy that forks: two callees answer one INVITE with a 2xx each, and one of them gets every request twice.
    static let fork = Scenario(
        "fork",
        hosts: [
            Host("caller", .user(Answers())), Host("proxy", .fork(to: [2, 3, 2])),
            Host("first", .user(Answers([200]))), Host("second", .user(Answers([200, 486]))),
        ],
        traffic: [Traffic([.invite], count: 1), Traffic([.message], count: 1)],
        expectation: .bound,
        limit: .seconds(300)
    )
}
