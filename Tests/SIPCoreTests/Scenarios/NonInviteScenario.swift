import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// Requests other than INVITE, answered at once or late, or not at all.
    static let nonInvite = Scenario(
        "non-invite",
        hosts: [
            Host("client", .user(Answers())),
            Host("server", .user(Answers(within: .seconds(8), silence: 0.1))),
        ],
        traffic: [Traffic([.options, .message, .info], count: 2)]
    )
}
