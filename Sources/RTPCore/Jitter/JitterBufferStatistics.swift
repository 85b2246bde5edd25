public import CoreTypes

/// What a jitter buffer did to the audio so far; samples are those of the codec's audio rate.
public struct JitterBufferStatistics: Sendable, Equatable {
    /// Samples given, of whatever kind.
    public var samplesGiven: UInt64 = 0
    /// Samples made up because audio was lost or late; not those before the stream began or while the peer was silent.
    public var samplesConcealed: UInt64 = 0
    /// Gaps that were concealed.
    public var concealments: UInt64 = 0
    /// Samples that a later packet knew of a lost one (in-band FEC).
    public var samplesRecovered: UInt64 = 0
    /// Samples of comfort noise while the peer sent nothing on purpose, and before the stream began.
    public var samplesOfComfortNoise: UInt64 = 0
    /// Samples taken out to lower the delay.
    public var samplesRemoved: UInt64 = 0
    /// Samples put in to raise the delay.
    public var samplesInserted: UInt64 = 0
    /// Packets of audio that were played.
    public var packetsPlayed: UInt64 = 0
    /// Packets that came after their turn.
    public var packetsLate: UInt64 = 0
    /// Packets of audio that no decoder could read.
    public var packetsUndecodable: UInt64 = 0
    /// Times that the timestamps or the stream began anew.
    public var restarts: UInt64 = 0
    /// How late audio is played at present, beyond the fastest packets.
    public var delay: Duration = .zero
    /// How late it should be played.
    public var target: Duration = .zero
    /// The mean delay of all audio that was played.
    public var meanDelay: Duration = .zero
    /// The difference of the two clocks in parts per million: positive when the peer's is the slower one.
    public var drift: Double = 0

    /// Makes statistics of a buffer that has given nothing yet.
    public init() {}
}

/// A stretch of audio that was played.
public struct JitterBufferFrame: Sendable, Equatable {
    /// The timestamp of the first sample, or `nil` before the stream began.
    ///
    /// While audio is made up it runs on as the audio would have.
    public var timestamp: Wrapping<UInt32>?
    /// How many of the samples were made up because audio was lost or late.
    public var concealed = 0
    /// How many of the samples are comfort noise, or the silence before the stream.
    public var comfortNoise = 0
    /// Samples that were removed or inserted just now to change the delay: negative when removed.
    public var stretched = 0

    /// Replaces `samples` by so much silence.
    static func silence(_ count: Int, into samples: inout [Int16]) -> JitterBufferFrame {
        samples.removeAll(keepingCapacity: true)
        samples.append(contentsOf: repeatElement(0, count: max(count, 0)))
        return JitterBufferFrame()
    }
}
