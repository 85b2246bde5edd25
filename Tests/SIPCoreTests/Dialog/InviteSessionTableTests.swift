import CoreTypes
import Testing

@testable import SIPCore

@Suite("The machine of a session as a table")
struct InviteSessionTableTests {
    typealias State = InviteSession.State
    typealias Input = InviteSession.Input

    /// Every transition; what is not listed has no effect.
    static let table: [State: [Input: State]] = [
        .idle: [.start: .calling, .hangUp: .ended],
        .calling: [
            .provisional: .proceeding, .success: .confirmed, .lateOffer: .answered, .challenge: .challenged,
            .refusal: .ended, .failure: .ended, .hangUp: .cancelling,
        ],
        .proceeding: [
            .provisional: .proceeding, .success: .confirmed, .lateOffer: .answered, .challenge: .challenged,
            .refusal: .ended, .failure: .ended, .hangUp: .cancelling,
        ],
        .challenged: [.restart: .calling, .refusal: .ended, .hangUp: .ended],
        .cancelling: [
            .provisional: .cancelling, .success: .ending, .lateOffer: .ending, .challenge: .ended, .refusal: .ended,
            .failure: .ended, .limit: .ended,
        ],
        .answered: [.acknowledge: .confirmed, .hangUp: .ending, .dialogLoss: .ending, .remoteBye: .ended],
        .incoming: [
            .ring: .ringing, .accept: .accepted, .reject: .ended, .withdrawal: .ended, .hangUp: .ended,
            .remoteBye: .ended,
        ],
        .ringing: [
            .ring: .ringing, .accept: .accepted, .reject: .ended, .withdrawal: .ended, .hangUp: .ended,
            .remoteBye: .ended,
        ],
        .accepted: [
            .acknowledgment: .confirmed, .unacknowledged: .ending, .dialogLoss: .ending, .hangUp: .releasing,
            .remoteBye: .ended,
        ],
        .releasing: [
            .acknowledgment: .ending, .unacknowledged: .ending, .dialogLoss: .ending, .remoteBye: .ended,
        ],
        .confirmed: [.hangUp: .ending, .unacknowledged: .ending, .dialogLoss: .ending, .remoteBye: .ended],
        .ending: [.byeDone: .ended, .remoteBye: .ended, .limit: .ended],
        .ended: [:],
    ]

    @Test(arguments: State.allCases)
    func everyPair(state: State) {
        for input in Input.allCases {
            #expect(state.next(on: input) == Self.table[state]?[input], "\(state) on \(input)")
        }
    }

    @Test func everyStateIsReachedAndEnds() {
        var reached: Set<State> = [.idle, .incoming]
        var open = Array(reached)
        while let state = open.popLast() {
            for next in Input.allCases.compactMap({ state.next(on: $0) }) where reached.insert(next).inserted {
                open.append(next)
            }
        }
        #expect(reached == Set(State.allCases))
        for state in State.allCases where state != .ended {
            #expect(
                Input.allCases.contains {
                    state.next(on: $0) == .ended || state.next(on: $0) == .ending || state.next(on: $0) == .calling
                        || state.next(on: $0) == .confirmed
                }
            )
        }
    }
}
