import CoreTypes

/// An m= line with the lines below it (RFC 8866 section 5.14).
public struct MediaDescription: Hashable, Sendable {
    /// What is sent: "audio", "video", "image" ….
    public var kind: String
    /// The port that the maker receives at; 0 refuses the medium (RFC 3264 section 6).
    public var port: UInt16
    /// The number of ports, 1 but for layered media.
    public var portCount: UInt16
    /// The profile, such as "RTP/AVP".
    public var profile: String
    /// The formats: for RTP the payload types in the order of preference.
    public var formats: [String]
    /// The c= lines of this medium.
    public var connections: [SDPConnection]
    /// The i=, b= and k= lines of this medium.
    public var lines: [SDPLine]
    /// The attributes of this medium.
    public var attributes: [SDPAttribute]

    /// Makes a medium.
    public init(
        kind: String,
        port: UInt16,
        portCount: UInt16 = 1,
        profile: String,
        formats: [String],
        connections: [SDPConnection] = [],
        lines: [SDPLine] = [],
        attributes: [SDPAttribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.portCount = portCount
        self.profile = profile
        self.formats = formats
        self.connections = connections
        self.lines = lines
        self.attributes = attributes
    }

    /// The value of the first attribute of this name: empty for a flag, `nil` when there is none.
    public func attribute(_ name: String) -> String? {
        self.attributes.first { $0.name == name }.map { $0.value ?? "" }
    }

    /// The RTP payload formats in the order of the m= line.
    ///
    /// Left out is what cannot be used: numbers over 127, dynamic numbers without an rtpmap, malformed rtpmaps.
    public var payloadFormats: [AudioCapability] {
        self.payloadFormats(known: [])
    }

    /// The payload formats, where a dynamic number without an rtpmap means what it means in `known`.
    ///
    /// Some peers answer with the number of the offer alone.
    func payloadFormats(known: [AudioCapability]) -> [AudioCapability] {
        var maps: [UInt8: AudioCapability] = [:]
        var parameters: [UInt8: String] = [:]
        for attribute in self.attributes where attribute.name == "rtpmap" || attribute.name == "fmtp" {
            guard let (number, rest) = MediaDescription.payloadTypeAndRest(attribute.value) else { continue }
            if attribute.name == "fmtp" {
                if parameters[number] == nil { parameters[number] = String(rest) }
            } else if maps[number] == nil {
                maps[number] = AudioCapability(payloadType: number, rtpmap: rest)
            }
        }
        var seen: Set<UInt8> = []
        return self.formats.compactMap { text in
            guard let number = UInt8(text), number < 128, seen.insert(number).inserted else { return nil }
            let format =
                maps[number] ?? AudioCapability(staticPayloadType: number)
                ?? known.first { $0.payloadType == number }
            guard var format else { return nil }
            format.formatParameters = parameters[number]
            return format
        }
    }

    /// Whether this is live audio over plain RTP, which is what we can carry.
    ///
    /// RTP/AVP with a=crypto is an offer of optional encryption, and plain RTP is a good answer to it.
    var isPlainAudio: Bool {
        self.kind == "audio" && self.port != 0 && (self.profile == "RTP/AVP" || self.profile == "RTP/AVPF")
    }

    /// The same line with port 0 and nothing below it: how a medium is refused (RFC 3264 section 6).
    var refused: MediaDescription {
        let formats = self.formats.isEmpty ? ["0"] : self.formats
        return MediaDescription(kind: self.kind, port: 0, profile: self.profile, formats: formats)
    }

    private static func payloadTypeAndRest(_ value: String?) -> (UInt8, Substring)? {
        guard let value, let space = value.firstIndex(of: " "), let number = UInt8(value[..<space]), number < 128
        else { return nil }
        let rest = value[space...].trimmed
        return rest.isEmpty ? nil : (number, rest)
    }
}

extension MediaDescription {
    /// The audio in one packet that the peer asks for, in milliseconds; 20 when it asks for none that makes sense.
    var packetTime: Int {
        guard let text = self.attribute("ptime"), let time = UInt8(text[...].trimmed), (10...120).contains(time)
        else { return 20 }
        return Int(time)
    }

    /// Whether `a=rtcp-xr` asks for the metrics of a telephone call (RFC 3611 section 5.1).
    var wantsExtendedReports: Bool {
        guard let formats = self.attribute("rtcp-xr") else { return false }
        return formats.split(separator: " ").contains { $0.hasPrefix("voip-metrics") }
    }

    /// Where RTCP goes: with RTP, to the address of a=rtcp (RFC 3605), else to the next port (RFC 3550 section 11).
    func controlAddress(_ media: TransportAddress?, isMultiplexed: Bool) -> TransportAddress? {
        guard let media, !isMultiplexed else { return media }
        if let text = self.attribute("rtcp") {
            let fields = text.split(separator: " ")
            guard let first = fields.first, let port = UInt16(first), port > 0 else { return nil }
            guard fields.count == 4 else { return TransportAddress(host: media.host, port: port) }
            return IPAddress(fields[3]).map { TransportAddress(host: $0, port: port) }
        }
        return media.port < UInt16.max ? TransportAddress(host: media.host, port: media.port + 1) : nil
    }
}
