import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// A registration with 407, 423, stale nonces and refreshes, that is removed in the end.
    static let registration = Scenario(
        "registration",
        hosts: [
            Host("phone", .registrant(at: 1, expires: .seconds(30), until: .seconds(200))),
            Host("registrar", .registrar(.init(minimumExpires: .seconds(60)))),
        ],
        expectation: .bound,
        limit: .seconds(600)
    )
}
