import BenchmarkKit
import CMeasure

/// Conversion between rates, a frame of 20 ms: ours beside libsamplerate and speexdsp.
enum ResamplingWorkloads {
    static let pairs = [
        RatePair(8_000, 16_000), RatePair(24_000, 8_000), RatePair(16_000, 8_000), RatePair(8_000, 24_000),
        RatePair(48_000, 8_000), RatePair(8_000, 48_000), RatePair(16_000, 48_000), RatePair(48_000, 16_000),
    ]

    /// A resampler by its name in the tables.
    struct Candidate: Sendable {
        var name: String
        var scope: String
        var isOurs: Bool
        var make: @Sendable (RatePair, [[Int16]]) -> any Converter
    }

    static let candidates = [
        Candidate(name: "Svetlana, telephone", scope: "Resampler, in 16 bits", isOurs: true) {
            OurConverter($0, frames: $1)
        },
        Candidate(name: "libsamplerate, FASTEST", scope: "src_process alone, in floating point", isOurs: false) {
            SamplerateConverter($0, converter: 2, frames: $1)
        },
        Candidate(name: "libsamplerate, MEDIUM", scope: "src_process alone, in floating point", isOurs: false) {
            SamplerateConverter($0, converter: 1, frames: $1)
        },
        Candidate(name: "speexdsp, quality 3", scope: "speex_resampler_process_int", isOurs: false) {
            SpeexConverter($0, quality: 3, frames: $1)
        },
        Candidate(name: "speexdsp, quality 5", scope: "speex_resampler_process_int", isOurs: false) {
            SpeexConverter($0, quality: 5, frames: $1)
        },
    ]

    static func groups() -> [WorkloadGroup] {
        self.pairs.map { pair in
            WorkloadGroup(pair.name, title: "Resampling 20 ms, \(pair.name)", unit: "frame") {
                let frames = Speech.frames(pair.from)
                return self.candidates.map { self.workload($0, pair, frames) }
            }
        }
    }

    private static func workload(_ candidate: Candidate, _ pair: RatePair, _ frames: [[Int16]]) -> Workload {
        let converter = candidate.make(pair, frames)
        return Workload(
            candidate.name,
            scope: candidate.scope,
            isOurs: candidate.isOurs,
            cycle: frames.count,
            check: {
                let made = (0..<50).reduce(0) { $0 + converter.run($1) }
                guard abs(made - pair.to) < pair.to / 20 else { throw WrongResult("\(candidate.name) makes \(made)") }
            },
            run: { iterations in
                var sum = 0
                for index in 0..<iterations { sum &+= converter.run(index % 50) }
                measure_keep(UInt64(sum))
            }
        )
    }
}
