/// A number that counts round a circle: RTP's sequence numbers and timestamps (RFC 3550 section 5.1).
///
/// Ordinary `<` has no meaning on a circle, so there is none: ask for the signed `distance(to:)`.
/// Inlinable, because other modules use it several times a packet, and generic code that cannot be seen is slow.
public struct Wrapping<Value: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
    /// The number as it stands on the wire.
    public var value: Value

    /// Makes a number from its value on the wire.
    @inlinable
    public init(_ value: Value) {
        self.value = value
    }

    /// How far ahead `other` is, by the shorter way round: negative when it is behind.
    @inlinable
    public func distance(to other: Wrapping) -> Int {
        let difference = other.value &- self.value
        let half = Value(1) << (Value.bitWidth - 1)
        guard difference >= half else { return Int(truncatingIfNeeded: difference) }
        return 0 &- Int(truncatingIfNeeded: 0 &- difference)
    }

    /// The number `steps` further round the circle.
    @inlinable
    public func advanced(by steps: Int) -> Wrapping {
        Wrapping(self.value &+ Value(truncatingIfNeeded: steps))
    }

    /// Whether this number comes before `other` by the shorter way round.
    @inlinable
    public func isBefore(_ other: Wrapping) -> Bool {
        self.distance(to: other) > 0
    }
}
