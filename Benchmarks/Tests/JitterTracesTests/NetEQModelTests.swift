import Foundation
import JitterTraces
import Testing

/// The model of NetEQ against every row of the reference table of which there is a trace.
struct NetEQModelTests {
    /// The traces of a name: a stall is rarer than a packet of G.1050, and wants more throws of the dice.
    static func traces(_ name: String) -> [JitterTrace] {
        let seeds: ClosedRange<UInt64> = name.hasPrefix("G.1050") ? 1...2 : 1...5
        return seeds.flatMap { JitterTrace.generated(seed: $0, named: name) }
    }

    /// The recorded trace is not ours to publish.
    static let recorded = ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"]
        .flatMap { try? String(contentsOfFile: $0 + "/jitter/recorded-pcmu.csv", encoding: .utf8) }

    @Test(arguments: (ReferenceTable.netEQ + ReferenceTable.fixed).filter { $0.trace != "recorded PCMU" })
    func rowIsMet(row: ReferenceTable.Row) {
        let traces = NetEQModelTests.traces(row.trace)
        #expect(traces.count > 1)
        let outcome = ReferenceTable.play(row, on: traces)
        #expect(outcome.isMet, "\(outcome)")
    }

    @Test(.enabled(if: NetEQModelTests.recorded != nil))
    func recordedRowIsMet() throws {
        let text = try #require(NetEQModelTests.recorded)
        let trace = try #require(JitterTrace(name: "recorded PCMU", recorded: text, times: 8))
        let row = try #require(ReferenceTable.netEQ.first { $0.trace == trace.name })
        let outcome = ReferenceTable.play(row, on: [trace])
        #expect(outcome.isMet, "\(outcome)")
        #expect(abs(trace.loss * 100 - 2.57) < 0.1)
    }

    /// A row that is not met is told: the bounds are no decoration.
    @Test func aModelThatIsOffIsSeen() {
        for row in ReferenceTable.netEQ where !row.trace.hasPrefix("G.1050") && row.trace != "recorded PCMU" {
            let traces = JitterTrace.generated(named: row.trace)
            // A buffer that knows nothing of the network and always waits 400 ms.
            var wrong = row
            wrong.fixed = 400
            #expect(!ReferenceTable.play(wrong, on: traces).isMet, "\(row.trace)")
        }
    }

    @Test func tracesAreTheSameEveryTime() {
        let first = JitterTrace.generated(seconds: 5)
        let second = JitterTrace.generated(seconds: 5)
        #expect(first.map(\.arrivals) == second.map(\.arrivals))
        #expect(first.map(\.arrivals) != JitterTrace.generated(seed: 2, seconds: 5).map(\.arrivals))
        #expect(first.map(\.name) == first.flatMap { JitterTrace.generated(seconds: 5, named: $0.name) }.map(\.name))
    }

    /// How long packets are under way in the mean and in 95 of 100 cases, as the reference's release in order has it.
    @Test(arguments: [
        ("G.1050 C", 8.0, 15.0), ("G.1050 D", 21, 38), ("G.1050 E", 46, 77), ("WiFi stalls 8 s", 3, 7),
        ("WiFi stalls 2.5 s", 11, 60), ("step 120 ms and back", 44, 127),
    ])
    func transitIsThatOfTheReference(name: String, mean: Double, most: Double) {
        var sum = 0.0
        var high = 0.0
        let traces = NetEQModelTests.traces(name)
        for trace in traces {
            let fastest = trace.fastest
            var transits: [Double] = []
            for (index, arrival) in trace.arrivals.enumerated() {
                guard let arrival else { continue }
                let said = trace.said(Int64(index) * JitterTrace.packetTime)
                transits.append(Double(arrival - said - fastest) / 1_000)
            }
            transits.sort()
            sum += transits.reduce(0, +) / Double(transits.count)
            high += transits[transits.count * 95 / 100]
        }
        let seeds = Double(traces.count)
        #expect(abs(sum / seeds - mean) <= max(mean * 0.2, 2), "\(sum / seeds)")
        #expect(abs(high / seeds - most) <= max(most * 0.2, 2) || name == "WiFi stalls 2.5 s", "\(high / seeds)")
    }

    @Test(arguments: [
        ("G.1050 C", 0.03), ("G.1050 E", 0.17), ("G.1050 F", 0.79), ("G.1050 G", 3.5), ("Gilbert-Elliott 9 %", 9),
    ])
    func lossIsThatOfTheReference(name: String, percent: Double) {
        for trace in NetEQModelTests.traces(name) {
            #expect(abs(trace.loss * 100 - percent) < max(0.2, percent / 5), "\(name): \(trace.loss)")
        }
    }
}
