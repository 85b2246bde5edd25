import SIPCore
import Testing

/// One message that a peer could send to break us, and what a user agent makes of it.
struct TortureCase: Sendable, CustomTestStringConvertible {
    /// What the parser makes of the bytes.
    enum Verdict: Sendable, Equatable, CustomStringConvertible {
        case accepted
        case refused(SIPParseError.Layer, HeaderName? = nil, Int = 400)

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .refused(let layer, let header, let status):
                "\(status) \(layer)" + (header.map { " \($0)" } ?? "")
            }
        }
    }

    /// Whom the message meets behind the endpoint.
    enum Owner: Sendable, Equatable {
        /// Answers what starts something with 200, and 481 to what belongs to a dialog.
        case userAgent
        /// The same, and reads every body.
        case omnivore
        /// Serves REGISTER for everyone.
        case registrar
        /// Serves REGISTER for those who know a password.
        case guardedRegistrar
    }

    /// What we do otherwise than the RFC would have it, and why. A row with one fails when it has become untrue.
    struct Deviation: Sendable {
        var verdict: Verdict
        var answer: String
        var reason: String
    }

    /// A short name; the file's in the archive of RFC 4475.
    var name: String
    /// The section of the RFC.
    var section: String
    /// The message, when it is our own.
    var bytes: [UInt8] = []
    /// What the RFC expects of the parser.
    var verdict: Verdict = .accepted
    /// The text that holds the byte at fault.
    var fault: String?
    /// Who answers.
    var owner: Owner = .userAgent
    /// What the RFC expects to be answered, in the words of `TortureBench.answer`.
    var answer: String
    var deviation: Deviation?

    var testDescription: String { "\(self.section) \(self.name)" }
}

/// What became of a message.
struct TortureOutcome: Sendable {
    var name: String
    var section: String
    var expected: String
    var got: String
    var remark: String
    /// Everything that is not as it should be.
    var complaints: [String]
}

extension TortureCase {
    /// Lets the parser and an endpoint have the bytes, and compares.
    func run(_ bytes: [UInt8]) -> TortureOutcome {
        var complaints: [String] = []
        var verdict = Verdict.accepted
        var place = ""
        do throws(SIPParseError) {
            complaints += TortureCase.faultsOfRoundTrip(try SIPMessage(bytes), bytes)
        } catch {
            verdict = .refused(error.layer, error.header, error.status)
            place = " (byte \(error.offset))"
            if !self.points(error.offset, into: bytes) {
                complaints.append("byte \(error.offset) is not in \(self.fault ?? "the message")")
            }
        }
        var bench = TortureBench(owner: self.owner)
        let answer = bench.answer(to: bytes, isAccepted: verdict == .accepted)
        complaints += bench.complaints
        var remark = "as expected"
        if let deviation = self.deviation {
            remark = "DEVIATES: \(deviation.reason)"
            if verdict == self.verdict, answer == self.answer {
                complaints.append("it does not deviate any more: take the deviation out")
            } else if verdict != deviation.verdict || answer != deviation.answer {
                complaints.append("it deviates otherwise than is said")
            }
        } else if verdict != self.verdict || answer != self.answer {
            complaints.append("not as expected")
        }
        if !complaints.isEmpty { remark = "WRONG: " + complaints.joined(separator: "; ") }
        return TortureOutcome(
            name: self.name,
            section: self.section,
            expected: "\(self.verdict), \(self.answer)",
            got: "\(verdict)\(place), \(answer)",
            remark: remark,
            complaints: complaints
        )
    }

    /// Whether the offset is a place in the message, and in the text at fault when that is named.
    private func points(_ offset: Int, into bytes: [UInt8]) -> Bool {
        guard let fault = self.fault else { return (0...bytes.count).contains(offset) }
        return bytes.firstRange(of: Array(fault.utf8))?.contains(offset) == true
    }

    /// An accepted message keeps every byte, and a copy of it every header and the body.
    private static func faultsOfRoundTrip(_ message: SIPMessage, _ bytes: [UInt8]) -> [String] {
        var faults: [String] = []
        let start = bytes.prefix { $0 == 0x0D || $0 == 0x0A }.count
        if message.bytes != Array(bytes.prefix(message.length)), message.bytes != Array(bytes.dropFirst(start)) {
            faults.append("the bytes changed")
        }
        var builder = SIPMessageBuilder(copying: message)
        // An old client's request has no Max-Forwards to copy.
        if message.isRequest, !builder.hasHeader(.maxForwards) { try? builder.add(.maxForwards, "70") }
        guard let copy = try? builder.build() else { return faults + ["it cannot be copied"] }
        /// The builder puts some headers before others, but never changes the order of those with one name.
        func lines(_ message: SIPMessage) -> [HeaderName: [String]] {
            var lines: [HeaderName: [String]] = [:]
            for (name, value) in message.headerLines { lines[name, default: []].append(value) }
            lines[.contentLength] = nil
            if message.isRequest { lines[.maxForwards] = [message.maxForwards.map { "\($0)" } ?? "70"] }
            return lines
        }
        if lines(copy) != lines(message) { faults.append("a header of the copy differs") }
        if !copy.body.elementsEqual(message.body) { faults.append("the body of the copy differs") }
        if copy.description != message.description { faults.append("the start line of the copy differs") }
        if copy.vias != message.vias || copy.from != message.from || copy.to != message.to
            || copy.contacts != message.contacts
        {
            faults.append("an address of the copy differs")
        }
        return faults
    }
}

extension [TortureOutcome] {
    /// The table, aligned, as CI shows it.
    func table(_ title: String) -> String {
        let heads = ["case", "section", "expected", "got", ""]
        let rows = [heads] + self.map { [$0.name, $0.section, $0.expected, $0.got, $0.remark] }
        let widths = heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        let wrong = self.count { !$0.complaints.isEmpty }
        return ([title] + lines + ["\(self.count) messages, \(wrong) wrong"]).joined(separator: "\n")
    }
}
