import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// More requests than either table takes: 503 from the server, and a failure that is told at once at the client.
    static let overload = Scenario(
        "overload",
        hosts: [
            Host("client", .user(Answers()), limits: (server: 10, client: 4)),
            Host("server", .user(Answers(within: .seconds(1))), limits: (server: 2, client: 10)),
        ],
        traffic: [Traffic([.options, .invite], count: 6, within: .seconds(1))],
        expectation: .bound,
        limit: .seconds(300)
    )
}
