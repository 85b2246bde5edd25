import AudioCore
import CallCore
import CoreTypes
import RTPCore
import Telephony

/// What was seen of a call.
struct CallObservation: Sendable {
    /// From the start to the answer.
    var answeredAfter: Duration
    /// The provisional statuses, in order.
    var ringing: [Int] = []
    /// Who answered.
    var answeredBy: AnsweredBy?
    /// Codec and addresses.
    var media: MediaParameters?
    /// The figures.
    var statistics = MediaStatistics()
    /// From the answer to the end.
    var lasted = Duration.seconds(5)
    /// Why it ended before we hung up.
    var endedEarly: CallEndReason?
    /// How loud what was heard was.
    var heard = LevelMeter()
    /// What was recorded.
    var recording = RecordingOutcome()

    /// The level of what was heard; `nil` when nothing was.
    var heardLevel: Double? {
        self.statistics.packetsReceived == 0 || self.heard.count == 0 ? nil : self.heard.rms
    }

    /// The figures for the report.
    var figures: Report.Call {
        var call = Report.Call()
        let expected = self.statistics.packetsReceived + self.statistics.packetsLost
        call.codec = self.media.map { "\($0.codec.encodingName)/\($0.codec.clockRate)" }
        call.remoteMedia = self.media?.remote?.description
        call.answeredAfterMilliseconds = self.answeredAfter.inSeconds * 1_000
        call.ringing = self.ringing
        call.packetsSent = self.statistics.packetsSent
        call.packetsReceived = self.statistics.packetsReceived
        call.packetsLost = self.statistics.packetsLost
        call.lossPercent = expected == 0 ? 0 : Double(self.statistics.packetsLost) / Double(expected) * 100
        call.jitterMilliseconds = self.statistics.jitter.inSeconds * 1_000
        call.roundTripMilliseconds = self.statistics.roundTrip.map { $0.inSeconds * 1_000 }
        call.remoteLossPercent = self.statistics.remoteFractionLost.map { $0 * 100 }
        call.remoteJitterMilliseconds = self.statistics.remoteJitter.map { $0.inSeconds * 1_000 }
        call.heardMilliseconds = self.statistics.audioReceived.inSeconds * 1_000
        call.heardDecibels = self.heardLevel
        return call
    }
}
