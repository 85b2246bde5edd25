public import AudioCore
import CoreTypes
import Synchronization

/// Both sides of a call on one clock, for a stereo recording: what was heard left, what was said right.
public final class CallRecorder: Sendable {
    private struct State {
        var inbound: [Int16] = []
        var outbound: [Int16] = []
        var sampleRate = 8_000
    }
    private let state = Mutex(State())
    private let limit: Duration

    /// Records at most `limit`; what comes later is not kept.
    public init(limit: Duration = .seconds(3_600)) {
        self.limit = limit
    }

    func append(inbound: [Int16], outbound: [Int16], sampleRate: Int) {
        self.state.withLock { state in
            if state.inbound.isEmpty { state.sampleRate = sampleRate }
            // A codec change in mid-call would need resampling of what is there; the recording ends instead.
            guard state.sampleRate == sampleRate,
                Double(state.inbound.count) < self.limit.inSeconds * Double(sampleRate)
            else { return }
            state.inbound += inbound
            state.outbound += outbound
        }
    }

    /// What was heard so far.
    public var inbound: AudioFrame {
        self.state.withLock { AudioFrame(samples: $0.inbound, sampleRate: $0.sampleRate) }
    }

    /// What was said so far.
    public var outbound: AudioFrame {
        self.state.withLock { AudioFrame(samples: $0.outbound, sampleRate: $0.sampleRate) }
    }
}
