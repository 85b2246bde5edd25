public import AudioCore
import CoreTypes
import Synchronization

/// Both sides of a call on one clock, for a stereo recording: what was heard left, what was said right.
///
/// What was heard is recorded as a good phone plays it, with the network's delays evened out and losses concealed. When the
/// codec changes in mid-call, the recording goes on at the rate that it began with.
public final class CallRecorder: Sendable {
    private struct Side: ~Copyable {
        var samples: [Int16] = []
        var resampler: Resampler?

        mutating func append(_ samples: Span<Int16>, sampleRate: Int, to rate: Int) {
            if self.resampler == nil { self.resampler = Resampler(to: rate) }
            self.resampler?.process(samples, sampleRate: sampleRate, appendingTo: &self.samples)
        }
    }
    private struct State: ~Copyable {
        var inbound = Side()
        var outbound = Side()
        var sampleRate: Int?
    }
    private let state = Mutex(State())
    private let limit: Duration

    /// Records at most `limit`; what comes later is not kept.
    public init(limit: Duration = .seconds(3_600)) {
        self.limit = limit
    }

    func append(inbound: [Int16], outbound: [Int16], sampleRate: Int) {
        self.state.withLock { state in
            let rate = state.sampleRate ?? sampleRate
            state.sampleRate = rate
            guard Double(state.inbound.samples.count) < self.limit.inSeconds * Double(rate) else { return }
            state.inbound.append(inbound.span, sampleRate: sampleRate, to: rate)
            state.outbound.append(outbound.span, sampleRate: sampleRate, to: rate)
        }
    }

    /// What was heard so far.
    public var inbound: AudioFrame {
        self.state.withLock { AudioFrame(samples: $0.inbound.samples, sampleRate: $0.sampleRate ?? 8_000) }
    }

    /// What was said so far.
    public var outbound: AudioFrame {
        self.state.withLock { AudioFrame(samples: $0.outbound.samples, sampleRate: $0.sampleRate ?? 8_000) }
    }
}
