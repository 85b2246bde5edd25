import Foundation
import JitterTraces
import RTPCore

// Prints the jitter table: every trace, our buffer, the model of NetEQ and the two peers. Exits with 1 when a trace on
// which we have a target misses it.
//
//     JitterBench --recorded recorded-pcmu.csv [--peers DIRECTORY] [--seed 1] [--tick 10] [--only NAME]

func option(_ name: String) -> String? {
    let arguments = CommandLine.arguments
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
}

func pad(_ text: String, _ width: Int) -> String {
    text.count >= width ? text : String(repeating: " ", count: width - text.count) + text
}

func cell(_ score: PlayoutScore) -> String {
    pad(String(format: "%.0f", score.meanDelay), 5) + pad(String(format: "%.0f", score.delay95), 5)
        + pad(String(format: "%.2f", score.latePercent), 7) + pad(String(format: "%.2f", score.concealedPercent), 7)
        + pad(String(format: "%.2f", score.stretchedPercent), 6)
}

func shortCell(_ score: PlayoutScore) -> String {
    pad(String(format: "%.0f", score.meanDelay), 5) + pad(String(format: "%.2f", score.latePercent), 7)
        + pad(String(format: "%.2f", score.concealedPercent), 7)
}

let seed = option("--seed").flatMap(UInt64.init) ?? 1
var traces = JitterTrace.generated(seed: seed)
if let path = option("--recorded") {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
        let trace = JitterTrace(name: "recorded PCMU", recorded: text, times: 8)
    else {
        FileHandle.standardError.write(Data("no trace can be read from \(path)\n".utf8))
        exit(2)
    }
    traces.insert(trace, at: 0)
}
if let only = option("--only") { traces = traces.filter { $0.name.contains(only) } }
var ours = OurPlayout(speech: SyntheticSpeech.make(seconds: 60))
if let tick = option("--tick").flatMap(Int64.init) { ours.tick = min(max(tick, 1), 100) * 1_000 }
let peers = option("--peers")

print(
    pad("", 22) + "  loss |             ours              |         NetEQ model           |"
        + (peers == nil ? "" : "      speexdsp      |   rtpjitterbuffer  |")
)
print(
    pad("trace", 22) + "     % | mean  p95   late concld strch | mean  p95   late concld strch |"
        + (peers == nil ? "" : " mean   late concld | mean   late concld |")
)
var missed = 0
for trace in traces {
    let our = ours.play(trace)
    let model = NetEQModel.play(trace)
    let isJudged = !["G.1050 A", "G.1050 B", "G.1050 H"].contains(trace.name) && trace.drift == 0
    let passes = our.latePercent <= model.latePercent + 0.3 && our.meanDelay <= model.meanDelay - 10
    if isJudged, !passes { missed += 1 }
    var line = pad(trace.name, 22) + pad(String(format: "%.2f", trace.loss * 100), 6) + " |" + cell(our) + " |"
    line += cell(model) + " |"
    if let peers {
        line += (try? Peers.speex(trace, in: peers)).map(shortCell) ?? pad("failed", 19)
        line += " |"
        line += (try? Peers.gstreamer(trace, latency: 200, in: peers)).map(shortCell) ?? pad("failed", 19)
        line += " |"
    }
    print(line + (isJudged ? (passes ? " reached" : " MISSED") : ""))
}
print("\nmean and p95: milliseconds beyond the fastest packet; late: made up although the packet came;")
print("concld: made up; strch: removed or inserted; all in percent of the time. \(missed) missed.")
exit(missed == 0 ? 0 : 1)
