#if LocalSpeech
import Foundation

/// Text as flite can read it: it knows ASCII only, and bytes beyond are skipped or spelled wrongly.
enum FliteText {
    /// Typographic signs become plain ones, accents fall, and letters of other scripts are left out.
    static func plain(_ text: String) -> String {
        var replaced = ""
        for character in text { replaced += self.words[character] ?? String(character) }
        let folded = replaced.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil)
        var result = ""
        for scalar in folded.unicodeScalars {
            if scalar.value >= 0x20, scalar.value < 0x7F {
                result.unicodeScalars.append(scalar)
            } else if result.last != " " {
                result.append(" ")
            }
        }
        return result
    }

    private static let words: [Character: String] = [
        "\u{2018}": "'", "\u{2019}": "'", "\u{201C}": "\"", "\u{201D}": "\"", "\u{2013}": "-", "\u{2014}": ", ",
        "\u{2026}": "...", "°": " degrees ", "€": " euros ", "£": " pounds ", "ß": "ss", "æ": "ae", "ø": "o", "Ø": "O",
        "Æ": "Ae", "ł": "l", "Ł": "L", "đ": "d", "×": " times ", "²": " squared ", "³": " cubed ", "½": " and a half ",
    ]
}
#endif
