/// Sets of ASCII characters from RFC 3261 section 25.1, one bit each in a table.
struct CharacterClass: Sendable {
    private let bit: UInt8

    /// `token`: names of headers, methods and parameters.
    static let token = CharacterClass(bit: 1)
    /// A domain name or an IPv4 address; the underscore that some networks use in names included.
    static let host = CharacterClass(bit: 2)
    /// `user` without its escapes; the unescaped number sign that telephones send included.
    static let user = CharacterClass(bit: 4)
    /// `paramchar`, the characters of a URI's parameters, without escapes.
    static let uriParameter = CharacterClass(bit: 8)
    /// White space, the line ends of a folded header included.
    static let space = CharacterClass(bit: 16)
    /// `word` and the at sign: the characters of a Call-ID.
    static let callID = CharacterClass(bit: 32)
    /// The characters of a URI's headers, without escapes.
    static let uriHeader = CharacterClass(bit: 64)

    /// Whether `byte` is in the set.
    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        table[Int(byte)] & self.bit != 0
    }
}

// One row for sixteen bytes, from 0x00 to 0xFF.
private let table: InlineArray<256, UInt8> = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 0, 0, 16, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    16, 109, 32, 4, 76, 33, 12, 109, 108, 108, 109, 109, 4, 111, 111, 108,
    111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 104, 4, 32, 4, 32, 100,
    32, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111,
    111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 104, 32, 104, 0, 111,
    33, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111,
    111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 111, 32, 0, 32, 109, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]
