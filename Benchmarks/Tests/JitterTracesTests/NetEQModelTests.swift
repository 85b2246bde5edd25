import JitterTraces
import Testing

/// The model of NetEQ against the rows of the reference table that were measured with NetEQ's own rules.
struct NetEQModelTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var trace: String
        var late: Double
        var mean: Double

        var testDescription: String { self.trace }
    }

    static let rows = [
        Row(trace: "G.1050 C", late: 0, mean: 46),
        Row(trace: "G.1050 D", late: 0, mean: 74),
        Row(trace: "G.1050 E", late: 0, mean: 111),
        Row(trace: "G.1050 F", late: 0.01, mean: 146),
        Row(trace: "G.1050 G", late: 0.04, mean: 248),
        Row(trace: "Gilbert-Elliott 9 %", late: 0, mean: 103),
        Row(trace: "WiFi stalls 2.5 s", late: 0.85, mean: 270),
        Row(trace: "WiFi stalls 8 s", late: 0.28, mean: 73),
        Row(trace: "step 120 ms and back", late: 0.03, mean: 92),
    ]

    /// The traces are our own of the same description, so the rows can be met within a fifth and half a point.
    @Test(arguments: rows)
    func rowIsMet(row: Row) throws {
        let trace = try #require(JitterTrace.generated().first { $0.name == row.trace })
        let score = NetEQModel.play(trace)
        #expect(abs(score.meanDelay - row.mean) <= row.mean / 5, "\(score.meanDelay) ms")
        #expect(abs(score.excessPercent - row.late) <= 0.5, "\(score.excessPercent) %")
    }

    @Test func tracesAreTheSameEveryTime() {
        let first = JitterTrace.generated(seconds: 20)
        let second = JitterTrace.generated(seconds: 20)
        #expect(first.map(\.arrivals) == second.map(\.arrivals))
        #expect(first.map(\.arrivals) != JitterTrace.generated(seed: 2, seconds: 20).map(\.arrivals))
    }

    @Test func lossIsThatOfTheReference() throws {
        let expected = [
            "G.1050 C": 0.03, "G.1050 E": 0.17, "G.1050 F": 0.79, "G.1050 G": 3.5, "Gilbert-Elliott 9 %": 9,
        ]
        for trace in JitterTrace.generated() {
            guard let loss = expected[trace.name] else { continue }
            #expect(abs(trace.loss * 100 - loss) < max(0.2, loss / 5), "\(trace.name): \(trace.loss)")
        }
    }
}
