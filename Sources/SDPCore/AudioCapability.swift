/// A payload format: a codec with the number that stands for it in RTP packets (RFC 8866 section 6.6).
///
/// It says what we can do, and what a peer's m= line lists.
public struct AudioCapability: Hashable, Sendable {
    /// The name of the encoding, such as "PCMU"; compared without regard to case.
    public var encodingName: String
    /// The clock rate of the RTP timestamps in hertz.
    public var clockRate: Int
    /// The number of channels in the rtpmap: 2 for Opus whatever is sent (RFC 7587 section 7).
    public var channels: Int
    /// The RTP payload type, 0 to 127.
    public var payloadType: UInt8
    /// The format parameters (a=fmtp) without the payload type.
    public var formatParameters: String?

    /// Makes a payload format.
    public init(
        encodingName: String,
        clockRate: Int,
        channels: Int = 1,
        payloadType: UInt8,
        formatParameters: String? = nil
    ) {
        self.encodingName = encodingName
        self.clockRate = clockRate
        self.channels = channels
        self.payloadType = payloadType & 127
        self.formatParameters = formatParameters
    }

    /// Whether both are the same encoding, whatever their payload types (RFC 3264 section 6.1).
    ///
    /// The channels of Opus are not compared: RFC 7587 wants "/2", but some PBXs leave it out.
    public func isSameEncoding(as other: AudioCapability) -> Bool {
        let name = self.encodingName.lowercased()
        return self.clockRate == other.clockRate && name == other.encodingName.lowercased()
            && (self.channels == other.channels || name == "opus")
    }

    /// The value of one format parameter ("useinbandfec" of "useinbandfec=1; ptime=20"), without regard to case.
    public func parameter(_ name: String) -> String? {
        FormatParameters.value(of: name, in: self.formatParameters)
    }

    /// Whether this is the named telephone-event format of RFC 4733.
    public var isTelephoneEvent: Bool {
        self.encodingName.lowercased() == "telephone-event"
    }

    /// The value of its rtpmap attribute: "111 opus/48000/2".
    var rtpmap: String {
        "\(self.payloadType) \(self.encodingName)/\(self.clockRate)" + (self.channels == 1 ? "" : "/\(self.channels)")
    }

    /// Reads what stands behind the payload type in an rtpmap; `nil` when it is malformed.
    init?(payloadType: UInt8, rtpmap: Substring) {
        let fields = rtpmap.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count >= 2, !fields[0].isEmpty, let rate = UInt32(fields[1].trimmed), rate > 0 else { return nil }
        var channels: UInt8 = 1
        if fields.count == 3 {
            guard let count = UInt8(fields[2].trimmed), count > 0 else { return nil }
            channels = count
        }
        self.init(
            encodingName: String(fields[0]),
            clockRate: Int(rate),
            channels: Int(channels),
            payloadType: payloadType
        )
    }

    /// The format that a payload type names without an rtpmap (RFC 3551 section 6); `nil` for all others.
    init?(staticPayloadType: UInt8) {
        let name: String
        switch staticPayloadType {
        case 0: name = "PCMU"
        case 3: name = "GSM"
        case 8: name = "PCMA"
        // G.722 samples at 16 kHz, but its RTP clock is 8 kHz by an old mistake (RFC 3551 section 4.5.2).
        case 9: name = "G722"
        case 13: name = "CN"
        case 15: name = "G728"
        case 18: name = "G729"
        default: return nil
        }
        self.init(encodingName: name, clockRate: 8_000, payloadType: staticPayloadType)
    }
}

/// Reading of the values of a=fmtp, which most codecs write as "name=value;name=value".
enum FormatParameters {
    static func value(of name: String, in text: String?) -> String? {
        guard let text else { return nil }
        for pair in text.split(separator: ";") {
            let fields = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard fields[0].trimmed.lowercased() == name.lowercased() else { continue }
            return fields.count == 2 ? String(fields[1].trimmed) : ""
        }
        return nil
    }
}

extension Substring {
    /// The text without spaces and tabs at its ends.
    var trimmed: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
