/// Takes out of a message what nobody but the two sides may see.
package enum Redaction {
    /// The message as text: digest responses, SRTP keys and passwords in URIs are gone, control characters shown as dots.
    package static func text(of bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
            .split(omittingEmptySubsequences: false) { $0.isNewline }
            .map { self.header(self.line(String($0))) }
            .joined(separator: "\n")
    }

    /// One line without control characters and marks that turn the direction of text, each shown as a dot: a hostile peer
    /// cannot steer a terminal, and a column of the message stays a column here.
    package static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "."
            case _: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A URI without its password.
    package static func uri(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), let scheme = text.firstIndex(of: ":"), scheme < at else { return text }
        let user = text[text.index(after: scheme)..<at]
        guard let colon = user.firstIndex(of: ":") else { return text }
        return text[...scheme] + user[..<colon] + ":***" + text[at...]
    }

    private static func header(_ line: String) -> String {
        let lower = line.lowercased()
        if lower.hasPrefix("authorization:") || lower.hasPrefix("proxy-authorization:") {
            return self.masked(line, after: "response=")
        }
        if lower.hasPrefix("a=crypto:") { return self.masked(line, after: "inline:") }
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            word.contains("sip:") || word.contains("sips:") ? self.address(String(word)) : String(word)
        }
        return words.joined(separator: " ")
    }

    /// A word that holds a URI, perhaps in angle brackets.
    private static func address(_ word: String) -> String {
        guard let start = word.firstRange(of: "sip:") ?? word.firstRange(of: "sips:") else { return word }
        return word[..<start.lowerBound] + self.uri(String(word[start.lowerBound...]))
    }

    private static func masked(_ line: String, after marker: String) -> String {
        // The markers are ASCII, so that the offsets of the lowercased bytes are those of the line.
        let bytes = Array(line.utf8)
        let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
        guard let found = lower.firstRange(of: Array(marker.utf8)) else { return line }
        let end = bytes[found.upperBound...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "|") }
        let rest = end.map { bytes[$0...] } ?? []
        return String(decoding: bytes[..<found.upperBound] + Array("***".utf8) + rest, as: UTF8.self)
    }
}
