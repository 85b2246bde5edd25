/// Turns PCM into the payloads of one codec.
public protocol AudioEncoder: ~Copyable {
    /// Appends the payload of one packet to `bytes`, which keeps its storage; `false` and nothing appended when the
    /// codec cannot encode that many samples.
    mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool
}

/// Turns the payloads of one codec into PCM.
public protocol AudioDecoder: ~Copyable {
    /// Replaces `samples`, which keep their storage, by those of a payload; `false` and none when it cannot be read.
    mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool

    /// Forgets what was decoded, for a new stream.
    mutating func reset()
}
