import CallCore
import CoreTypes
import RTPCore
import Synchronization
import Telephony

/// The calls in progress, by the number that the log and `svetlana status` show, and what failed lately.
final class CallDirectory: Sendable {
    /// A call in progress.
    private struct Entry {
        let direction: CallAccount.Direction
        let party: String
        let began = ContinuousClock.now
        var answered: ContinuousClock.Instant?
        var call: Call?
        var end: @Sendable () -> Void
        var endRequest: CallAccount.EndRequest?
    }
    /// Something that failed, once or more often.
    private struct Trouble {
        var count = 0
        var last = ContinuousClock.now
    }
    private struct State {
        var entries: [UInt64: Entry] = [:]
        var troubles: [String: Trouble] = [:]
    }
    private let state = Mutex(State())

    /// What failed is reported for so long.
    private static let memory = Duration.seconds(3_600)
    private static let mostTroubles = 16

    /// A call begins; `end` ends it, however far it is.
    func begin(
        _ number: UInt64,
        _ direction: CallAccount.Direction,
        party: String,
        end: @escaping @Sendable () -> Void
    ) {
        self.state.withLock { $0.entries[number] = Entry(direction: direction, party: party, end: end) }
    }

    /// A call was answered: from now on hanging up is for the call itself.
    func answered(_ call: Call) {
        self.state.withLock { state in
            state.entries[call.id.number]?.answered = .now
            state.entries[call.id.number]?.call = call
            state.entries[call.id.number]?.end = { call.hangUp() }
        }
    }

    /// A call is over; who wanted that, if anybody did.
    @discardableResult
    func end(_ number: UInt64) -> CallAccount.EndRequest? {
        self.state.withLock { $0.entries.removeValue(forKey: number)?.endRequest }
    }

    /// Ends calls because somebody asked for it: those of these numbers, or all. The numbers of those that there were.
    func hangUp(_ numbers: [UInt64]?, _ endRequest: CallAccount.EndRequest) -> [UInt64] {
        let ended = self.state.withLock { state in
            let chosen = state.entries.keys.filter { numbers?.contains($0) ?? true }.sorted()
            for number in chosen where state.entries[number]?.endRequest == nil {
                state.entries[number]?.endRequest = endRequest
            }
            return chosen.compactMap { number in state.entries[number].map { (number, $0.end) } }
        }
        // Outside of the lock: what ends a call may ask for it here.
        for (_, end) in ended { end() }
        return ended.map(\.0)
    }

    /// Notes who will have wanted the calls to end that are in progress, without ending them.
    func note(_ endRequest: CallAccount.EndRequest) {
        self.state.withLock { state in
            for number in state.entries.keys where state.entries[number]?.endRequest == nil {
                state.entries[number]?.endRequest = endRequest
            }
        }
    }

    /// Notes who wanted one call to end.
    func note(_ endRequest: CallAccount.EndRequest, of number: UInt64) {
        self.state.withLock { state in
            if state.entries[number]?.endRequest == nil { state.entries[number]?.endRequest = endRequest }
        }
    }

    /// Notes a failure for `svetlana status`.
    func note(_ trouble: String) {
        self.state.withLock { state in
            state.troubles[trouble, default: Trouble()].count += 1
            state.troubles[trouble]?.last = .now
            guard state.troubles.count > Self.mostTroubles else { return }
            if let oldest = state.troubles.min(by: { $0.value.last < $1.value.last })?.key {
                state.troubles[oldest] = nil
            }
        }
    }

    /// The calls in progress and what failed within the last hour.
    var activity: BotActivity {
        let now = ContinuousClock.now
        return self.state.withLock { state in
            let calls = state.entries.sorted { $0.key < $1.key }.map { number, entry in
                BotActivity.CallInProgress(
                    call: number,
                    direction: entry.direction,
                    party: entry.party,
                    isAnswered: entry.answered != nil,
                    durationMilliseconds: (now - (entry.answered ?? entry.began)).milliseconds,
                    codec: entry.call?.media?.codec.encodingName
                )
            }
            let problems = state.troubles.filter { now - $0.value.last < Self.memory }
                .sorted { $0.value.last > $1.value.last }
                .map { text, trouble in
                    BotActivity.Problem(
                        text: text,
                        count: trouble.count,
                        lastAgoMilliseconds: (now - trouble.last).milliseconds
                    )
                }
            return BotActivity(calls: calls, problems: problems)
        }
    }
}
