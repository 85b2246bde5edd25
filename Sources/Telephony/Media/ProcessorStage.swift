import AudioCore
import RTPCore

/// A processor on a leg, with the conversions to its rate and back.
///
/// Conversion may give a little more or less than a frame at a time, so what is over waits for the next frame; the first
/// frame is short of a filter's delay, which is filled with silence once.
struct ProcessorStage: ~Copyable {
    /// Room for a frame in the processor's rate and on its way back; nothing of it outlives a turn.
    struct Scratch {
        var heard: [Int16] = []
        var spoken: [Int16] = []
        var converted: [Int16] = []
    }

    private let processor: any LoopAudioProcessor
    private let rate: Int
    private let codecRate: Int
    private var toProcessor: Resampler
    private var fromProcessor: Resampler
    /// What is over of each way. Between the rates of telephony nothing ever is.
    private var heardBefore: [Int16] = []
    private var convertedBefore: [Int16] = []

    init(_ processor: any LoopAudioProcessor, codecRate: Int) {
        let rate = max(processor.sampleRate ?? codecRate, 50)
        self.processor = processor
        self.rate = rate
        self.codecRate = codecRate
        self.toProcessor = Resampler(to: rate)
        self.fromProcessor = Resampler(to: codecRate)
    }

    /// Takes another codec's rate; what is on its way is dropped.
    mutating func change(codecRate: Int) {
        self = ProcessorStage(self.processor, codecRate: codecRate)
    }

    /// Gives the processor a frame of 20 ms and replaces `frame`, as long, by what it says.
    mutating func run(_ samples: borrowing [Int16], into frame: inout [Int16], _ scratch: inout Scratch) {
        guard self.rate != self.codecRate else {
            return Self.ask(self.processor, samples, samples.count, self.rate, &frame)
        }
        let count = self.rate / 50
        Self.take(&self.heardBefore, into: &scratch.heard)
        Self.convert(samples, self.codecRate, with: &self.toProcessor, appendingTo: &scratch.heard)
        Self.fill(&scratch.heard, to: count)
        scratch.spoken.resize(to: count)
        Self.ask(self.processor, scratch.heard, count, self.rate, &scratch.spoken)
        Self.keep(scratch.heard, from: count, in: &self.heardBefore)
        Self.take(&self.convertedBefore, into: &scratch.converted)
        Self.convert(scratch.spoken, self.rate, with: &self.fromProcessor, appendingTo: &scratch.converted)
        Self.fill(&scratch.converted, to: frame.count)
        Self.keep(scratch.converted, from: frame.count, in: &self.convertedBefore)
        scratch.converted.resize(to: frame.count)
        swap(&frame, &scratch.converted)
    }

    // Each takes the parts that it works on, so that they are borrowed one by one.

    private static func convert(
        _ samples: borrowing [Int16],
        _ rate: Int,
        with resampler: inout Resampler,
        appendingTo output: inout [Int16]
    ) {
        resampler.process(samples.span, sampleRate: rate, appendingTo: &output)
    }

    private static func ask(
        _ processor: any LoopAudioProcessor,
        _ heard: borrowing [Int16],
        _ count: Int,
        _ rate: Int,
        _ spoken: inout [Int16]
    ) {
        for index in spoken.indices { spoken[index] = 0 }
        var span = spoken.mutableSpan
        processor.process(heard.span.extracting(0..<count), into: &span, sampleRate: rate)
    }

    private static func take(_ before: inout [Int16], into samples: inout [Int16]) {
        samples.removeAll(keepingCapacity: true)
        guard !before.isEmpty else { return }
        samples.append(contentsOf: before)
        before.removeAll(keepingCapacity: true)
    }

    private static func keep(_ samples: borrowing [Int16], from count: Int, in before: inout [Int16]) {
        for index in count..<max(samples.count, count) { before.append(samples[index]) }
    }

    private static func fill(_ samples: inout [Int16], to count: Int) {
        guard samples.count < count else { return }
        samples.insert(contentsOf: repeatElement(0, count: count - samples.count), at: 0)
    }
}
