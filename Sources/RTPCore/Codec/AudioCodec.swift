internal import CoreTypes

/// The audio codecs that a session can speak.
public enum AudioCodec: Hashable, Sendable, CaseIterable {
    /// G.711 with the µ-law of North America and Japan (RFC 3551 section 4.5.14).
    case pcmu
    /// G.711 with the A-law of the rest of the world (RFC 3551 section 4.5.14).
    case pcma
    /// G.722 at 64 kbit/s: 16 kHz audio whose RTP clock says 8 000 by an old mistake (RFC 3551 section 4.5.2).
    case g722
    /// Opus, used here with 16 kHz mono audio (RFC 7587).
    case opus
    /// Uncompressed mono audio of 8 000 samples a second (RFC 3551 section 4.5.11).
    case l16Narrowband
    /// Uncompressed mono audio of 16 000 samples a second (RFC 3551 section 4.5.11).
    case l16Wideband

    /// The name as it stands in `a=rtpmap`.
    public var encodingName: String {
        switch self {
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .g722: "G722"
        case .opus: "opus"
        case .l16Narrowband, .l16Wideband: "L16"
        }
    }

    /// Ticks of the RTP timestamp per second; 48 000 for Opus whatever rate the audio has (RFC 7587 section 4.1).
    public var clockRate: Int {
        switch self {
        case .pcmu, .pcma, .g722, .l16Narrowband: 8_000
        case .l16Wideband: 16_000
        case .opus: 48_000
        }
    }

    /// Samples per second of the PCM that goes into the encoder and comes out of the decoder.
    public var audioRate: Int {
        switch self {
        case .pcmu, .pcma, .l16Narrowband: 8_000
        case .g722, .opus, .l16Wideband: 16_000
        }
    }

    /// The number of channels as it stands in `a=rtpmap`; Opus always says 2 (RFC 7587 section 7).
    public var channelsInSDP: Int {
        switch self {
        case .pcmu, .pcma, .g722, .l16Narrowband, .l16Wideband: 1
        case .opus: 2
        }
    }

    /// The payload type that RFC 3551 table 4 fixes, or `nil` for a dynamic one.
    public var staticPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        case .opus, .l16Narrowband, .l16Wideband: nil
        }
    }

    /// Finds the codec of an `a=rtpmap`; names compare without regard to case.
    public init?(encodingName: String, clockRate: Int) {
        let name = encodingName.lowercased()
        guard
            let codec = AudioCodec.allCases.first(where: {
                $0.encodingName.lowercased() == name && $0.clockRate == clockRate
            })
        else { return nil }
        self = codec
    }

    /// The ticks of the RTP timestamp that so many samples of PCM take.
    public func ticks(samples: Int) -> Int {
        samples &* self.clockRate / self.audioRate
    }

    /// The samples of PCM that so many ticks of the RTP timestamp take.
    public func samples(ticks: Int) -> Int {
        ticks &* self.audioRate / self.clockRate
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
