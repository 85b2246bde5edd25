/// Values in numbered slots that are used again: pages of the same size, so that growing moves nothing.
struct SlotPool<Element: Sendable>: Sendable {
    private var pages: [[Element?]] = []
    private var free: [UInt32] = []
    private(set) var count = 0

    /// Puts a value into a free slot; its number.
    mutating func insert(_ element: Element) -> UInt32 {
        self.count += 1
        if let slot = self.free.popLast() {
            self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)] = element
            return slot
        }
        if (self.pages.last?.count ?? Self.size) == Self.size {
            var page: [Element?] = []
            page.reserveCapacity(Self.size)
            self.pages.append(page)
        }
        let page = self.pages.count - 1
        self.pages[page].append(element)
        return UInt32(truncatingIfNeeded: page << Int(Self.shift) + self.pages[page].count - 1)
    }

    /// The value of a slot, `nil` where there is none.
    subscript(slot: UInt32) -> Element? {
        guard self.contains(slot) else { return nil }
        return self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)]
    }

    /// Looks at every value.
    func forEach(_ look: (Element) -> Void) {
        for page in self.pages {
            for case .some(let element) in page { look(element) }
        }
    }

    /// Looks at the value of a slot where it is; `nil` where there is none.
    @inline(__always)
    func read<Result>(_ slot: UInt32, _ look: (borrowing Element) -> Result) -> Result? {
        guard self.contains(slot) else { return nil }
        switch self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)] {
        case .some(let element): return look(element)
        case .none: return nil
        }
    }

    /// Changes the value of a slot in place; `nil` where there is none. Not by a subscript, whose coroutine would cost
    /// an allocation.
    @discardableResult
    mutating func update<Result>(_ slot: UInt32, _ change: (inout Element) -> Result) -> Result? {
        guard self.contains(slot), self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)] != nil else { return nil }
        return change(&self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)]!)
    }

    /// Frees a slot; the value that it had.
    mutating func remove(_ slot: UInt32) -> Element? {
        guard let element = self[slot] else { return nil }
        self.count -= 1
        if self.count == 0, self.pages.count > 1 {
            // What a flood took is given back.
            self.pages = []
            self.free = []
        } else {
            self.pages[Int(slot >> Self.shift)][Int(slot & Self.mask)] = nil
            self.free.append(slot)
        }
        return element
    }

    @inline(__always)
    private func contains(_ slot: UInt32) -> Bool {
        Int(slot >> Self.shift) < self.pages.count && Int(slot & Self.mask) < self.pages[Int(slot >> Self.shift)].count
    }

    private static var shift: UInt32 { 6 }
    private static var size: Int { 64 }
    private static var mask: UInt32 { 63 }
}
