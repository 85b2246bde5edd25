import CoreTypes

extension SimulatedNetwork {
    /// What is on its way: a heap by arrival, then by the order of sending.
    struct DeliveryQueue: Sendable {
        private struct Entry: Sendable {
            var serial: UInt64
            var delivery: Delivery
        }
        private var heap: [Entry] = []
        private var serial: UInt64 = 0

        var count: Int { self.heap.count }

        var first: Delivery? { self.heap.first?.delivery }

        mutating func insert(_ delivery: Delivery) {
            self.serial += 1
            self.heap.append(Entry(serial: self.serial, delivery: delivery))
            var index = self.heap.count - 1
            while index > 0, self.precedes(index, (index - 1) / 2) {
                self.heap.swapAt(index, (index - 1) / 2)
                index = (index - 1) / 2
            }
        }

        mutating func removeFirst() {
            guard let last = self.heap.popLast(), !self.heap.isEmpty else { return }
            self.heap[0] = last
            var index = 0
            while true {
                var least = index
                for child in [2 * index + 1, 2 * index + 2]
                where child < self.heap.count && self.precedes(child, least) {
                    least = child
                }
                guard least != index else { return }
                self.heap.swapAt(index, least)
                index = least
            }
        }

        /// Removes what the condition holds for; tells how many those were.
        mutating func remove(where condition: (Delivery) -> Bool) -> Int {
            let before = self.heap.count
            self.heap.removeAll { condition($0.delivery) }
            // Sorted is a heap too.
            self.heap.sort { ($0.delivery.instant, $0.serial) < ($1.delivery.instant, $1.serial) }
            return before - self.heap.count
        }

        private func precedes(_ left: Int, _ right: Int) -> Bool {
            let (one, other) = (self.heap[left].delivery.instant, self.heap[right].delivery.instant)
            return one == other ? self.heap[left].serial < self.heap[right].serial : one < other
        }
    }
}
