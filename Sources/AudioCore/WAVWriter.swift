/// Makes a WAV file of 16-bit PCM in memory.
///
/// For a whole recording use ``bytes(of:)`` or ``stereo(left:right:)``. For one that grows in a file, write
/// ``header(sampleRate:channels:dataBytes:)`` first, then ``littleEndian(_:)`` or ``interleave(left:right:into:)`` of each
/// piece, and the header again over the first one when the length is known.
public enum WAVWriter {
    /// How long the header is.
    public static let headerLength = 44

    /// A mono file.
    public static func bytes(of frame: AudioFrame) -> [UInt8] {
        self.header(sampleRate: frame.sampleRate, channels: 1, dataBytes: 2 * frame.samples.count)
            + self.littleEndian(frame.samples.span)
    }

    /// A stereo file at the rate of the left frame; the right one is converted when its rate differs.
    public static func stereo(left: AudioFrame, right: AudioFrame) -> [UInt8] {
        let other = Resampler.convert(right, to: left.sampleRate)
        let samples = Mixer.interleave(left: left.samples.span, right: other.samples.span)
        return self.header(sampleRate: left.sampleRate, channels: 2, dataBytes: 2 * samples.count)
            + self.littleEndian(samples.span)
    }

    /// The 44 bytes before the audio; lengths beyond 4 GB are given as the greatest possible.
    public static func header(sampleRate: Int, channels: Int, dataBytes: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.headerLength)
        func append(_ value: Int, width: Int) {
            let limited = UInt32(clamping: value)
            for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: limited >> (8 * UInt32(index)))) }
        }
        bytes += Array("RIFF".utf8)
        append(dataBytes + 36, width: 4)
        bytes += Array("WAVEfmt ".utf8)
        append(16, width: 4)
        append(1, width: 2)
        append(channels, width: 2)
        append(sampleRate, width: 4)
        append(sampleRate * channels * 2, width: 4)
        append(channels * 2, width: 2)
        append(16, width: 2)
        bytes += Array("data".utf8)
        append(dataBytes, width: 4)
        return bytes
    }

    /// Replaces `bytes`, which keep their storage, by those of a stereo file, as far as both sides go.
    public static func interleave(left: Span<Int16>, right: Span<Int16>, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        for index in 0..<min(left.count, right.count) {
            bytes.append(UInt8(truncatingIfNeeded: left[index]))
            bytes.append(UInt8(truncatingIfNeeded: left[index] >> 8))
            bytes.append(UInt8(truncatingIfNeeded: right[index]))
            bytes.append(UInt8(truncatingIfNeeded: right[index] >> 8))
        }
    }

    /// Samples as the bytes that a WAV file holds; raw PCM of speech servers has the same form.
    public static func littleEndian(_ samples: Span<Int16>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 * samples.count)
        for index in samples.indices {
            let sample = UInt16(bitPattern: samples[index])
            bytes.append(UInt8(truncatingIfNeeded: sample))
            bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
        }
        return bytes
    }
}
