import CoreTypes
package import RTPCore
import SDPCore
package import SIPCore

/// What each side has, in words, where a call fails for want of a codec in common: without it a 488 says that something
/// does not fit, and not what.
package struct CodecMismatch {
    /// What the peer's description lists: codecs and, where it is not plain RTP, the profile; empty when it gives none.
    package private(set) var theirs: [String] = []
    /// What the peer said in Warning.
    var warnings: [String] = []
    /// Our codecs, the preferred first.
    let ours: [AudioCodec]

    /// An offer or an answer of the peer that has nothing for us.
    init(_ description: SessionDescription, ours: [AudioCodec]) {
        self.ours = ours
        self.theirs = Self.names(in: description)
    }

    /// A refusal of our offer: its body may say what would have been taken (RFC 3261 section 13.3.1.3), its Warning what
    /// was wrong.
    package init(_ response: SIPMessage, ours: [AudioCodec]) {
        self.ours = ours
        if let body = response.sessionBody, let description = try? SessionDescription(body) {
            self.theirs = Self.names(in: description)
        }
        self.warnings = response.warnings.prefix(2)
            .map { "\($0.code) \(PlainText.line($0.text, limit: 120))" }
    }

    /// Our codecs as they are written in a description.
    var oursInWords: String {
        var names: [String] = []
        for codec in self.ours where !names.contains(codec.encodingName) { names.append(codec.encodingName) }
        return names.joined(separator: ", ")
    }

    /// For a call that came in: "they offered G729; we have opus, G722".
    var ofTheirOffer: String {
        "they offered \(self.theirs.isEmpty ? "none" : self.theirs.joined(separator: ", ")); we have \(self.oursInWords)"
    }

    /// For a call that we placed: "we offered opus, G722; they want G729; they warn: …".
    var ofOurOffer: String {
        var parts = ["we offered \(self.oursInWords)"]
        if !self.theirs.isEmpty { parts.append("they want \(self.theirs.joined(separator: ", "))") }
        if !self.warnings.isEmpty { parts.append("they warn: \(self.warnings.joined(separator: "; "))") }
        return parts.joined(separator: "; ")
    }

    /// The codecs of all audio lines, each once; what is no speech is left out.
    private static func names(in description: SessionDescription) -> [String] {
        var names: [String] = []
        for line in description.media where line.kind == "audio" {
            for format in line.payloadFormats where !format.isTelephoneEvent && format.encodingName.uppercased() != "CN"
            {
                let name = PlainText.line(format.encodingName, limit: 24)
                if !name.isEmpty, !names.contains(name), names.count < 12 { names.append(name) }
            }
            let profile = PlainText.line(line.profile, limit: 24)
            if !profile.hasPrefix("RTP/AVP"), !names.contains(profile), names.count < 14 { names.append(profile) }
        }
        return names
    }
}

extension CallEndReason {
    /// A refusal of our INVITE with what is known of its reason: for 488 and 606 what was offered and what is wanted.
    static func rejected(_ response: SIPMessage, ours: [AudioCodec]) -> CallEndReason? {
        guard response.statusCode == 488 || response.statusCode == 606 || response.statusCode == 415 else { return nil }
        let words = CodecMismatch(response, ours: ours).ofOurOffer
        return .rejected(status: response.statusCode, reason: "\(response.reasonPhrase): \(words)")
    }
}
