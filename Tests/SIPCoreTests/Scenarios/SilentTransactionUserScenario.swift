import CoreTypes
import SIPCore
import TelephonyTestKit

extension Scenario {
    /// An owner that never answers anything: the endpoint does, with 500, or 487 after a CANCEL.
    static let silentTransactionUser = Scenario(
        "silent-owner",
        hosts: [Host("caller", .user(Answers())), Host("silent", .user(Answers(silence: 1)))],
        traffic: [Traffic([.invite, .invite, .options], count: 2, canceled: 0.5)],
        limit: .seconds(400)
    )
}
