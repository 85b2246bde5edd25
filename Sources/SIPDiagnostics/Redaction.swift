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

    /// A text that may hold URIs, without their passwords.
    package static func addresses(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { self.address(String($0)) }.joined(
            separator: " "
        )
    }

    private static func header(_ line: String) -> String {
        let lower = line.lowercased()
        // A line that begins with a blank goes on with the header above it, which may be this one.
        let isFolded = line.first == " " || line.first == "\t" || line.first == "."
        if isFolded || lower.hasPrefix("authorization") || lower.hasPrefix("proxy-authorization") {
            let masked = self.masked(line, after: "response=")
            guard isFolded else { return masked }
            return self.addresses(masked)
        }
        if lower.hasPrefix("a=crypto:") { return self.masked(line, after: "inline:") }
        return self.addresses(line)
    }

    /// A word that holds a URI, perhaps in angle brackets.
    private static func address(_ word: String) -> String {
        let bytes = Array(word.utf8)
        let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
        let found = [Array("sip:".utf8), Array("sips:".utf8), Array("tel:".utf8)].compactMap {
            lower.firstRange(of: $0)
        }
        guard let start = found.map(\.lowerBound).min() else { return word }
        return String(decoding: bytes[..<start], as: UTF8.self)
            + self.uri(String(decoding: bytes[start...], as: UTF8.self))
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
