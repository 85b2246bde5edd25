import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// INVITEs that ring, and are answered or refused; a 2xx is repeated until its ACK comes.
    static let invite = Scenario(
        "invite",
        hosts: [Host("caller", .user(Answers())), Host("callee", .user(Answers(within: .seconds(6))))],
        traffic: [Traffic([.invite], count: 2)],
        limit: .seconds(300)
    )
}
