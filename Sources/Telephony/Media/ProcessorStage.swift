import AudioCore

/// A processor on a leg, with the conversions to its rate and back.
///
/// Conversion gives a little more or less than a frame at a time, so both ways have a queue; the first frame is short of a
/// filter's delay, which is filled with silence once.
struct ProcessorStage: ~Copyable {
    private let processor: any LoopAudioProcessor
    private let rate: Int
    private let codecRate: Int
    private var toProcessor: Resampler
    private var fromProcessor: Resampler
    private var heard: [Int16] = []
    private var spoken: [Int16]
    private var converted: [Int16] = []

    init(_ processor: any LoopAudioProcessor, codecRate: Int) {
        let rate = max(processor.sampleRate ?? codecRate, 50)
        self.processor = processor
        self.rate = rate
        self.codecRate = codecRate
        self.toProcessor = Resampler(to: rate)
        self.fromProcessor = Resampler(to: codecRate)
        self.spoken = [Int16](repeating: 0, count: rate == codecRate ? 0 : rate / 50)
        guard rate != codecRate else { return }
        // Never more than a frame and what conversion gave beyond it.
        self.heard.reserveCapacity(rate / 25)
        self.converted.reserveCapacity(codecRate / 25)
    }

    /// Takes another codec's rate; what is on its way is dropped.
    mutating func change(codecRate: Int) {
        self = ProcessorStage(self.processor, codecRate: codecRate)
    }

    /// Gives the processor a frame of 20 ms and replaces `frame`, as long, by what it says; `false` for silence.
    mutating func run(_ samples: borrowing [Int16], into frame: inout [Int16]) -> Bool {
        guard self.rate != self.codecRate else {
            return Self.ask(self.processor, samples, samples.count, self.rate, &frame)
        }
        let count = self.rate / 50
        Self.convert(samples, self.codecRate, with: &self.toProcessor, appendingTo: &self.heard)
        Self.fill(&self.heard, to: count)
        let says = Self.ask(self.processor, self.heard, count, self.rate, &self.spoken)
        self.heard.removeFirst(count)
        Self.convert(self.spoken, self.rate, with: &self.fromProcessor, appendingTo: &self.converted)
        Self.fill(&self.converted, to: frame.count)
        for index in frame.indices { frame[index] = self.converted[index] }
        self.converted.removeFirst(frame.count)
        return says
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
    ) -> Bool {
        for index in spoken.indices { spoken[index] = 0 }
        var span = spoken.mutableSpan
        return processor.process(heard.span.extracting(0..<count), into: &span, sampleRate: rate)
    }

    private static func fill(_ samples: inout [Int16], to count: Int) {
        guard samples.count < count else { return }
        samples.insert(contentsOf: repeatElement(0, count: count - samples.count), at: 0)
    }
}
