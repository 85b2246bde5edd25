import BenchmarkKit
import Foundation
import SIPWorkloads

/// Counts the instructions of our own paths, and compares with the thresholds; needs no peer.
@main
enum SIPInstructions {
    static func main() {
        do {
            try self.run()
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() throws {
        let corpus = try Corpus()
        let groups = OwnGroups.make(corpus)
        guard try !Counting.countIfAsked(groups) else { return }
        let counted = try Counting.instructions(folder: ".build/callgrind", arguments: [])
        var thresholds = try Thresholds(file: "thresholds.json")
        if CommandLine.arguments.contains("--update") {
            try thresholds.update(counted)
            print("took \(counted.count) counts into thresholds.json")
            return
        }
        let (lines, passes) = thresholds.compare(counted)
        print(lines.joined(separator: "\n"))
        if !passes { exit(1) }
    }
}
