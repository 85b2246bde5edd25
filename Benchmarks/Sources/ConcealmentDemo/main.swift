import AudioCore
import CoreTypes
import Foundation
import RTPCore

// Speech through bursts of loss: as the ears of a leg get it with concealment, the same with silence in place of what
// was made up, and as playout gives it. Says in a line of JSON what was lost. `Scripts/bench concealment` has them judged.
//
//     ConcealmentDemo IN.wav WITH.wav WITHOUT.wav PLAYOUT.wav [--codec pcmu] [--loss 10] [--seed 1]

let arguments = CommandLine.arguments

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(2)
}

func option(_ name: String) -> String? {
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
}

func number<Value: LosslessStringConvertible>(_ name: String, _ standard: Value) -> Value {
    guard let text = option(name) else { return standard }
    guard let value = Value(text) else { fail("\(name) \(text) is no number") }
    return value
}

let codecs: [String: AudioCodec] = [
    "pcmu": .pcmu, "pcma": .pcma, "g722": .g722, "opus": .opus, "l16": .l16Wideband,
]
guard arguments.count >= 5, let bytes = FileManager.default.contents(atPath: arguments[1]),
    let speech = try? WAVReader(Array(bytes)).mono(), let codec = codecs[option("--codec") ?? "pcmu"]
else {
    fail("usage: ConcealmentDemo IN.wav WITH.wav WITHOUT.wav PLAYOUT.wav [--codec pcmu] [--loss 10] [--seed 1]")
}
let outcome = LossySpeech.through(
    Resampler.convert(speech, to: codec.audioRate),
    codec: codec,
    loss: number("--loss", 10.0) / 100,
    seed: number("--seed", 1)
)
for (frame, path) in zip([outcome.concealed, outcome.silenced, outcome.played], arguments[2...4]) {
    guard FileManager.default.createFile(atPath: path, contents: Data(WAVWriter.bytes(of: frame))) else {
        fail("\(path) cannot be written")
    }
}
print("{\"packets\": \(outcome.packets), \"lost\": \(outcome.lost), \"bursts\": \(outcome.bursts)}")
