internal import CSampleRate

/// Converts a stream of frames to one rate, whatever rate they come in.
///
/// The state of the filter is kept from frame to frame, so that there is no click between them; a few milliseconds
/// stay inside until more comes or ``flush()`` is called. Frames that have the wanted rate pass unchanged. When the
/// rate of the input changes, what was inside is let out first.
@safe
public struct Resampler: ~Copyable {
    /// How good the filter is, and how much work.
    public enum Quality: Sendable, Hashable, CaseIterable {
        /// libsamplerate, 97 dB signal to noise and 97 % of the band; for archives and measurements.
        case best
        /// libsamplerate, 97 dB, 90 % of the band, 6 ms of delay at 8 kHz.
        case medium
        /// libsamplerate, 97 dB, 80 % of the band, 2.5 ms of delay at 8 kHz; to 8 kHz it costs consonants, and
        /// recognizers notice.
        case fast
        /// libsamplerate, straight lines between samples: cheap, with audible images.
        case linear
        /// A filter of our own between the rates of telephony (8, 12, 16, 24, 32 and 48 kHz), for speech that is under
        /// way: 88 % of the band within half a decibel, all that would alias 72 dB down, in 16 bits, and less than a
        /// tenth of the work of ``fast``. The delay is 32 samples of the lower rate: 4 ms at 8 kHz, 2 ms at 16 kHz.
        /// All other ratios are converted as by ``medium``.
        case telephone

        /// libsamplerate's number for it.
        fileprivate var converter: Int32 {
            switch self {
            case .best: 0
            case .medium, .telephone: 1
            case .fast: 2
            case .linear: 4
            }
        }
    }

    /// The rate of all the output, in samples a second.
    public let outputRate: Int
    /// The quality that was asked for.
    public let quality: Quality
    /// The rate of the latest input; nil before the first and after ``flush()``.
    public private(set) var inputRate: Int?

    /// Our own filter; nil while input passes unchanged or libsamplerate is at work.
    private var filter: PolyphaseFilter?
    /// libsamplerate's state; nil while input passes unchanged or our own filter is at work.
    private var state: OpaquePointer?
    private var floatInput: [Float] = []
    private var floatOutput: [Float] = []

    /// Makes a resampler; memory is taken with the first frame that needs conversion.
    public init(to outputRate: Int, quality: Quality = .telephone) {
        self.outputRate = outputRate
        self.quality = quality
    }

    deinit {
        if let state = unsafe self.state { unsafe _ = src_delete(state) }
    }

    /// Converts the next frame of the stream; the result may be a little shorter or longer than the frame.
    ///
    /// A frame that cannot be converted (a rate of 0, or a ratio beyond 256) gives an empty frame.
    public mutating func process(_ frame: borrowing AudioFrame) -> AudioFrame {
        var samples: [Int16] = []
        self.process(frame.samples.span, sampleRate: frame.sampleRate, appendingTo: &samples)
        return AudioFrame(samples: samples, sampleRate: self.outputRate, missingBefore: frame.missingBefore)
    }

    /// Converts the next samples of the stream and appends the result; allocates nothing in a steady state
    /// when `output` keeps its capacity.
    public mutating func process(_ samples: Span<Int16>, sampleRate: Int, appendingTo output: inout [Int16]) {
        if sampleRate != self.inputRate { self.start(inputRate: sampleRate, lettingOutInto: &output) }
        guard sampleRate != self.outputRate else {
            output.reserveCapacity(output.count + samples.count)
            for index in samples.indices { output.append(samples[index]) }
            return
        }
        guard self.filter == nil else {
            self.filter?.process(samples, appendingTo: &output)
            return
        }
        let missing = samples.count - self.floatInput.count
        if missing > 0 { self.floatInput.append(contentsOf: repeatElement(0, count: missing)) }
        unsafe samples.withUnsafeBufferPointer { source in
            unsafe self.floatInput.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe src_short_to_float_array(from, to, Int32(clamping: source.count))
            }
        }
        self.convert(count: samples.count, isLast: false, appendingTo: &output)
    }

    /// Lets out what is still inside, and forgets the stream; call it at the end of a sentence or a file.
    public mutating func flush() -> AudioFrame {
        var samples: [Int16] = []
        self.letOut(into: &samples)
        self.inputRate = nil
        return AudioFrame(samples: samples, sampleRate: self.outputRate)
    }

    /// Forgets the stream and what is still inside; call it when playback was interrupted.
    public mutating func reset() {
        self.filter?.reset()
        if let state = unsafe self.state { unsafe _ = src_reset(state) }
    }

    /// Converts a whole recording at once.
    public static func convert(_ frame: AudioFrame, to rate: Int, quality: Quality = .best) -> AudioFrame {
        guard frame.sampleRate != rate else { return frame }
        var resampler = Resampler(to: rate, quality: quality)
        var result = resampler.process(frame)
        result.samples.append(contentsOf: resampler.flush().samples)
        return result
    }

    private mutating func start(inputRate: Int, lettingOutInto output: inout [Int16]) {
        self.letOut(into: &output)
        self.filter = nil
        if let state = unsafe self.state { unsafe _ = src_delete(state) }
        unsafe self.state = nil
        self.inputRate = inputRate
        guard inputRate > 0, self.outputRate > 0, inputRate != self.outputRate else { return }
        if self.quality == .telephone {
            self.filter = PolyphaseFilter(from: inputRate, to: self.outputRate)
            guard self.filter == nil else { return }
        }
        guard src_is_valid_ratio(Double(self.outputRate) / Double(inputRate)) == 1 else { return }
        var error: Int32 = 0
        unsafe self.state = src_new(self.quality.converter, 1, &error)
    }

    private mutating func letOut(into output: inout [Int16]) {
        self.filter?.flush(appendingTo: &output)
        guard let state = unsafe self.state else { return }
        self.convert(count: 0, isLast: true, appendingTo: &output)
        unsafe _ = src_reset(state)
    }

    /// Runs the first `count` samples of `floatInput` through the filter.
    private mutating func convert(count: Int, isLast: Bool, appendingTo output: inout [Int16]) {
        guard let state = unsafe self.state, let inputRate = self.inputRate else { return }
        let ratio = Double(self.outputRate) / Double(inputRate)
        let capacity = max(1_024, Int(Double(count) * ratio) + 256)
        let missing = capacity - self.floatOutput.count
        if missing > 0 { self.floatOutput.append(contentsOf: repeatElement(0, count: missing)) }

        var used = 0
        while true {
            var data = unsafe SRC_DATA()
            let status = unsafe self.floatInput.withUnsafeBufferPointer { input in
                unsafe self.floatOutput.withUnsafeMutableBufferPointer { target -> Int32 in
                    unsafe data.data_in = input.baseAddress.map { unsafe $0 + used }
                    unsafe data.input_frames = count - used
                    unsafe data.data_out = target.baseAddress
                    unsafe data.output_frames = target.count
                    unsafe data.src_ratio = ratio
                    unsafe data.end_of_input = isLast ? 1 : 0
                    return unsafe src_process(state, &data)
                }
            }
            guard status == 0 else { return }
            used += unsafe data.input_frames_used
            let made = unsafe data.output_frames_gen
            self.append(made, to: &output)
            if made == 0 || (made < self.floatOutput.count && used >= count) { return }
        }
    }

    private func append(_ count: Int, to output: inout [Int16]) {
        guard count > 0 else { return }
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: count))
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe self.floatOutput.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe src_float_to_short_array(from, to + start, Int32(clamping: count))
            }
        }
    }
}

// The only reference to libsamplerate's state is in the one, uncopyable value.
extension Resampler: @unchecked Sendable {}
