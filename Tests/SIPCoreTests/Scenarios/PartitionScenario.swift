import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// A path that is cut for up to forty seconds, one way or both, and heals.
    static let partition = Scenario(
        "partition",
        hosts: [Host("caller", .user(Answers())), Host("callee", .user(Answers()))],
        traffic: [Traffic([.invite, .options, .message], count: 2, within: .seconds(20), canceled: 0.3)],
        disturbances: [.partition(0, 1, within: .seconds(10), longest: .seconds(40))],
        limit: .seconds(400)
    )
}
