internal import CoreTypes

/// The audio codecs that a session can speak.
public enum AudioCodec: Hashable, Sendable, CaseIterable {
    /// G.711 with the µ-law of North America and Japan (RFC 3551 section 4.5.14).
    case pcmu
    /// G.711 with the A-law of the rest of the world (RFC 3551 section 4.5.14).
    case pcma
    /// Opus, used here with 16 kHz mono audio (RFC 7587).
    case opus

    /// The name as it stands in `a=rtpmap`.
    public var encodingName: String {
        switch self {
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .opus: "opus"
        }
    }

    /// Ticks of the RTP timestamp per second; 48 000 for Opus whatever rate the audio has (RFC 7587 section 4.1).
    public var clockRate: Int {
        switch self {
        case .pcmu, .pcma: 8_000
        case .opus: 48_000
        }
    }

    /// Samples per second of the PCM that goes into the encoder and comes out of the decoder.
    public var audioRate: Int {
        switch self {
        case .pcmu, .pcma: 8_000
        case .opus: 16_000
        }
    }

    /// The number of channels as it stands in `a=rtpmap`; Opus always says 2 (RFC 7587 section 7).
    public var channelsInSDP: Int {
        switch self {
        case .pcmu, .pcma: 1
        case .opus: 2
        }
    }

    /// The payload type that RFC 3551 table 4 fixes, or `nil` for a dynamic one.
    public var staticPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .opus: nil
        }
    }

    /// Finds the codec of an `a=rtpmap`; names compare without regard to case.
    public init?(encodingName: String, clockRate: Int) {
        let name = encodingName.lowercased()
        guard let codec = AudioCodec.allCases.first(where: { $0.encodingName.lowercased() == name }),
            codec.clockRate == clockRate
        else { return nil }
        self = codec
    }

    /// How many samples of PCM one packet of the given length holds.
    public func samples(in duration: Duration) -> Int {
        max(
            0,
            Int(
                duration.nanoseconds.multipliedReportingOverflow(by: Int64(self.audioRate)).partialValue / 1_000_000_000
            )
        )
    }
}
