import CoreTypes
import Testing

@testable import AudioCore

/// The rates between which calls are converted, from one to the other.
let telephonePairs = [8_000, 16_000, 24_000, 48_000].flatMap { from in
    [8_000, 16_000, 24_000, 48_000].filter { $0 != from }.map { (from: from, to: $0) }
}

@Suite struct PolyphaseFilterTests {
    /// Noise of full scale, the same for the same seed.
    private func noise(_ count: Int, seed: UInt64) -> [Int16] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in Int16.random(in: .min ... .max, using: &random) }
    }

    private func converted(_ samples: [Int16], _ pair: (from: Int, to: Int)) throws -> [Int16] {
        var filter = try #require(PolyphaseFilter(from: pair.from, to: pair.to))
        var output: [Int16] = []
        filter.process(samples.span, appendingTo: &output)
        filter.flush(appendingTo: &output)
        return output
    }

    @Test(arguments: telephonePairs)
    func anySplitOfTheInputGivesTheSame(pair: (from: Int, to: Int)) throws {
        let samples = self.noise(2_000, seed: 1)
        let whole = try self.converted(samples, pair)
        for seed in 1...4 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let longest = [3, 17, 160, 1_000][Int(seed % 4)]
            var filter = try #require(PolyphaseFilter(from: pair.from, to: pair.to))
            var output: [Int16] = []
            var rest = samples.span
            while !rest.isEmpty {
                // Blocks of no sample are among them.
                let count = Int.random(in: 0...longest, using: &random)
                filter.process(rest.extracting(first: count), appendingTo: &output)
                rest = rest.extracting(droppingFirst: min(count, rest.count))
            }
            filter.flush(appendingTo: &output)
            #expect(output == whole, "seed \(seed)")
        }
    }

    @Test(arguments: telephonePairs)
    func everySampleIsWhatExactArithmeticGives(pair: (from: Int, to: Int)) throws {
        let table = try #require(PolyphaseTable.between(pair.from, pair.to))
        let samples = self.noise(700, seed: 2)
        let output = try self.converted(samples, pair)
        let middle = table.taps / 2 - 1
        for (index, sample) in output.enumerated() {
            let (time, phase) = (index * table.down / table.up, index * table.down % table.up)
            var sum = 0
            for tap in 0..<table.taps {
                let position = time - middle + tap
                guard samples.indices.contains(position) else { continue }
                sum += Int(samples[position]) * table.coefficient(phase, tap)
            }
            let exact = (Double(sum) / Double(1 << table.scale)).rounded()
            let wanted = min(max(exact, -32_768), 32_767)
            guard abs(Double(sample) - wanted) > 1 else { continue }
            Issue.record("sample \(index) is \(sample), not \(wanted)")
            break
        }
    }

    @Test(arguments: telephonePairs)
    func theLoudestInputIsLimitedAndNeverWraps(pair: (from: Int, to: Int)) throws {
        let table = try #require(PolyphaseTable.between(pair.from, pair.to))
        for phase in 0..<table.up {
            // The input that drives this phase the furthest: full scale with the signs of the coefficients.
            let up = (0..<table.taps).map { table.coefficient(phase, $0) < 0 ? Int16.min : Int16.max }
            let down = (0..<table.taps).map { table.coefficient(phase, $0) < 0 ? Int16.max : Int16.min }
            // Its middle lies where an output sample of that phase does.
            let start = table.up * table.down * table.taps
            let time = (0..<table.up).first { ($0 * table.down) % table.up == phase } ?? 0
            let middle = start + time * table.down / table.up
            let padding = [Int16](repeating: 0, count: middle - (table.taps / 2 - 1))
            let index = (middle * table.up + phase) / table.down
            #expect(try self.converted(padding + up, pair)[index] == .max)
            #expect(try self.converted(padding + down, pair)[index] == .min)
        }
    }

    @Test(arguments: telephonePairs)
    func noLaneOfASumCanOverflow(pair: (from: Int, to: Int)) throws {
        let table = try #require(PolyphaseTable.between(pair.from, pair.to))
        #expect(table.taps.isMultiple(of: 16) && table.coefficients.count == table.up * table.taps / 8)
        for phase in 0..<table.up {
            // Even and odd blocks, and four lanes of two samples in each.
            var lanes = [Int](repeating: 0, count: 8)
            for tap in 0..<table.taps {
                lanes[tap / 8 % 2 * 4 + tap % 8 / 2] += abs(table.coefficient(phase, tap))
            }
            #expect(lanes.allSatisfy { $0 < 1 << 16 })
            // All lanes together, as they are added with 13 bits behind the point.
            #expect(lanes.reduce(0, +) >> (table.scale - 13) < 1 << 15)
        }
    }

    @Test(arguments: telephonePairs, [0, 1, 2, 3, 159, 160, 161, 1_000])
    func flushingGivesAsMuchAsWentIn(pair: (from: Int, to: Int), count: Int) throws {
        let output = try self.converted([Int16](repeating: 1, count: count), pair)
        #expect(output.count == (count * pair.to + pair.from - 1) / pair.from)
    }

    @Test(arguments: telephonePairs)
    func theDelayIs32SamplesOfTheLowerRate(pair: (from: Int, to: Int)) throws {
        var filter = try #require(PolyphaseFilter(from: pair.from, to: pair.to))
        var output: [Int16] = []
        filter.process([Int16](repeating: 0, count: pair.from / 50).span, appendingTo: &output)
        let lower = min(pair.from, pair.to)
        // 20 ms less 32 samples of the lower rate: 4 ms at 8 kHz, 2 ms at 16 kHz.
        #expect(output.count == pair.to / 50 - 32 * pair.to / lower)
        output.removeAll()
        filter.process([Int16](repeating: 0, count: pair.from / 50).span, appendingTo: &output)
        #expect(output.count == pair.to / 50)
    }

    @Test func resettingForgets() throws {
        var used = try #require(PolyphaseFilter(from: 24_000, to: 8_000))
        var fresh = try #require(PolyphaseFilter(from: 24_000, to: 8_000))
        var (first, second): ([Int16], [Int16]) = ([], [])
        used.process(self.noise(777, seed: 3).span, appendingTo: &first)
        used.reset()
        first.removeAll()
        let samples = self.noise(2_000, seed: 4)
        used.process(samples.span, appendingTo: &first)
        fresh.process(samples.span, appendingTo: &second)
        #expect(first == second)
    }

    @Test func flushingIsABeginning() throws {
        let samples = self.noise(500, seed: 5)
        var filter = try #require(PolyphaseFilter(from: 16_000, to: 24_000))
        var (first, second): ([Int16], [Int16]) = ([], [])
        filter.process(samples.span, appendingTo: &first)
        filter.flush(appendingTo: &first)
        filter.process(samples.span, appendingTo: &second)
        filter.flush(appendingTo: &second)
        #expect(first == second)
        var nothing: [Int16] = []
        filter.flush(appendingTo: &nothing)
        #expect(nothing.isEmpty)
    }

    @Test func streamsDoNotMix() throws {
        let (left, right) = (self.noise(3_200, seed: 6), self.noise(3_200, seed: 7))
        var filters = try [
            #require(PolyphaseFilter(from: 8_000, to: 16_000)), #require(PolyphaseFilter(from: 8_000, to: 16_000)),
        ]
        var outputs: [[Int16]] = [[], []]
        for start in stride(from: 0, to: 3_200, by: 160) {
            filters[0].process(left.span.extracting(start..<(start + 160)), appendingTo: &outputs[0])
            filters[1].process(right.span.extracting(start..<(start + 160)), appendingTo: &outputs[1])
        }
        filters[0].flush(appendingTo: &outputs[0])
        filters[1].flush(appendingTo: &outputs[1])
        #expect(try outputs[0] == self.converted(left, (from: 8_000, to: 16_000)))
        #expect(try outputs[1] == self.converted(right, (from: 8_000, to: 16_000)))
    }

    @Test func whatIsAppendedToStays() throws {
        var filter = try #require(PolyphaseFilter(from: 8_000, to: 16_000))
        var output: [Int16] = [1, 2, 3]
        filter.process([Int16](repeating: 0, count: 60).span, appendingTo: &output)
        #expect(output == [1, 2, 3] + [Int16](repeating: 0, count: 56))
    }

    @Test func otherRatiosHaveNoTable() {
        for (from, to) in [
            (8_000, 8_000), (0, 8_000), (8_000, 0), (-8_000, 16_000), (8_000, -16_000), (22_050, 16_000),
            (8_000, 64_000), (Int.max, 1), (1, Int.max), (Int.min, Int.min + 1),
        ] {
            #expect(PolyphaseFilter(from: from, to: to) == nil)
        }
        #expect(PolyphaseFilter(from: 32_000, to: 24_000) != nil)
    }
}

extension PolyphaseTable {
    /// One coefficient of a row.
    func coefficient(_ phase: Int, _ tap: Int) -> Int {
        Int(self.coefficients[phase * self.taps / 8 + tap / 8][tap % 8])
    }
}
