import CoreTypes
import RTPCore
import SIPDiagnostics

/// Whether there was audio in the directions that were agreed on, and what to try when there was not.
///
/// A call on hold, an announcement and a door station agree on less than both directions, and that is no fault. That nothing
/// came is a fact; why is not: a muted phone may send nothing, and so may one that suppresses silence.
struct AudioJudgement: Sendable {
    /// What is wrong; `nil` when nothing is, as far as seen.
    var diagnosis: Diagnosis?
    /// What was seen, one sentence, where nothing is wrong.
    var summary = "with audio both ways as far as seen"
    /// What is worth a note.
    var remarks: [String] = []

    /// A call that is shorter proves nothing by what did not come.
    private static let shortest = Duration.seconds(1)

    /// Judges a call.
    init(_ observation: CallObservation) {
        let statistics = observation.statistics
        guard let media = observation.media else {
            self.diagnosis = Diagnosis(verdict: .oneWayAudio, summary: "answered, but no media was agreed on")
            return
        }
        self.judge(observation, media)
        if statistics.unknownPayloadTypes > 0 {
            self.remarks.append(
                "\(statistics.unknownPayloadTypes) packets came with a payload type that was not agreed on"
            )
        }
        if statistics.undecodable > 0 {
            self.remarks.append(
                "\(statistics.undecodable) packets came that could not be decoded as \(media.codec.encodingName)"
            )
        }
        if statistics.rejectedSources > 0, statistics.packetsReceived > 0 {
            self.remarks.append("\(statistics.rejectedSources) packets came from a source that is not the other side's")
        }
        let expected = statistics.packetsReceived + statistics.packetsLost
        if expected >= 25, statistics.packetsLost * 50 > expected {
            self.remarks.append("more than 2 % of the packets were lost: check the network, WLAN above all")
        }
    }

    private mutating func judge(_ observation: CallObservation, _ media: MediaParameters) {
        let statistics = observation.statistics
        let remote = media.remote.map { "\($0)" } ?? "nowhere"
        switch (media.sends, media.receives) {
        case (false, false):
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary:
                    "answered, and the answer asks for no audio either way, as for a call on hold: of the network that "
                    + "says nothing",
                advice: ["the extension may have put the call on hold; else look at the SDP with --messages"]
            )
            return
        case (true, false):
            self.summary = "with audio from us only, as the answer asks for (recvonly)"
            self.remarks.append(
                "the answer sends no audio: on hold, or a loudspeaker or door station that only listens"
            )
        case (false, true):
            self.summary = "with audio to us only, as the answer asks for (sendonly)"
            self.remarks.append("the answer wants no audio: music on hold, or an announcement that only speaks")
        case (true, true): break
        }
        let theyHear = Self.theyHear(statistics)
        if media.receives, statistics.packetsReceived == 0 {
            self.judgeSilence(observation, media, theyHear, remote)
        } else if media.sends, theyHear == false {
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary:
                    "one-way audio: "
                    + (media.receives ? "we hear the other side, but it" : "the other side")
                    + " reports that nothing of ours arrives at \(remote)",
                advice: [
                    "a firewall may block UDP from here to the PBX's media ports (3CX: 9000 to 10999)",
                    "the address in the PBX's answer may not be reachable from here: \(remote)",
                ]
            )
        } else if let level = observation.heardLevel, level < -65 {
            self.remarks.append(
                "RTP came, but it is silence (\(Int(level.rounded())) dBFS): the microphone may be muted"
            )
        }
        if media.receives, media.sends, self.diagnosis == nil, theyHear == nil, statistics.packetsReceived > 0 {
            self.summary += "; whether ours arrives the other side did not report"
        }
    }

    /// Nothing came that counts as audio.
    private mutating func judgeSilence(
        _ observation: CallObservation,
        _ media: MediaParameters,
        _ theyHear: Bool?,
        _ remote: String
    ) {
        let statistics = observation.statistics
        let lasted = observation.lasted
        if lasted < Self.shortest {
            self.summary = "and was over after \(Explanation.number(lasted.inSeconds)) s, too soon to judge the audio"
            return
        }
        if statistics.comfortNoisePackets > 0 || statistics.audioSuppressed > .zero {
            self.summary = "with nothing but comfort noise from the other side: it is silent there, or muted"
            return
        }
        let other = theyHear == true ? "the other side receives ours" : "whether ours arrives is not known"
        let time = "\(Explanation.number(lasted.inSeconds)) s"
        guard statistics.unknownPayloadTypes == 0 else {
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary:
                    "one-way audio: answered, and in \(time) packets came only with payload types that were not agreed on "
                    + "(\(other))",
                advice: ["the other side may send another codec than it agreed on: choose one codec at the PBX"]
            )
            return
        }
        self.diagnosis = Diagnosis(
            verdict: .oneWayAudio,
            summary:
                "one-way audio: answered, but not one RTP packet came in \(time) (\(other)); ours went to \(remote)",
            advice: Self.silentAdvice(media, statistics)
        )
    }

    /// Whether the other side receives us; `nil` when it never said.
    private static func theyHear(_ statistics: MediaStatistics) -> Bool? {
        guard statistics.reportsReceived > 0, let lost = statistics.remoteFractionLost else { return nil }
        return lost < 0.99
    }

    private static func silentAdvice(_ media: MediaParameters, _ statistics: MediaStatistics) -> [String] {
        var advice = [
            "a firewall or NAT between here and the PBX may block RTP: allow UDP to this machine's ports 40000 to 40999",
            "at the PBX choose that it carries the audio itself (3CX: 'PBX delivers audio')",
            "the other side may be muted or on hold, and send nothing meanwhile: speak there, and call again",
        ]
        if statistics.rejectedSources > 0 || statistics.droppedBySystem > 0 {
            advice.insert(
                "packets came, but from another address than the answer names: there may be a NAT at the other side",
                at: 0
            )
        }
        if statistics.reportsReceived > 0 {
            advice.insert("its RTCP comes through, so that it may be the other side that sends nothing", at: 0)
        }
        if let host = media.remote?.host, host.isPrivate {
            advice.append("the answer names a private address (\(host)): right on the same LAN or VPN only")
        }
        return advice
    }
}
