import CoreTypes
import Foundation

/// A SIP message as it may stand in a log: no credentials, no keys, no DTMF digits; while numbers are
/// left out only their last digit, and no names.
enum SIPLogText {
    private static let longestLine = 600
    private static let mostLines = 120
    /// How much of a line is read, in bytes, and how much of a message.
    private static let longestRead = 1_500
    private static let longestMessage = 32_768

    /// The lines of a message; empty for a keep-alive.
    static func lines(of bytes: [UInt8], redacts: Bool) -> [String] {
        let text = String(decoding: bytes.prefix(Self.longestMessage), as: UTF8.self)
        let raw = text.split(omittingEmptySubsequences: false) { $0.isNewline }.prefix(2 * Self.mostLines)
            .map { String(decoding: $0.utf8.prefix(Self.longestRead), as: UTF8.self) }
        guard let first = raw.first(where: { !$0.allSatisfy(\.isWhitespace) }) else { return [] }
        let start = raw.firstIndex(of: first) ?? 0
        let end = raw[start...].firstIndex(of: "") ?? raw.endIndex
        let headers = Self.unfolded(raw[start..<end])
        let isDescription = headers.contains {
            let (name, value) = Self.split($0)
            return (name == "content-type" || name == "c") && value.lowercased().contains("application/sdp")
        }
        var lines: [String] = []
        for header in headers.prefix(Self.mostLines) { lines.append(Self.header(header, redacts: redacts)) }
        let body = raw[min(end + 1, raw.endIndex)...].filter { !$0.isEmpty }
        if isDescription {
            lines += body.prefix(Self.mostLines).map { Self.description($0, redacts: redacts) }
        } else if !body.isEmpty {
            // An INFO may carry a key of a PIN, a MESSAGE what somebody wrote.
            lines.append("(a body of \(body.reduce(0) { $0 + $1.utf8.count }) bytes)")
        }
        return lines.map { PlainText.line($0, limit: Self.longestLine) }.filter { !$0.isEmpty }
    }

    /// Lines that go on behind a line end belong to the header before (RFC 3261 section 7.3.1).
    private static func unfolded(_ lines: ArraySlice<String>) -> [String] {
        var result: [String] = []
        for line in lines {
            if let first = line.first, first == " " || first == "\t", !result.isEmpty {
                result[result.count - 1] += " " + line.drop { $0 == " " || $0 == "\t" }
            } else {
                result.append(line)
            }
        }
        return result
    }

    private static func split(_ header: String) -> (name: String, value: Substring) {
        guard let colon = header.firstIndex(of: ":") else { return ("", header[...]) }
        let name = header[..<colon].lowercased().filter { $0 != " " && $0 != "\t" }
        return (name, header[header.index(after: colon)...])
    }

    // MARK: Headers

    private static let credentials: Set<String> = [
        "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info",
    ]
    /// What people wrote, and what stands for somebody.
    private static let personal: Set<String> = [
        "subject", "s", "call-info", "alert-info", "organization", "user-to-user",
    ]

    private static func header(_ line: String, redacts: Bool) -> String {
        let (name, value) = Self.split(line)
        if Self.credentials.contains(name) {
            return "\(line.prefix { $0 != ":" }): " + Self.credential(String(value), redacts: redacts)
        }
        if name == "identity" || name == "cookie" { return "\(line.prefix { $0 != ":" }): …" }
        if redacts, Self.personal.contains(name) { return "\(line.prefix { $0 != ":" }): …" }
        guard redacts else { return Self.passwordless(line) }
        return Self.anonymous(Self.passwordless(line), namesPeople: name != "warning" && name != "reason")
    }

    /// Of a digest only what proves nothing: neither the response nor what it was made with. Of anything else the scheme.
    private static func credential(_ value: String, redacts: Bool) -> String {
        let value = value.drop { $0 == " " || $0 == "\t" }
        let scheme = value.prefix { $0 != " " && $0 != "=" && $0 != "," }
        let isDigest = scheme.lowercased() == "digest" || value.contains("qop=") || value.contains("rspauth")
        guard isDigest else { return "\(scheme) …" }
        var parts: [String] = []
        for field in Self.fields(String(value)) {
            let bare = field.drop { $0 == " " }
            let key = bare.prefix { $0 != "=" }.lowercased()
            let name = key.split(separator: " ").last.map(String.init) ?? key
            switch name {
            case "response", "cnonce", "rspauth", "nextnonce", "opaque":
                parts.append("\(bare.prefix { $0 != "=" })=…")
            case "realm", "nonce", "algorithm", "qop", "nc", "username", "uri", "stale", "userhash":
                parts.append(
                    redacts ? Self.anonymous(String(bare), namesPeople: false) : Self.passwordless(String(bare))
                )
            case _: parts.append("\(bare.prefix { $0 != "=" })=…")
            }
        }
        return parts.joined(separator: ", ")
    }

    /// Cuts at commas outside of quotes.
    private static func fields(_ text: String) -> [String] {
        var result: [String] = []
        var current = ""
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = isQuoted
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                result.append(current)
                current = ""
                continue
            }
            current.append(character)
        }
        return result + [current]
    }

    // MARK: Numbers and names

    /// URIs without their passwords.
    private static func passwordless(_ line: String) -> String {
        Self.rewritten(line) { user in
            user.split(separator: ":", maxSplits: 1).count > 1 || user.contains(":")
                ? user.prefix { $0 != ":" } + ":…" : String(user)
        }
    }

    /// A line without numbers and names.
    private static func anonymous(_ line: String, namesPeople: Bool) -> String {
        var text = namesPeople ? Self.nameless(line) : line
        text = Self.rewritten(text) { user in
            guard let last = user.prefix(while: { $0 != ";" && $0 != ":" }).last else { return "" }
            return "…\(last)"
        }
        return Self.telephoneless(text)
    }

    /// Names in quotes and without, as they stand before an address.
    private static func nameless(_ line: String) -> String {
        let (name, value) = Self.split(line)
        let addressed: Set<String> = [
            "from", "f", "to", "t", "contact", "m", "p-asserted-identity", "p-preferred-identity", "remote-party-id",
            "diversion", "history-info", "referred-by", "b", "refer-to", "r", "reply-to", "p-called-party-id",
            "p-associated-uri", "route", "record-route",
        ]
        guard addressed.contains(name) else { return line }
        let fields = Self.fields(String(value)).map { field -> String in
            guard let bracket = field.firstIndex(of: "<"), !field[..<bracket].allSatisfy({ $0 == " " }) else {
                return field
            }
            return " … " + field[bracket...]
        }
        return "\(line.prefix { $0 != ":" }):\(fields.joined(separator: ","))"
    }

    /// Rewrites the user of every `sip:` and `sips:` URI, in whatever letters. Once over the bytes: it runs where messages
    /// come in.
    private static func rewritten(_ line: String, _ change: (Substring) -> String) -> String {
        let bytes = Array(line.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard let length = Self.scheme(in: bytes, at: index) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let start = index + length
            result += bytes[index..<start]
            // A user ends at the @; without one before the end of the URI there is none.
            let end = bytes[start...].firstIndex { "@<> \",".utf8.contains($0) } ?? bytes.count
            if end == bytes.count, bytes.count >= Self.longestRead {
                // Cut off before it could be distinguished from a host.
                result += Array("…".utf8)
            } else if end < bytes.count, bytes[end] == UInt8(ascii: "@") {
                result += Array(change(Substring(String(decoding: bytes[start..<end], as: UTF8.self))).utf8)
            } else {
                result += bytes[start..<end]
            }
            index = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The length of `sip:` or `sips:` here.
    private static func scheme(in bytes: [UInt8], at index: Int) -> Int? {
        func matches(_ word: StaticString) -> Bool {
            guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
            return (0..<word.utf8CodeUnitCount).allSatisfy {
                bytes[index + $0] | 0x20 == word.utf8Start[$0] | 0x20
            }
        }
        return matches("sip:") ? 4 : matches("sips:") ? 5 : nil
    }

    /// `tel:` URIs, and numbers in the words of a Warning, a reason phrase or a description.
    private static func telephoneless(_ line: String) -> String {
        var text = line
        // Only where there is something to look for: patterns are slow.
        if text.lowercased().contains("tel:") {
            text = text.replacing(/(?i)tel:([^;>"\s,]+)/) { match in
                "tel:…\(match.output.1.last.map(String.init) ?? "")"
            }
        }
        if text.contains("phone-context=") {
            text = text.replacing(/phone-context=[^;>\s]+/) { _ in "phone-context=…" }
        }
        return text
    }

    // MARK: Descriptions

    /// A line of an SDP body; keys are left out whatever is redacted (RFC 4568, RFC 8866 section 5.12).
    private static func description(_ line: String, redacts: Bool) -> String {
        let lower = line.lowercased()
        for secret in ["a=crypto:", "k=", "a=key-mgmt:", "a=ice-pwd:", "a=ice-ufrag:"] where lower.hasPrefix(secret) {
            return "\(line.prefix(secret.count))…"
        }
        if redacts, lower.hasPrefix("o=") {
            let fields = line.split(separator: " ", maxSplits: 1)
            return "o=… \(fields.count > 1 ? String(fields[1]) : "")"
        }
        if redacts, ["s=", "i=", "e=", "p=", "u="].contains(where: lower.hasPrefix) { return "\(line.prefix(2))…" }
        return line
    }
}
