/// Reads a WAV file that is in memory: PCM of 8, 16, 24 or 32 bits, or 32-bit floats, any number of channels.
///
/// Total over hostile bytes: every length is checked, and a data chunk that claims more than there is (as a recording
/// that was cut off does) is read as far as it goes.
public struct WAVReader: Sendable {
    /// Samples a second of each channel.
    public let sampleRate: Int
    /// How many channels there are, at least 1.
    public let channels: Int
    /// How many samples each channel has.
    public let count: Int

    private let bytes: [UInt8]
    private let start: Int
    private let encoding: Encoding

    private enum Encoding: Sendable {
        case integer(bytes: Int)
        case float

        var width: Int {
            switch self {
            case .integer(let bytes): bytes
            case .float: 4
            }
        }
    }

    /// Parses the header.
    ///
    /// - Throws: ``WAVError``.
    public init(_ bytes: [UInt8]) throws(WAVError) {
        guard bytes.count >= 12, Self.tag(bytes, 0) == "RIFF", Self.tag(bytes, 8) == "WAVE" else {
            throw .notWAV
        }
        var format: (encoding: Encoding, channels: Int, rate: Int)?
        var position = 12
        while position + 8 <= bytes.count {
            let length = Self.integer(bytes, position + 4, width: 4)
            let body = position + 8
            let available = min(length, bytes.count - body)
            switch Self.tag(bytes, position) {
            case "fmt ":
                guard available >= 16 else { throw .truncated }
                format = try Self.format(bytes, body, available)
            case "data":
                guard let format else { throw .truncated }
                self.bytes = bytes
                self.start = body
                self.encoding = format.encoding
                self.channels = format.channels
                self.sampleRate = format.rate
                self.count = available / (format.encoding.width * format.channels)
                return
            default:
                break  // chunks that we have no use for
            }
            position = body + available + (available & 1)
        }
        throw .truncated
    }

    /// One channel, from 0; an empty frame when there is no such channel.
    public func channel(_ index: Int) -> AudioFrame {
        guard index >= 0, index < self.channels else { return AudioFrame(samples: [], sampleRate: self.sampleRate) }
        var samples: [Int16] = []
        samples.reserveCapacity(self.count)
        for position in 0..<self.count { samples.append(self.sample(position, channel: index)) }
        return AudioFrame(samples: samples, sampleRate: self.sampleRate)
    }

    /// All channels averaged into one.
    public func mono() -> AudioFrame {
        guard self.channels > 1 else { return self.channel(0) }
        var samples: [Int16] = []
        samples.reserveCapacity(self.count)
        for position in 0..<self.count {
            var sum = 0
            for channel in 0..<self.channels { sum += Int(self.sample(position, channel: channel)) }
            samples.append(Int16(clamping: sum / self.channels))
        }
        return AudioFrame(samples: samples, sampleRate: self.sampleRate)
    }

    private func sample(_ position: Int, channel: Int) -> Int16 {
        let width = self.encoding.width
        let offset = self.start + (position * self.channels + channel) * width
        switch self.encoding {
        case .integer(bytes: 1):
            return (Int16(self.bytes[offset]) - 128) << 8
        case .integer(let width):
            // The two highest bytes are the last ones.
            let high = UInt16(self.bytes[offset + width - 1]) << 8 | UInt16(self.bytes[offset + width - 2])
            return Int16(bitPattern: high)
        case .float:
            let bits = UInt32(truncatingIfNeeded: Self.integer(self.bytes, offset, width: 4))
            return Level.clamped(Double(Float(bitPattern: bits)) * 32_768)
        }
    }

    private static func format(
        _ bytes: [UInt8],
        _ body: Int,
        _ length: Int
    ) throws(WAVError) -> (encoding: Encoding, channels: Int, rate: Int) {
        var tag = self.integer(bytes, body, width: 2)
        let channels = self.integer(bytes, body + 2, width: 2)
        let rate = self.integer(bytes, body + 4, width: 4)
        let bits = self.integer(bytes, body + 14, width: 2)
        // WAVE_FORMAT_EXTENSIBLE: the real tag is the beginning of a GUID.
        if tag == 0xFFFE, length >= 26 { tag = self.integer(bytes, body + 24, width: 2) }
        guard channels > 0, rate > 0, rate <= 768_000 else { throw .unsupported(format: tag, bits: bits) }
        switch (tag, bits) {
        case (1, 8), (1, 16), (1, 24), (1, 32): return (.integer(bytes: bits / 8), channels, rate)
        case (3, 32): return (.float, channels, rate)
        default: throw .unsupported(format: tag, bits: bits)
        }
    }

    private static func tag(_ bytes: [UInt8], _ offset: Int) -> String {
        String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
    }

    private static func integer(_ bytes: [UInt8], _ offset: Int, width: Int) -> Int {
        var value = 0
        for index in 0..<width { value |= Int(bytes[offset + index]) << (8 * index) }
        return value
    }
}

/// Why bytes could not be read as a WAV file.
public enum WAVError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It does not begin as a WAV file does.
    case notWAV
    /// It ends before the audio begins.
    case truncated
    /// The audio is in a form that is not read here.
    case unsupported(format: Int, bits: Int)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .notWAV: "this is not a WAV file"
        case .truncated: "the WAV file ends before its audio begins"
        case .unsupported(let format, let bits):
            "WAV format \(format) with \(bits) bits is not read; convert it to 16-bit PCM"
        }
    }
}
