import Testing

@testable import SIPCore

@Suite("The machine of a registration as a table")
struct RegistrationTableTests {
    typealias State = Registration.State
    typealias Input = Registration.Input

    static let table: [State: [Input: State]] = [
        .idle: [.register: .registering, .unregister: .unregistered, .abandon: .unregistered],
        .registering: [.granted: .registered, .failed: .backingOff, .unregister: .unregistering],
        .registered: [.register: .registering, .unregister: .unregistering],
        .backingOff: [.register: .registering, .unregister: .unregistering, .abandon: .unregistered],
        .unregistering: [.removed: .unregistered],
        .unregistered: [.register: .registering, .unregister: .unregistered, .abandon: .unregistered],
    ]

    @Test(arguments: State.allCases)
    func everyPair(state: State) {
        for input in Input.allCases {
            #expect(state.next(on: input) == Self.table[state]?[input], "\(state) on \(input)")
        }
    }
}
