/// What waits to be polled, first in, first out; its storage is used again when it has been drained.
package struct Outbox<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head = 0

    /// Makes an empty one.
    package init() {}

    /// How many wait.
    package var count: Int {
        self.elements.count - self.head
    }

    /// Adds one at the end.
    package mutating func append(_ element: Element) {
        self.elements.append(element)
    }

    /// Takes the first one out.
    package mutating func pop() -> Element? {
        guard self.head < self.elements.count else { return nil }
        let element = self.elements[self.head]
        self.elements[self.head] = nil
        self.head += 1
        if self.head == self.elements.count {
            self.elements.removeAll(keepingCapacity: self.elements.count <= 256)
            self.head = 0
        }
        return element
    }
}
