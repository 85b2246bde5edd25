import BenchmarkKit
import Foundation

/// What was measured of one answerer in one setting.
struct CallFigure: Codable {
    var answerer: Answerer
    /// Dialogs that stood all the time, on hold, beside the calls that were counted.
    var dialogs: Int
    /// What was to be heard in the counted calls.
    var audio: CallAudio
    /// How many calls were counted, and how many a second they were.
    var calls: Int
    var rate: Int
    /// Seconds of processor time that the calls took: without what the standing dialogs cost.
    var cpu: Double
    /// Seconds of processor time that the standing dialogs took in a second without calls.
    var standing: Double
    /// How often its threads gave their processor away, a call.
    var switches: Double

    /// Calls for a second of processor time.
    var perSecond: Double { Double(self.calls) / max(self.cpu, 1e-9) }
}

/// Runs callers against answerers.
struct CallRun {
    /// How many calls are counted, and in which settings.
    struct Plan {
        var dialogs: [Int]
        var audio: [CallAudio]
        var calls: Int
        var warmUp: Int
        /// How long the standing dialogs are watched without calls.
        var seconds: Double

        static let full = Plan(
            dialogs: [100, 1_000, 5_000],
            audio: CallAudio.allCases,
            calls: 2_000,
            warmUp: 300,
            seconds: 5
        )
        static let quick = Plan(dialogs: [100], audio: [.none, .oneWay], calls: 300, warmUp: 100, seconds: 1)
    }

    let plan: Plan
    let folder: String

    /// Calls a second.
    private static let rate = 100
    /// Milliseconds that a counted call lasts.
    private static let pause = 200

    /// Measures calls with and without audio beside that many dialogs; none where the answerer cannot have so many.
    func measure(_ answerer: Answerer, dialogs: Int) throws -> [CallFigure] {
        let child = try answerer.start(calls: dialogs + 1_000, folder: self.folder)
        defer { child.stop(kills: answerer != .ours) }
        var standing: ChildProcess?
        defer { standing?.stop(kills: true) }
        if dialogs > 0 {
            let caller = try Caller.start(
                answerer,
                calls: dialogs,
                rate: 200,
                pause: 900_000,
                audio: .none,
                port: 5_091,
                mediaPort: 36_000,
                log: "\(self.folder)/standing.log"
            )
            standing = caller
            usleep(UInt32(dialogs / 200 + 2) * 1_000_000)
        }
        var figures: [CallFigure] = []
        for audio in answerer == .sipp ? [.oneWay] : self.plan.audio {
            guard try self.call(answerer, self.plan.warmUp, audio) else {
                self.say("\(answerer.title): calls fail beside \(dialogs) dialogs; no figures")
                return figures
            }
            let idle = child.cpuNanoseconds(thread: nil)
            usleep(UInt32(self.plan.seconds * 1e6))
            let cost = (child.cpuNanoseconds(thread: nil) - idle) / 1e9 / self.plan.seconds
            let (before, switches, began) = (child.cpuNanoseconds(thread: nil), child.switches, Date())
            guard try self.call(answerer, self.plan.calls, audio) else {
                self.say("\(answerer.title): calls fail beside \(dialogs) dialogs; no figures")
                return figures
            }
            let cpu = (child.cpuNanoseconds(thread: nil) - before) / 1e9
            let figure = CallFigure(
                answerer: answerer,
                dialogs: dialogs,
                audio: audio,
                calls: self.plan.calls,
                rate: Self.rate,
                cpu: cpu - cost * Date().timeIntervalSince(began),
                standing: cost,
                switches: (child.switches - switches) / Double(self.plan.calls)
            )
            figures.append(figure)
            self.say(
                "\(answerer.title), \(dialogs) dialogs, audio \(audio.rawValue): "
                    + "\(decimal(figure.perSecond)) calls a CPU second, \(decimal(figure.switches, 1)) switches a call"
            )
        }
        return figures
    }

    /// Places calls; whether all of them went well.
    private func call(_ answerer: Answerer, _ calls: Int, _ audio: CallAudio) throws -> Bool {
        let caller = try Caller.start(
            answerer,
            calls: calls,
            rate: Self.rate,
            pause: Self.pause,
            audio: audio,
            port: 5_090,
            mediaPort: 34_000,
            log: "\(self.folder)/caller.log"
        )
        defer { caller.stop(kills: true) }
        return caller.end(within: Double(calls / Self.rate) + 30) == 0
    }

    private func say(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}
