import Foundation
import JitterTraces
import RTPCore

/// Prints the jitter table: every trace, our buffer, the model of NetEQ and the two peers.
func pad(_ text: String, _ width: Int) -> String {
    text.count >= width ? text : String(repeating: " ", count: width - text.count) + text
}

func cell(_ score: PlayoutScore) -> String {
    let format = { (value: Double, digits: Int) in String(format: "%.\(digits)f", value) }
    return pad(format(score.meanDelay, 0), 5) + pad(format(score.delay95, 0), 5) + pad(format(score.latePercent, 2), 7)
        + pad(format(score.concealedPercent, 2), 7) + pad(format(score.stretchedPercent, 2), 6)
}

func option(_ name: String) -> String? {
    let arguments = CommandLine.arguments
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
}
let recordedPath = option("--recorded")
let only = option("--only")
let seed = option("--seed").flatMap(UInt64.init) ?? 1
let peers = option("--peers")
var traces: [JitterTrace] = []
if let recordedPath {
    guard let text = try? String(contentsOfFile: recordedPath, encoding: .utf8),
        let trace = JitterTrace(name: "recorded PCMU", recorded: text, times: 8)
    else {
        FileHandle.standardError.write(Data("no trace can be read from \(recordedPath)\n".utf8))
        exit(2)
    }
    traces.append(trace)
}
traces += JitterTrace.generated(seed: seed, rate: option("--rate").flatMap(Double.init) ?? 512)
if let only { traces = traces.filter { $0.name.contains(only) } }

var ours = OurPlayout(speech: SyntheticSpeech.make(seconds: 60))
if let tick = option("--tick").flatMap(Int64.init) { ours.tick = tick * 1_000 }
if let price = option("--price").flatMap(Int.init) { ours.settings.delay.priceOfPercent = .milliseconds(price) }
if let share = option("--free").flatMap(Double.init) { ours.settings.delay.unheardShare = share }
if let rest = option("--rest").flatMap(Int.init) { ours.settings.rest = .milliseconds(rest) }
if let memory = option("--memory").flatMap(Int.init) { ours.settings.delay.memory = memory }
if let glide = option("--glide").flatMap(Int.init) { ours.settings.delay.glide = glide }
if let weight = option("--overtaken").flatMap(Double.init) { ours.settings.delay.overtakenWeight = weight }

print(pad("", 22) + "  loss |            ours               |            NetEQ model        | fixed60       | fixed100")
print(pad("trace", 22) + "     % | mean  p95   late concld strch | mean  p95   late concld strch | late")
var failures = 0
for trace in traces {
    let our = ours.play(trace)
    let model = NetEQModel.play(trace)
    let judged = !["G.1050 A", "G.1050 B", "G.1050 H"].contains(trace.name) && trace.drift == 0
    let passes = our.latePercent <= model.latePercent + 0.3 && our.meanDelay <= model.meanDelay - 10
    if judged, !passes { failures += 1 }
    let f60 = NetEQModel.playFixed(trace, delay: 60_000)
    let f100 = NetEQModel.playFixed(trace, delay: 100_000)
    print(
        pad(trace.name, 22) + pad(String(format: "%.2f", trace.loss * 100), 6) + " |" + cell(our) + " |" + cell(model)
            + " | " + (judged ? (passes ? "pass" : "MISS") : "    ")
            + String(format: "  %.2f %.2f", f60.latePercent, f100.latePercent)
    )
}
print("missed: \(failures)")
