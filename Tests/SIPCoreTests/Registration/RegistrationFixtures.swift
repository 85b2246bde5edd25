import CoreTypes
import Testing

@testable import SIPCore

extension [Registration.Action] {
    var requests: [SIPMessageBuilder] {
        self.compactMap { action in
            if case .sendRegister(let request, _) = action { request } else { nil }
        }
    }

    func request() throws -> SIPMessageBuilder { try #require(self.requests.first) }

    /// In a form that a test compares: "REGISTER 2", "registered 60 1", "failed …", "unregistered", "bindings 1".
    var brief: [String] {
        self.map { action in
            switch action {
            case .sendRegister(let request, _): "REGISTER \(request.first(.cSeq)?.prefix { $0 != " " } ?? "?")"
            case .event(.registered(let granted, let contacts)):
                "registered \(granted.components.seconds) \(contacts.count)"
            case .event(.failed(let reason, _)): "failed \(reason)"
            case .event(.unregistered): "unregistered"
            case .event(.bindings(let contacts)): "bindings \(contacts.count)"
            }
        }
    }
}
