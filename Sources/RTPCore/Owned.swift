/// A large value on the heap, for one holder: it is changed in place, where an optional would be moved out and back, and a leg
/// that does not need it has no room for it.
final class Owned<Value: ~Copyable & Sendable> {
    /// The value.
    var value: Value

    init(_ value: consuming Value) {
        self.value = value
    }

    /// Where it lies.
    var address: UInt { UInt(bitPattern: ObjectIdentifier(self)) }

    /// How much memory it takes, with what an object has before its value.
    static var bytes: Int32 { Int32(truncatingIfNeeded: MemoryLayout<Value>.size + 16) }
}

// Its owners are not copyable, and nobody else gets to see it.
extension Owned: @unchecked Sendable where Value: ~Copyable {}
