import RTPCore
import Testing

/// G.711 against the tables of the Recommendation: decision and output values, built up segment by segment as its
/// tables 1a and 2a are, and searched; no bit trick is shared with the codec.
struct G711Tests {
    /// The positive half of a law: the interval `k` is lower[k]..<lower[k + 1], and its output value is middle.
    struct Half {
        var lower: [Int] = []
        var output: [Int] = []

        /// The interval of every magnitude below `count`; beyond the overload it is the last one.
        func intervals(count: Int) -> [Int] {
            var interval = 0
            return (0..<count).map { magnitude in
                while interval + 1 < self.lower.count, self.lower[interval + 1] <= magnitude { interval += 1 }
                return interval
            }
        }
    }

    /// Table 2a: µ-law, in units of which 8 159 is the overload. The first interval is half a step wide.
    static let mu: Half = {
        var half = Half()
        half.lower.append(0)
        half.output.append(0)
        var edge = 1
        for segment in 0..<8 {
            let step = 2 << segment
            for _ in 0..<(segment == 0 ? 15 : 16) {
                half.lower.append(edge)
                half.output.append(edge + step / 2)
                edge += step
            }
        }
        return half
    }()

    /// Table 1a: A-law, in units of which 4 096 is the overload.
    static let a: Half = {
        var half = Half()
        var edge = 0
        for segment in 0..<8 {
            let step = segment == 0 ? 2 : 2 << (segment - 1)
            for _ in 0..<16 {
                half.lower.append(edge)
                half.output.append(edge + step / 2)
                edge += step
            }
        }
        return half
    }()

    @Test func theTablesEndWhereTheRecommendationSays() {
        #expect(G711Tests.mu.lower.count == 128)
        #expect(G711Tests.mu.output.last == 8_031)
        #expect(G711Tests.a.lower.count == 128)
        #expect(G711Tests.a.output.last == 4_032)
    }

    @Test func everySampleGetsTheCodeOfItsIntervalByMuLaw() {
        let intervals = G711Tests.mu.intervals(count: 8_192)
        let wrong = (Int(Int16.min)...Int(Int16.max)).filter { value in
            // 14 bits count; a negative value is the mirror image of one less.
            let magnitude = (value < 0 ? ~value : value) >> 2
            let expected = ~UInt8(intervals[magnitude] | (value < 0 ? 0x80 : 0))
            return G711.encode(Int16(value), law: .mu) != expected
        }
        #expect(wrong.isEmpty)
    }

    @Test func everySampleGetsTheCodeOfItsIntervalByALaw() {
        let intervals = G711Tests.a.intervals(count: 4_096)
        let wrong = (Int(Int16.min)...Int(Int16.max)).filter { value in
            let magnitude = (value < 0 ? ~value : value) >> 3
            let expected = UInt8(intervals[magnitude] | (value < 0 ? 0 : 0x80)) ^ 0x55
            return G711.encode(Int16(value), law: .a) != expected
        }
        #expect(wrong.isEmpty)
    }

    @Test func everyCodeGivesTheOutputValueOfItsInterval() {
        for code in UInt8.min...UInt8.max {
            let mu = Int(~code)
            let muValue = G711Tests.mu.output[mu & 0x7F] * 4 * (mu & 0x80 == 0 ? 1 : -1)
            #expect(Int(G711.decode(code, law: .mu)) == muValue, "code \(code)")
            let a = Int(code ^ 0x55)
            let aValue = G711Tests.a.output[a & 0x7F] * 8 * (a & 0x80 == 0 ? -1 : 1)
            #expect(Int(G711.decode(code, law: .a)) == aValue, "code \(code)")
        }
    }

    @Test(arguments: G711.Law.allCases)
    func aCodeSurvivesTheRoundTrip(law: G711.Law) {
        for code in UInt8.min...UInt8.max {
            let again = G711.encode(G711.decode(code, law: law), law: law)
            // µ-law has two zeros, of which one is spoken.
            #expect(again == (law == .mu && code == 0x7F ? 0xFF : code))
        }
        #expect(abs(Int(G711.decode(G711.silence(law), law: law))) <= 8)
    }
}
