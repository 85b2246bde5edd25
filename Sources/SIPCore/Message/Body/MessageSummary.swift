/// How many messages wait in a mailbox: the body `application/simple-message-summary` (RFC 3842 section 5.2).
public struct MessageSummary: Hashable, Sendable, CustomStringConvertible {
    /// How many messages of one kind there are.
    public struct Counts: Hashable, Sendable, CustomStringConvertible {
        /// Messages that were not heard yet.
        public var new: UInt32
        /// Messages that were.
        public var old: UInt32
        /// Of the new ones, the urgent; `nil` when it is not said.
        public var newUrgent: UInt32?
        /// Of the old ones, the urgent; `nil` when it is not said.
        public var oldUrgent: UInt32?

        /// Makes counts without a word of urgent ones.
        public init(new: UInt32, old: UInt32) {
            self.new = new
            self.old = old
        }

        /// Makes counts with the urgent ones.
        public init(new: UInt32, old: UInt32, newUrgent: UInt32, oldUrgent: UInt32) {
            self.new = new
            self.old = old
            self.newUrgent = newUrgent
            self.oldUrgent = oldUrgent
        }

        init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
            (self.new, self.old) = try Counts.pair(&scanner)
            guard scanner.separator(UInt8(ascii: "(")) else { return }
            let urgent = try Counts.pair(&scanner)
            guard scanner.separator(UInt8(ascii: ")")) else {
                throw ScanFailure(scanner.position, "the parenthesis is never closed")
            }
            (self.newUrgent, self.oldUrgent) = urgent
        }

        private static func pair(_ scanner: inout HeaderScanner) throws(ScanFailure) -> (UInt32, UInt32) {
            let first = try scanner.number()
            guard scanner.separator(UInt8(ascii: "/")) else {
                throw ScanFailure(scanner.position, "a slash is expected")
            }
            return (first, try scanner.number())
        }

        /// "2/8 (0/2)".
        public var description: String {
            guard let newUrgent, let oldUrgent else { return "\(self.new)/\(self.old)" }
            return "\(self.new)/\(self.old) (\(newUrgent)/\(oldUrgent))"
        }
    }

    /// The type of the body, and the name of the event package that has it.
    public static let mediaType = MediaType("application", "simple-message-summary")

    /// Whether any message waits.
    public var isWaiting: Bool
    /// The mailbox, when it is said.
    public var account: SIPURI?
    /// The counts of each kind, in small letters ("voice-message", "fax-message").
    public var counts: [String: Counts]

    /// Makes a summary of voice messages.
    public init(isWaiting: Bool, account: SIPURI? = nil, voice: Counts? = nil) {
        self.isWaiting = isWaiting
        self.account = account
        self.counts = [:]
        self.counts["voice-message"] = voice
    }

    /// The counts of voice messages.
    public var voice: Counts? { self.counts["voice-message"] }

    /// Reads a summary; `nil` when Messages-Waiting is missing or a count is malformed. The headers of single messages
    /// behind the summary are passed over.
    public init?(_ bytes: ArraySlice<UInt8>, limits: BodyLimits = .standard) {
        guard let value = try? MessageSummary(parsing: bytes, limits: limits) else { return nil }
        self = value
    }

    init(parsing bytes: ArraySlice<UInt8>, limits: BodyLimits) throws(ScanFailure) {
        var lines = LineReader(bytes)
        var isWaiting: Bool?
        self.counts = [:]
        var count = 0
        while let line = try lines.nextFolded(), !line.isEmpty {
            count += 1
            guard count <= limits.headerCount else { throw ScanFailure(line.lowerBound, "there are too many lines") }
            let field = try lines.field(line, limits)
            let name = lowercased(field.name.description)
            switch name {
            case "messages-waiting":
                switch lowercased(field.value) {
                case "yes": isWaiting = true
                case "no": isWaiting = false
                default: throw ScanFailure(line.lowerBound, "yes or no is expected")
                }
            case "message-account":
                // Some peers write a display name or angle brackets here.
                guard let account = SIPURI(field.value) ?? NameAddress(field.value)?.uri else {
                    throw ScanFailure(line.lowerBound, "a URI is expected")
                }
                self.account = account
            case let kind where kind.hasSuffix("-message") || kind == "none":
                guard let counts = HeaderScanner.read(field.value, Counts.init(scanning:)) else {
                    throw ScanFailure(line.lowerBound, "two numbers with a slash between them are expected")
                }
                self.counts[kind] = counts
            default: continue
            }
        }
        guard let isWaiting else { throw ScanFailure(bytes.startIndex, "Messages-Waiting is missing") }
        self.isWaiting = isWaiting
    }

    /// The body as it is sent.
    public var bytes: [UInt8] { Array(self.description.utf8) }

    /// The text of the body.
    public var description: String {
        var text = "Messages-Waiting: \(self.isWaiting ? "yes" : "no")\r\n"
        if let account = self.account { text += "Message-Account: \(account)\r\n" }
        for (kind, counts) in self.counts.sorted(by: { $0.key < $1.key }) {
            text += "\(MessageSummary.spelling(kind)): \(counts)\r\n"
        }
        return text
    }

    /// "voice-message" as "Voice-Message".
    private static func spelling(_ kind: String) -> String {
        kind.split(separator: "-", omittingEmptySubsequences: false).map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }
}

extension SIPMessage {
    /// The summary of a mailbox that the body holds; `nil` when it holds none or a malformed one.
    public var messageSummary: MessageSummary? {
        self.body(ofType: "application/simple-message-summary").flatMap { MessageSummary($0) }
    }
}
