import Synchronization

/// Counts across threads.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { self.count.load(ordering: .relaxed) }

    func next() -> Int { self.count.add(1, ordering: .relaxed).newValue }
}
