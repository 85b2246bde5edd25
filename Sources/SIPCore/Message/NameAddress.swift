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
        guard bytes.count < 65_535 else { return nil }
        var position = 0
        guard let reference = try? NameAddressReference(bytes.span, &position, bytes.count), position == bytes.count
        else { return nil }
        self.init(reference, in: bytes)
    }

    init(_ reference: NameAddressReference, in bytes: [UInt8]) {
        self.displayName = reference.displayName.present.map { range in
            let text = range.string(in: bytes)
            return reference.isQuoted ? unescaped(text) : text
        }
        self.uri = SIPURI(reference.uri, in: bytes)
        self.parameters = Parameters(header: reference.parameters, in: bytes)
        if !reference.isReadable, let tag = reference.tag.present {
            self.parameters.set("tag", tag.string(in: bytes))
        }
    }

    /// The dialog tag of a From or To; one without a value is none.
    public var tag: String? {
        get { self.parameters.items.first { $0.rawValue != nil && equalIgnoringCase($0.name, "tag") }?.value }
        set {
            if let newValue {
                self.parameters.set("tag", newValue)
            } else {
                self.parameters.remove("tag")
            }
        }
    }

    /// The `expires` parameter of a Contact in seconds, a larger number as 2^32 - 1 (RFC 3261 section 25.1,
    /// `delta-seconds`); `nil` when it is absent or no number.
    public var expires: UInt32? {
        self.parameters.seconds("expires")
    }

    /// The header's value: the display name in quotes, the URI in angle brackets.
    public var description: String {
        let name = self.displayName.map { quoted($0) + " " } ?? ""
        return "\(name)<\(self.uri)>\(self.parameters)"
    }
}

/// Where the parts of a name-addr or addr-spec are.
struct NameAddressReference: Sendable {
    var uri = URIReference()
    /// The inside of the quotes, when it is quoted.
    var displayName = ByteRange.absent
    /// From the first semicolon behind the URI.
    var parameters = ByteRange()
    /// The value of the tag, when there is one.
    var tag = ByteRange.absent
    var isQuoted = false
    /// Whether there is more than a tag to be read.
    var isReadable = true

    init() {}

    /// What can be found in a value that is no address: its tag, behind the last angle bracket.
    @inline(never)
    init(tagOf bytes: Span<UInt8>, _ value: ByteRange) {
        self.isReadable = false
        let end = value.end
        var position = value.start
        for index in value.range where bytes[index] == UInt8(ascii: ">") { position = index }
        while true {
            position = bytes.find(UInt8(ascii: ";"), position, end)
            guard position < end else { return }
            position &+= 1
            skipSpace(bytes, &position, end)
            let name = position
            position = bytes.skip(.token, position, end)
            guard bytes.matches("tag", name..<position) else { continue }
            skipSpace(bytes, &position, end)
            guard position < end, bytes[position] == UInt8(ascii: "=") else { continue }
            position &+= 1
            skipSpace(bytes, &position, end)
            let start = position
            position = bytes.skip(.parameterValue, start, end)
            guard position > start else { continue }
            self.tag = ByteRange(start, position)
            return
        }
    }

    init(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        try self.scan(bytes, &position, end)
    }

    /// Scans one value from `position`, which ends up at `end` or at the comma before the next one, into a reference
    /// that is still new.
    mutating func scan(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        skipSpace(bytes, &position, end)
        guard position < end else { throw ScanFailure(position, "an address is expected") }
        let start = position
        if bytes[position] == UInt8(ascii: "\"") {
            let inside = try scanQuotedString(bytes, &position, end)
            self.displayName = ByteRange(inside.lowerBound, inside.upperBound)
            self.isQuoted = true
            skipSpace(bytes, &position, end)
            guard position >= end || bytes[position] != UInt8(ascii: "<") else {
                return try self.scanAddress(bytes, &position, end)
            }
            try self.scanUnusualName(bytes, start, &position, end)
        } else if bytes[position] != UInt8(ascii: "<") {
            position = bytes.skip(.displayName, position, end)
            if position < end, bytes[position] == UInt8(ascii: "<") {
                var last = position
                while last > start, CharacterClass.space.contains(bytes[last &- 1]) { last &-= 1 }
                if last > start { self.displayName = ByteRange(start, last) }
            } else if position < end, bytes[position] == UInt8(ascii: "\"") {
                try self.scanUnusualName(bytes, start, &position, end)
            } else {
                position = start
            }
        }
        try self.scanAddress(bytes, &position, end)
    }

    /// A display name of several parts, in quotes and without, as `""name""`: all that stands before the angle bracket,
    /// without the quotes around it. Each quote must have its other.
    @inline(never)
    private mutating func scanUnusualName(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ position: inout Int,
        _ end: Int
    ) throws(ScanFailure) {
        while position < end, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "\"") {
                _ = try scanQuotedString(bytes, &position, end)
            } else {
                let next = bytes.skip(.displayName, position, end)
                guard next > position else {
                    throw ScanFailure(position, "an angle bracket is expected behind the display name")
                }
                position = next
            }
        }
        guard position < end else {
            throw ScanFailure(position, "an angle bracket is expected behind the display name")
        }
        func isAround(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || CharacterClass.space.contains(byte) }
        var (first, last) = (start, position)
        while first < last, isAround(bytes[first]) { first &+= 1 }
        while last > first, isAround(bytes[last &- 1]) { last &-= 1 }
        self.displayName = ByteRange(first, last)
        self.isQuoted = true
    }

    /// The URI and what follows it.
    @inline(__always)
    private mutating func scanAddress(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        if bytes[position] == UInt8(ascii: "<") {
            let bracket = position
            position &+= 1
            try self.uri.scan(bytes, &position, end)
            guard position < end else { throw ScanFailure(bracket, "the angle bracket is never closed") }
            guard bytes[position] == UInt8(ascii: ">") else {
                throw ScanFailure(position, "this cannot stand in a URI")
            }
            position &+= 1
        } else {
            // Without brackets, what follows a semicolon belongs to the header, and the URI has no comma, question
            // mark or semicolon of its own (RFC 3261 section 20).
            let last = bytes.skip(.bareAddress, start, end)
            try self.uri.scan(bytes, start, last)
            position = last
            if position < end, bytes[position] == UInt8(ascii: "?") {
                throw ScanFailure(position, "a URI with headers needs angle brackets")
            }
        }
        let first = position
        while let parameter = try ParameterReference.next(bytes, &position, end) {
            guard !self.tag.isPresent, parameter.name.length == 3, parameter.value.isPresent else { continue }
            if parameter.key(bytes) == ParameterKey.tag { self.tag = parameter.value }
        }
        self.parameters = ByteRange(first, position)
    }
}
