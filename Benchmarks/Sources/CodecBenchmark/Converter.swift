import AudioCore
import BenchmarkKit
import CAudioPeers

/// The rates of a conversion.
struct RatePair: Hashable, Codable {
    var from: Int
    var to: Int

    init(_ from: Int, _ to: Int) {
        self.from = from
        self.to = to
    }

    /// The lower one.
    var lower: Int { min(self.from, self.to) }
    /// "24 to 8 kHz".
    var name: String { "\(self.from / 1_000) to \(self.to / 1_000) kHz" }
}

/// A resampler of one stream, whoever wrote it.
protocol Converter: AnyObject {
    /// Converts frame `index` of what it was made with; the number of samples made, which are thrown away.
    func run(_ index: Int) -> Int
    /// Converts any samples, as floating point of 16 bits' scale.
    func convert(_ samples: [Int16]) -> [Double]
    /// What it keeps back or adds, in milliseconds.
    var delay: Double { get }
}

/// Ours, as calls use it.
final class OurConverter: Converter {
    private let pair: RatePair
    private let frames: [[Int16]]
    private var resampler: Resampler
    private var output: [Int16] = []

    init(_ pair: RatePair, frames: [[Int16]]) {
        self.pair = pair
        self.frames = frames
        self.resampler = Resampler(to: pair.to, quality: .telephone)
        self.output.reserveCapacity(4 * pair.to / 50)
    }

    func run(_ index: Int) -> Int {
        self.output.removeAll(keepingCapacity: true)
        let frame = self.frames[index]
        self.resampler.process(frame.span, sampleRate: self.pair.from, appendingTo: &self.output)
        return self.output.count
    }

    func convert(_ samples: [Int16]) -> [Double] {
        var output: [Int16] = []
        self.resampler.process(samples.span, sampleRate: self.pair.from, appendingTo: &output)
        return output.map(Double.init)
    }

    var delay: Double {
        let fresh = OurConverter(self.pair, frames: self.frames)
        return 1_000
            * (1 - Double(fresh.convert([Int16](repeating: 0, count: self.pair.from)).count) / Double(self.pair.to))
    }
}

/// libsamplerate.
final class SamplerateConverter: Converter {
    private let pair: RatePair
    private let converter: Int32
    private let state: UnsafeMutableRawPointer?
    private let frames: [[Float]]
    private var output: [Float]

    init(_ pair: RatePair, converter: Int32, frames: [[Int16]]) {
        self.pair = pair
        self.converter = converter
        self.state = peer_samplerate_make(converter)
        self.frames = frames.map { $0.map { Float($0) / 32_768 } }
        self.output = [Float](repeating: 0, count: 4 * pair.to / 50)
    }

    deinit {
        peer_samplerate_free(self.state)
    }

    private var ratio: Double { Double(self.pair.to) / Double(self.pair.from) }

    func run(_ index: Int) -> Int {
        let frame = self.frames[index]
        return frame.withUnsafeBufferPointer { input in
            self.output.withUnsafeMutableBufferPointer { output in
                peer_samplerate_run(
                    self.state,
                    self.ratio,
                    input.baseAddress,
                    input.count,
                    output.baseAddress,
                    output.count
                )
            }
        }
    }

    func convert(_ samples: [Int16]) -> [Double] {
        var output = [Float](repeating: 0, count: samples.count * self.pair.to / self.pair.from + 1_000)
        let input = samples.map { Float($0) / 32_768 }
        let made = peer_samplerate_run(self.state, self.ratio, input, input.count, &output, output.count)
        return output.prefix(made).map { Double($0) * 32_768 }
    }

    var delay: Double {
        let fresh = SamplerateConverter(self.pair, converter: self.converter, frames: [])
        return 1_000
            * (1 - Double(fresh.convert([Int16](repeating: 0, count: self.pair.from)).count) / Double(self.pair.to))
    }
}

/// speexdsp.
final class SpeexConverter: Converter {
    private let pair: RatePair
    private let state: UnsafeMutableRawPointer?
    private let frames: [[Int16]]
    private var output: [Int16]

    init(_ pair: RatePair, quality: Int32, frames: [[Int16]]) {
        self.pair = pair
        self.state = peer_speex_make(UInt32(pair.from), UInt32(pair.to), quality)
        self.frames = frames
        self.output = [Int16](repeating: 0, count: 4 * pair.to / 50)
    }

    deinit {
        peer_speex_free(self.state)
    }

    func run(_ index: Int) -> Int {
        self.frames[index].withUnsafeBufferPointer { input in
            self.output.withUnsafeMutableBufferPointer { output in
                peer_speex_run(self.state, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
    }

    func convert(_ samples: [Int16]) -> [Double] {
        var output = [Int16](repeating: 0, count: samples.count * self.pair.to / self.pair.from + 1_000)
        let made = peer_speex_run(self.state, samples, samples.count, &output, output.count)
        return output.prefix(made).map(Double.init)
    }

    var delay: Double {
        1_000 * Double(peer_speex_latency(self.state)) / Double(self.pair.from)
    }
}
