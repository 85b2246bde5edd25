import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// Everything over a stream, in pieces, with a connection that breaks once.
    static let stream = Scenario(
        "stream",
        hosts: [
            Host("caller", .user(Answers()), transport: .tcp),
            Host("callee", .user(Answers(silence: 0.1)), transport: .tcp),
        ],
        traffic: [Traffic([.invite, .options, .message], count: 2, within: .seconds(8), canceled: 0.3)],
        disturbances: [.brokenConnection(0, 1, within: .seconds(8))],
        limit: .seconds(700)
    )
}
