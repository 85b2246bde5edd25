import JitterTraces

/// Who plays a trace.
enum Player: Int, CaseIterable {
    case ours
    case model
    case speex
    case gstreamer

    /// What the tables call it.
    var name: String {
        switch self {
        case .ours: "Svetlana"
        case .model: "NetEQ model"
        case .speex: "speexdsp"
        case .gstreamer: "rtpjitterbuffer"
        }
    }
}

/// All of them; the peers only when their programs are there.
struct Players {
    let peers: String?

    func play(_ trace: JitterTrace, seed: UInt64) throws -> [Player: JitterScore] {
        let speech = SyntheticSpeech.make(seconds: 60, seed: seed + 6)
        var scores: [Player: JitterScore] = [
            .ours: OurPlayout(speech: speech).play(trace),
            .model: NetEQModel.play(trace, seed: seed + 4),
        ]
        if let peers {
            scores[.speex] = try Peers.speex(trace, in: peers)
            // 200 ms is what the element itself takes when it is not told otherwise.
            scores[.gstreamer] = try Peers.gstreamer(trace, latency: 200, in: peers)
        }
        return scores
    }
}

/// A trace of the table, over all seeds.
struct JitterRow {
    /// The means of one player.
    struct Figures {
        var mean = 0.0
        var delay95 = 0.0
        var late = 0.0
        var stretched = 0.0

        fileprivate mutating func add(_ score: JitterScore) {
            self.mean += score.meanDelay
            self.delay95 += score.delay95
            self.late += score.latePercent
            self.stretched += score.stretchedPercent
        }

        fileprivate func divided(by count: Double) -> Figures {
            Figures(
                mean: self.mean / count,
                delay95: self.delay95 / count,
                late: self.late / count,
                stretched: self.stretched / count
            )
        }
    }

    /// How much later than the model's our concealment may be, in points.
    static let latePoints = 0.3
    /// How much less our mean delay has to be than the model's, in milliseconds.
    static let gain = 10.0

    let name: String
    private(set) var plays = 0
    private(set) var reached = 0
    /// What was the closest to a miss: how many milliseconds less, and how many points later, in the worst play.
    private(set) var worst = (gain: Double.infinity, late: -Double.infinity)
    private(set) var loss = 0.0
    private var sums: [Player: Figures] = [:]
    private var isDrifting = false

    init(name: String) {
        self.name = name
    }

    mutating func add(_ trace: JitterTrace, _ scores: [Player: JitterScore]) {
        self.plays += 1
        self.loss += trace.loss * 100
        self.isDrifting = trace.drift != 0
        for (player, score) in scores { self.sums[player, default: Figures()].add(score) }
        guard let ours = scores[.ours], let model = scores[.model] else { return }
        let gain = model.meanDelay - ours.meanDelay
        let late = ours.latePercent - model.latePercent
        self.worst = (min(self.worst.gain, gain), max(self.worst.late, late))
        if gain >= JitterRow.gain, late <= JitterRow.latePoints { self.reached += 1 }
    }

    /// The means; `nil` when that player did not play.
    func figures(of player: Player) -> Figures? {
        self.sums[player]?.divided(by: Double(max(self.plays, 1)))
    }

    /// The share of packets that never came, in percent.
    var meanLoss: Double { self.loss / Double(max(self.plays, 1)) }

    /// Networks that are hardly one (H), and those on which there is nothing to win: told, and not judged.
    var isJudged: Bool {
        !self.isDrifting && !["G.1050 A", "G.1050 B", "G.1050 H"].contains(self.name)
    }

    /// Whether the targets are reached with every seed.
    var passes: Bool { self.reached == self.plays }
}
