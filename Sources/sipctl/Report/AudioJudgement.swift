import CoreTypes
import RTPCore
import SIPDiagnostics

/// Whether there was audio in both directions, and what to try when there was not.
struct AudioJudgement: Sendable {
    /// What is wrong; `nil` when nothing is, as far as seen.
    var diagnosis: Diagnosis?
    /// What is worth a note.
    var remarks: [String] = []

    /// Judges a call.
    init(_ observation: CallObservation) {
        let statistics = observation.statistics
        guard let media = observation.media else {
            self.diagnosis = Diagnosis(verdict: .oneWayAudio, summary: "answered, but no media was agreed on")
            return
        }
        let remote = media.remote.map { "\($0)" } ?? "nowhere"
        let theyHear = Self.theyHear(statistics)
        if !media.receives || !media.sends {
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary: "the answer holds the call: "
                    + (media.sends
                        ? "it sends nothing" : media.receives ? "it wants to hear nothing" : "audio neither way"),
                advice: ["the extension may have put the call on hold; else check the SDP with --messages"]
            )
        } else if statistics.packetsReceived == 0 {
            let other = theyHear == true ? "the other side receives ours" : "whether ours arrives is not known"
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary: "one-way audio: answered, but not one RTP packet came (\(other)); ours went to \(remote)",
                advice: Self.silentAdvice(media, statistics)
            )
        } else if theyHear == false {
            self.diagnosis = Diagnosis(
                verdict: .oneWayAudio,
                summary:
                    "one-way audio: we hear the other side, but it reports that nothing of ours arrives at \(remote)",
                advice: [
                    "a firewall may block UDP from here to the PBX's media ports (3CX: 9000 to 10999)",
                    "the address in the PBX's answer may not be reachable from here: \(remote)",
                ]
            )
        } else if let level = observation.heardLevel, level < -65 {
            self.remarks.append("RTP came, but it is silence (\(Int(level.rounded())) dBFS): a muted microphone?")
        }
        if statistics.unknownPayloadTypes > 0 {
            self.remarks.append(
                "\(statistics.unknownPayloadTypes) packets came with a payload type that was not agreed on"
            )
        }
        if statistics.rejectedSources > 0, statistics.packetsReceived > 0 {
            self.remarks.append("\(statistics.rejectedSources) packets came from a source that is not the other side's")
        }
        let expected = statistics.packetsReceived + statistics.packetsLost
        if expected > 0, statistics.packetsLost * 50 > expected {
            self.remarks.append("more than 2 % of the packets were lost: check the network, WLAN above all")
        }
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
        ]
        if statistics.rejectedSources > 0 {
            advice.insert("packets came, but from another address than the answer names: NAT at the other side", at: 0)
        }
        if let host = media.remote?.host, host.isPrivate {
            advice.append("the answer names a private address (\(host)): right on the same LAN or VPN only")
        }
        return advice
    }
}

extension IPAddress {
    /// Whether it is of a private network (RFC 1918, RFC 6598, RFC 4193).
    var isPrivate: Bool {
        switch self {
        case .v4(let value):
            value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8 || value >> 22 == 0x191
        case .v6(let upper, _): upper >> 57 == 0xFC >> 1
        }
    }
}
