import AudioCore
import CoreTypes
import Foundation
import RTPCore

// Speech through bursts of loss, once concealed and once with silence in place of what was lost.
//
//     ConcealmentDemo IN.wav WITH.wav WITHOUT.wav --loss 10 --seed 1

let arguments = CommandLine.arguments
func option(_ name: String) -> Double? {
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    return Double(arguments[index + 1])
}
guard arguments.count >= 4, let bytes = FileManager.default.contents(atPath: arguments[1]),
    let speech = try? WAVReader(Array(bytes)).mono()
else {
    FileHandle.standardError.write(
        Data("usage: ConcealmentDemo IN.wav WITH.wav WITHOUT.wav [--loss 10] [--seed 1]\n".utf8)
    )
    exit(2)
}
let outcome = LossySpeech.through(
    Resampler.convert(speech, to: 8_000),
    loss: (option("--loss") ?? 10) / 100,
    seed: UInt64(option("--seed") ?? 1)
)
for (frame, path) in [(outcome.concealed, arguments[2]), (outcome.silenced, arguments[3])] {
    guard FileManager.default.createFile(atPath: path, contents: Data(WAVWriter.bytes(of: frame))) else {
        FileHandle.standardError.write(Data("\(path) cannot be written\n".utf8))
        exit(2)
    }
}
print("\(outcome.packets) packets, \(outcome.lost) lost in \(outcome.bursts) bursts, seed as given")
