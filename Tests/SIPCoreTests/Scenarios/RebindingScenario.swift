import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// A client behind a NAT of any kind whose mappings change once: what is sent afterwards is answered.
    static let rebinding = Scenario(
        "rebinding",
        hosts: [
            Host("client", .user(Answers()), isBehindNAT: true), Host("server", .user(Answers())),
        ],
        traffic: [
            Traffic([.options, .invite], count: 1),
            Traffic([.options, .message, .invite], count: 1, within: .seconds(20)),
        ],
        disturbances: [.rebinding(within: .seconds(8))],
        limit: .seconds(400)
    )
}
