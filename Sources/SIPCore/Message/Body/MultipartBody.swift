public import CoreTypes

/// A body with parts: `multipart/mixed`, `alternative`, `related` and others (RFC 2046 section 5.1, RFC 5621).
public struct MultipartBody: Hashable, Sendable {
    /// The subtype ("mixed").
    public var subtype: String
    /// The parts in order.
    public var parts: [BodyPart]
    /// What stands before the first part, to be ignored.
    public private(set) var preamble: ArraySlice<UInt8> = []
    /// What stands behind the last part, to be ignored.
    public private(set) var epilogue: ArraySlice<UInt8> = []
    /// Whether the line that ends the last part is there; without it the body may have been cut.
    public private(set) var isComplete = true

    /// Makes a body from parts.
    public init(subtype: String = "mixed", parts: [BodyPart]) {
        self.subtype = subtype
        self.parts = parts
    }

    /// Reads a body of a multipart type; `nil` without a legal boundary, without a part, with more than the limits
    /// allow, or when the headers of a part are malformed.
    public init?(_ body: ArraySlice<UInt8>, type: MediaType, limits: BodyLimits = .standard) {
        guard let value = try? MultipartBody(parsing: body, type: type, limits: limits) else { return nil }
        self = value
    }

    init(parsing body: ArraySlice<UInt8>, type: MediaType, limits: BodyLimits) throws(ScanFailure) {
        guard let boundary = type.boundary, MultipartBody.isLegal(boundary) else {
            throw ScanFailure(body.startIndex, "a multipart type needs a boundary")
        }
        self.subtype = type.subtype
        self.parts = []
        var search = DelimiterSearch(body, boundary)
        guard let first = search.next() else { throw ScanFailure(body.startIndex, "there is no part") }
        self.preamble = body[body.startIndex..<first.range.lowerBound]
        var current = first
        while !current.isClosing {
            guard self.parts.count < limits.partCount else {
                throw ScanFailure(current.range.lowerBound, "there are too many parts")
            }
            let following = search.next()
            let start = current.range.upperBound
            // An empty part shares its line end with the delimiter behind it.
            let end = max(start, following?.range.lowerBound ?? body.endIndex)
            var lines = LineReader(body[start..<end])
            let headers = try lines.headers(limits)
            self.parts.append(BodyPart(headers: headers, body: body[lines.position..<end]))
            guard let following else {
                self.isComplete = false
                return
            }
            current = following
        }
        guard !self.parts.isEmpty else { throw ScanFailure(current.range.lowerBound, "there is no part") }
        self.epilogue = body[current.range.upperBound...]
    }

    // MARK: - Building

    /// The body with a boundary that stands nowhere in it, and the type that names the boundary.
    ///
    /// Preamble and epilogue are left out. Throws when a header of a part could not be read back.
    public func encoded(using random: inout SeededRandom) throws(SIPBuildError) -> (type: MediaType, bytes: [UInt8]) {
        var boundary = random.token(24)
        // A second look is needed only when a part was made to hold what the random numbers give.
        for _ in 0..<8 where self.contains(boundary) { boundary = random.token(24) }
        var bytes: [UInt8] = []
        for part in self.parts {
            bytes += "--\(boundary)\r\n".utf8
            for field in part.headers {
                guard field.isSafe else { throw .illegalCharacter(field.name) }
                bytes += "\(field)\r\n".utf8
            }
            bytes += [0x0D, 0x0A]
            bytes += part.body
            bytes += [0x0D, 0x0A]
        }
        bytes += "--\(boundary)--\r\n".utf8
        var type = MediaType("multipart", self.subtype)
        type.parameters.set("boundary", boundary)
        return (type, bytes)
    }

    private func contains(_ boundary: String) -> Bool {
        self.parts.contains { part in
            var search = DelimiterSearch(part.body, boundary)
            return search.next() != nil
        }
    }

    /// 1 to 70 characters that a boundary may have, the last no space (RFC 2046 section 5.1.1).
    private static func isLegal(_ boundary: String) -> Bool {
        (1...70).contains(boundary.utf8.count) && boundary.utf8.last != 0x20
            && boundary.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20: true
                default: "'()+_,-./:=?".utf8.contains(byte)
                }
            }
    }
}

/// Finds the lines that separate parts.
private struct DelimiterSearch {
    struct Delimiter {
        /// From the line end before the delimiter to the start of the line behind it.
        var range: Range<Int>
        var isClosing: Bool
    }

    private let bytes: ArraySlice<UInt8>
    private let mark: [UInt8]
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>, _ boundary: String) {
        self.bytes = bytes
        self.mark = Array("--\(boundary)".utf8)
        self.position = bytes.startIndex
    }

    mutating func next() -> Delimiter? {
        while self.position < self.bytes.endIndex {
            let start = self.position
            if self.bytes[start] == UInt8(ascii: "-"), self.isLineStart(start), let found = self.delimiter(start) {
                // The line end stays in sight: an empty part has no other.
                self.position = found.range.upperBound
                return found
            }
            self.position += 1
        }
        return nil
    }

    /// The start of the body, or behind a CRLF: a bare LF belongs to the part.
    private func isLineStart(_ position: Int) -> Bool {
        let offset = position - self.bytes.startIndex
        return offset == 0 || (offset >= 2 && self.bytes[position - 1] == 0x0A && self.bytes[position - 2] == 0x0D)
    }

    private func delimiter(_ start: Int) -> Delimiter? {
        let end = self.bytes.endIndex
        var position = start
        for byte in self.mark {
            guard position < end, self.bytes[position] == byte else { return nil }
            position += 1
        }
        let isClosing = self.bytes[position...].starts(with: "--".utf8)
        if isClosing { position += 2 }
        while position < end, self.bytes[position] == 0x20 || self.bytes[position] == 0x09 { position += 1 }
        if position < end {
            // A longer boundary that starts like this one is another boundary.
            guard self.bytes[position...].starts(with: [0x0D, 0x0A]) else { return nil }
            position += 2
        } else if !isClosing {
            return nil
        }
        return Delimiter(range: max(self.bytes.startIndex, start - 2)..<position, isClosing: isClosing)
    }
}
