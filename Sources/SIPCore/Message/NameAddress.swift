/// A URI with an optional display name and header parameters: From, To, Contact, Route (RFC 3261 section 20.10).
public struct NameAddress: Hashable, Sendable, CustomStringConvertible {
    /// The display name without quotes; `nil` when there is none.
    public var displayName: String?
    /// The URI.
    public var uri: SIPURI
    /// The parameters behind the URI (`;tag=…`, `;expires=…`).
    public var parameters: Parameters

    /// Makes a name-addr from its parts.
    public init(displayName: String? = nil, uri: SIPURI, parameters: Parameters = Parameters()) {
        self.displayName = displayName
        self.uri = uri
        self.parameters = parameters
    }

    /// Reads `"Name" <uri>;parameters` or `uri;parameters`; `nil` for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 65_535 else { return nil }
        var position = 0
        guard let reference = try? NameAddressReference(bytes.span, &position, bytes.count), position == bytes.count
        else { return nil }
        self.init(reference, in: bytes)
    }

    init(_ reference: NameAddressReference, in bytes: [UInt8]) {
        self.displayName = reference.displayName.map { range in
            let text = range.string(in: bytes)
            return reference.isQuoted ? unescaped(text) : text
        }
        self.uri = SIPURI(reference.uri, in: bytes)
        self.parameters = Parameters(header: reference.parameters, in: bytes)
    }

    /// The dialog tag of a From or To.
    public var tag: String? {
        get { self.parameters["tag"] }
        set {
            if let newValue {
                self.parameters.set("tag", newValue)
            } else {
                self.parameters.remove("tag")
            }
        }
    }

    /// The `expires` parameter of a Contact in seconds; `nil` when it is absent or not a number.
    public var expires: UInt32? {
        self.parameters["expires"].flatMap { UInt32($0) }
    }

    /// The header's value: the display name in quotes, the URI in angle brackets.
    public var description: String {
        let name = self.displayName.map { quoted($0) + " " } ?? ""
        return "\(name)<\(self.uri)>\(self.parameters)"
    }
}

/// Where the parts of a name-addr or addr-spec are.
struct NameAddressReference: Sendable {
    var displayName: ByteRange?
    var isQuoted = false
    var uri = URIReference()
    /// From the first semicolon behind the URI.
    var parameters = ByteRange()
    /// The value of the tag, when there is one.
    var tag: ByteRange?

    init() {}

    /// Scans one value from `position`, which ends up at `end` or at the comma before the next one.
    init(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        skipSpace(bytes, &position, end)
        guard position < end else { throw ScanFailure(position, "an address is expected") }
        let start = position
        if bytes[position] == UInt8(ascii: "\"") {
            self.displayName = ByteRange(try scanQuotedString(bytes, &position, end))
            self.isQuoted = true
            skipSpace(bytes, &position, end)
            guard position < end, bytes[position] == UInt8(ascii: "<") else {
                throw ScanFailure(position, "an angle bracket is expected behind the display name")
            }
        } else {
            while position < end, NameAddressReference.isName(bytes[position]) { position += 1 }
            if position < end, bytes[position] == UInt8(ascii: "<") {
                var last = position
                while last > start, CharacterClass.space.contains(bytes[last - 1]) { last -= 1 }
                if last > start { self.displayName = ByteRange(start..<last) }
            } else {
                position = start
            }
        }
        if bytes[position] == UInt8(ascii: "<") {
            position += 1
            let first = position
            while position < end, bytes[position] != UInt8(ascii: ">") { position += 1 }
            guard position < end else { throw ScanFailure(first - 1, "the angle bracket is never closed") }
            self.uri = try URIReference(bytes, first..<position)
            position += 1
        } else {
            // Without brackets, what follows a semicolon belongs to the header, and the URI has no comma, question
            // mark or semicolon of its own (RFC 3261 section 20).
            while position < end, !NameAddressReference.endsAddress(bytes[position]) { position += 1 }
            self.uri = try URIReference(bytes, start..<position)
            if position < end, bytes[position] == UInt8(ascii: "?") {
                throw ScanFailure(position, "a URI with headers needs angle brackets")
            }
        }
        let first = position
        while let parameter = try ParameterReference.next(bytes, &position, end) {
            guard let value = parameter.value, self.tag == nil else { continue }
            if bytes.matches("tag", parameter.name.range) { self.tag = value }
        }
        self.parameters = ByteRange(first..<position)
    }

    /// Whether the byte may stand in a display name without quotes: more than tokens, for peers send more.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "="), UInt8(ascii: "?"):
            false
        case 0x20...0x7E, 0x80..., 0x09, 0x0A, 0x0D: true
        default: false
        }
    }

    private static func endsAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "?"): true
        default: CharacterClass.space.contains(byte)
        }
    }
}
