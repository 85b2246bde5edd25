import CoreTypes
import Testing

/// The queue against a plain dictionary that does the same slowly.
@Suite struct DeadlineQueueTests {
    @Test(arguments: 1...10) func `It does what a dictionary does`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = DeadlineQueue<Int>()
        var model: [Int: Instant] = [:]
        var now = Instant.zero
        for _ in 0..<5_000 {
            let key = Int.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let instant = now + .nanoseconds(Int64.random(in: -5...50, using: &random))
                queue.schedule(key, at: instant)
                model[key] = instant
            case 5:
                queue.cancel(key)
                model[key] = nil
            case 6:
                queue.schedule(key, at: nil)
                model[key] = nil
            default:
                now += .nanoseconds(Int64.random(in: 0...3, using: &random))
                while let popped = queue.popExpired(now) {
                    #expect(model[popped] == model.values.min())
                    #expect(model[popped].map { $0 <= now } == true)
                    model[popped] = nil
                }
                #expect(model.values.allSatisfy { $0 > now })
            }
            #expect(queue.count == model.count)
            #expect(queue.earliest == model.values.min())
            #expect(queue.deadline(of: key) == model[key])
        }
    }

    @Test func `Nothing is due in an empty queue`() {
        var queue = DeadlineQueue<String>()
        #expect(queue.earliest == nil)
        #expect(queue.popExpired(Instant(nanoseconds: .max)) == nil)
        queue.cancel("nobody")
        #expect(queue.count == 0)
    }

    @Test func `A deadline is due when it has come, not before`() {
        var queue = DeadlineQueue<String>()
        queue.schedule("one", at: .zero + .seconds(1))
        #expect(queue.popExpired(.zero + .milliseconds(999)) == nil)
        #expect(queue.popExpired(.zero + .seconds(1)) == "one")
        #expect(queue.popExpired(.zero + .seconds(1)) == nil)
    }
}
