internal import COpus

/// libopus as an encoder of telephone speech: 16 kHz mono, voice, in-band FEC (RFC 6716, RFC 7587).
///
/// The state belongs to one user at a time and to no thread.
@safe
public struct OpusEncoder: AudioEncoder, ~Copyable, @unchecked Sendable {
    private let state: OpaquePointer
    private var pausesInSilence = false

    /// Samples per second of the PCM that it takes.
    public static let sampleRate = 16_000
    /// No packet of one frame is longer (RFC 6716 section 3.4).
    public static let maximumPacketLength = 1_275

    /// Makes an encoder; `nil` when libopus has no memory for one.
    public init?(_ settings: OpusSettings = OpusSettings()) {
        var status: Int32 = 0
        let created = unsafe opus_encoder_create(Int32(OpusEncoder.sampleRate), 1, OPUS_APPLICATION_VOIP, &status)
        guard status == OPUS_OK, let state = unsafe created else { return nil }
        unsafe self.state = state
        self.apply(settings)
    }

    deinit {
        unsafe opus_encoder_destroy(self.state)
    }

    /// Takes other settings from the next packet on; what was encoded stays known.
    public mutating func apply(_ settings: OpusSettings) {
        self.pausesInSilence = settings.pausesInSilence
        let bandwidth =
            switch settings.maximumPlaybackRate {
            case ..<12_000: OPUS_BANDWIDTH_NARROWBAND
            case ..<16_000: OPUS_BANDWIDTH_MEDIUMBAND
            default: OPUS_BANDWIDTH_WIDEBAND
            }
        for (request, value) in [
            // An encoder that guesses "music" for a tone costs twice as much.
            (OPUS_SET_SIGNAL_REQUEST, Int(OPUS_SIGNAL_VOICE)),
            (OPUS_SET_COMPLEXITY_REQUEST, min(max(settings.complexity, 0), 10)),
            (OPUS_SET_BITRATE_REQUEST, min(max(settings.bitRate, 6_000), 510_000)),
            (OPUS_SET_MAX_BANDWIDTH_REQUEST, Int(bandwidth)),
            (OPUS_SET_INBAND_FEC_REQUEST, settings.carriesForwardErrorCorrection ? 1 : 0),
            (OPUS_SET_PACKET_LOSS_PERC_REQUEST, min(max(settings.expectedLossPercent, 0), 100)),
            (OPUS_SET_DTX_REQUEST, settings.pausesInSilence ? 1 : 0),
            (OPUS_SET_VBR_REQUEST, settings.hasConstantBitRate ? 0 : 1),
        ] {
            _ = unsafe svetlana_opus_encoder_set(self.state, request, Int32(clamping: value))
        }
    }

    /// Appends one packet to `bytes`, which keeps its storage; `false` and nothing appended when the length is none of
    /// Opus's, or when it is silence that need not be sent (``OpusSettings/pausesInSilence``).
    ///
    /// The lengths are 2.5, 5, 10, 20, 40 and 60 ms.
    public mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        bytes.resize(to: start + OpusEncoder.maximumPacketLength)
        let state = unsafe self.state
        let written = unsafe samples.withUnsafeBufferPointer { input in
            unsafe bytes.withUnsafeMutableBufferPointer { output -> Int32 in
                guard let source = input.baseAddress, let target = output.baseAddress else { return OPUS_BAD_ARG }
                return unsafe opus_encode(
                    state,
                    source,
                    Int32(clamping: input.count),
                    target + start,
                    Int32(OpusEncoder.maximumPacketLength)
                )
            }
        }
        // With DTX a packet of one or two octets says only that nothing has to be sent (RFC 7587 section 3.1.3).
        let length = written > (self.pausesInSilence ? 2 : 0) ? Int(written) : 0
        bytes.resize(to: start + length)
        return length > 0
    }
}

/// libopus as a decoder to 16 kHz mono, whatever the sender encoded (RFC 6716, RFC 7587).
///
/// The state belongs to one user at a time and to no thread.
@safe
public struct OpusDecoder: AudioDecoder, ~Copyable, @unchecked Sendable {
    private let state: OpaquePointer

    /// Samples per second of the PCM that it gives.
    public static let sampleRate = 16_000
    /// 120 ms, more than which no packet holds (RFC 6716 section 3.4).
    public static let maximumSamples = 1_920
    /// Concealment and recovery work in steps of 2.5 ms.
    public static let concealmentStep = 40

    /// Makes a decoder; `nil` when libopus has no memory for one.
    public init?() {
        var status: Int32 = 0
        let created = unsafe opus_decoder_create(Int32(OpusDecoder.sampleRate), 1, &status)
        guard status == OPUS_OK, let state = unsafe created else { return nil }
        unsafe self.state = state
    }

    deinit {
        unsafe opus_decoder_destroy(self.state)
    }

    /// Replaces `samples` by those of a packet; `false` and no samples when the packet is no Opus.
    public mutating func decode(_ packet: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        // An empty packet would ask libopus for concealment. Room for the longest is not taken for each.
        let state = unsafe self.state
        let length = unsafe packet.withUnsafeBufferPointer { input -> Int32 in
            guard let bytes = input.baseAddress, !input.isEmpty else { return 0 }
            return unsafe opus_decoder_get_nb_samples(state, bytes, Int32(clamping: input.count))
        }
        guard length > 0 else {
            samples.removeAll(keepingCapacity: true)
            return false
        }
        return self.run(packet, count: Int(length), recovers: false, into: &samples)
    }

    /// Replaces `samples` by what `packet` knows of the packet that was lost just before it (in-band FEC).
    ///
    /// Without such knowledge the decoder conceals. `count` is the length of the lost packet.
    public mutating func recover(_ packet: Span<UInt8>, count: Int, into samples: inout [Int16]) -> Bool {
        self.run(packet, count: count, recovers: true, into: &samples)
    }

    /// Replaces `samples` by `count` made-up ones in place of lost ones; they fade by themselves.
    public mutating func conceal(count: Int, into samples: inout [Int16]) -> Bool {
        self.run(Span(), count: count, recovers: false, into: &samples)
    }

    /// Forgets what was decoded, for a new stream.
    public mutating func reset() {
        _ = unsafe svetlana_opus_decoder_reset(self.state)
    }

    private mutating func run(
        _ packet: Span<UInt8>,
        count: Int,
        recovers: Bool,
        into samples: inout [Int16]
    ) -> Bool {
        let wanted = min(count, OpusDecoder.maximumSamples)
        guard wanted > 0 else {
            samples.removeAll(keepingCapacity: true)
            return false
        }
        samples.resize(to: wanted)
        let state = unsafe self.state
        let decoded = unsafe packet.withUnsafeBufferPointer { input in
            unsafe samples.withUnsafeMutableBufferPointer { output -> Int32 in
                guard let target = output.baseAddress else { return OPUS_BAD_ARG }
                return unsafe opus_decode(
                    state,
                    input.isEmpty ? nil : input.baseAddress,
                    Int32(clamping: input.count),
                    target,
                    Int32(wanted),
                    recovers ? 1 : 0
                )
            }
        }
        samples.resize(to: min(max(Int(decoded), 0), wanted))
        return decoded > 0
    }
}
