import CoreTypes
import RTPCore
import SDPCore

/// Between the words of a description and those of the media session.
enum MediaNegotiation {
    /// What we offer for each codec. Opus wants mono speech with in-band FEC (RFC 7587).
    static func capabilities(_ codecs: [AudioCodec]) -> [AudioCapability] {
        codecs.map { codec in
            switch codec {
            case .pcmu: AudioCapability(encodingName: "PCMU", clockRate: 8_000, payloadType: 0)
            case .pcma: AudioCapability(encodingName: "PCMA", clockRate: 8_000, payloadType: 8)
            case .g722: AudioCapability(encodingName: "G722", clockRate: 8_000, payloadType: 9)
            case .l16Narrowband: AudioCapability(encodingName: "L16", clockRate: 8_000, payloadType: 108)
            case .l16Wideband: AudioCapability(encodingName: "L16", clockRate: 16_000, payloadType: 109)
            case .opus:
                AudioCapability(
                    encodingName: "opus",
                    clockRate: 48_000,
                    channels: 2,
                    payloadType: 107,
                    formatParameters: "maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1"
                )
            }
        }
    }

    /// The media that a negotiation asks for, with our settings as far as the peer's requests leave them; `nil` for a
    /// codec that we do not have.
    ///
    /// `signalingHost` is where the peer's messages come from, and perhaps its media.
    static func parameters(
        _ audio: NegotiatedAudio,
        opus: OpusSettings = OpusSettings(),
        signalingHost: IPAddress? = nil
    ) -> MediaParameters? {
        guard let codec = AudioCodec(encodingName: audio.codecName, clockRate: audio.clockRate) else { return nil }
        var parameters = MediaParameters(
            codec: codec,
            sendPayloadType: audio.sendPayloadType,
            receivePayloadTypes: audio.receivePayloadTypes,
            telephoneEventSend: audio.telephoneEventSend,
            telephoneEventReceive: audio.telephoneEventReceive,
            telephoneEventClockRate: audio.telephoneEventClockRate,
            remote: audio.remoteAddress,
            sends: audio.direction.sends,
            receives: audio.direction.receives,
            latch: SourceLatch.Policy(signalingHost: signalingHost),
            multiplexesRTCP: audio.isControlMultiplexed,
            remoteControl: audio.remoteControlAddress,
            sendsExtendedReports: audio.wantsExtendedReports,
            opus: codec == .opus ? opus.honoring(audio.formatParameter) : OpusSettings()
        )
        parameters.learnsRemote = audio.isRemoteUnknown
        parameters.otherTelephoneEvents = audio.otherTelephoneEvents
        parameters.alternatives = audio.alternatives.compactMap { format in
            guard let codec = AudioCodec(encodingName: format.codecName, clockRate: format.clockRate) else {
                return nil
            }
            return AlternativeCodec(
                codec: codec,
                sendPayloadType: format.sendPayloadType,
                receivePayloadTypes: format.receivePayloadTypes
            )
        }
        return parameters
    }
}
