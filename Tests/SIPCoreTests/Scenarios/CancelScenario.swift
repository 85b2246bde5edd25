import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// CANCELs at any instant: before the INVITE arrives, while it rings, together with its final answer, and after it.
    static let cancel = Scenario(
        "cancel",
        hosts: [Host("caller", .user(Answers())), Host("callee", .user(Answers(within: .seconds(4))))],
        traffic: [Traffic([.invite], count: 2, canceled: 1)],
        limit: .seconds(300)
    )
}
