import COpenSSL

/// The hash functions that digest authentication needs.
enum HashFunction: Sendable {
    case md5, sha256, sha512Over256

    /// libcrypto's method; looked up once, for a look-up costs more than a hash. `nil` when the system's libcrypto refuses
    /// the function, as one in FIPS mode does with MD5.
    fileprivate var method: OpaquePointer? {
        // Sound: a fetched method is shared, constant and never freed.
        switch self {
        case .md5: unsafe Self.fetchedMD5
        case .sha256: unsafe Self.fetchedSHA256
        case .sha512Over256: unsafe Self.fetchedSHA512Over256
        }
    }

    // Unchecked: the compiler knows no pointer as sendable. Each is set once, by whoever asks first, and libcrypto's methods
    // are constant, shared by its threads and never freed here. Nothing from the wire chooses them.
    nonisolated(unsafe) private static let fetchedMD5 = unsafe EVP_MD_fetch(nil, "MD5", nil)
    nonisolated(unsafe) private static let fetchedSHA256 = unsafe EVP_MD_fetch(nil, "SHA2-256", nil)
    nonisolated(unsafe) private static let fetchedSHA512Over256 = unsafe EVP_MD_fetch(nil, "SHA2-512/256", nil)
}

/// A hash that is fed part by part, and can be used again after each result: the only file of this target that calls
/// OpenSSL.
@safe struct MessageDigest: ~Copyable {
    private let function: HashFunction
    private let context: OpaquePointer?
    /// Whether libcrypto has taken everything so far.
    private var isGood = false

    init(_ function: HashFunction) {
        self.function = function
        unsafe self.context = EVP_MD_CTX_new()
        self.begin()
    }

    deinit {
        // Sound: nobody else has the context.
        unsafe EVP_MD_CTX_free(self.context)
    }

    private mutating func begin() {
        // Sound: the context is this value's own, and the method lives for ever.
        let method = unsafe self.function.method
        unsafe self.isGood = self.context != nil && method != nil && EVP_DigestInit_ex2(self.context, method, nil) == 1
    }

    mutating func add(_ bytes: Span<UInt8>) {
        guard self.isGood, !bytes.isEmpty else { return }
        // Sound: libcrypto reads the bytes during the call only.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe self.isGood = EVP_DigestUpdate(self.context, buffer.baseAddress, buffer.count) == 1
        }
    }

    mutating func add(_ text: String) {
        self.add(text.utf8.span)
    }

    /// Adds the text, and a colon behind it, as digests separate their parts.
    mutating func addPart(_ text: String) {
        self.add(text)
        self.add(Self.colon.span)
    }

    /// The hash of what was added since the last one; empty when libcrypto failed.
    mutating func finish() -> [UInt8] {
        var length: UInt32 = 0
        var isGood = self.isGood
        let context = unsafe self.context
        // SHA-512/256 has 32 bytes, the longest of these.
        let result = unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            // Sound: EVP_MAX_MD_SIZE is 64.
            if isGood { isGood = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1 }
            count = isGood ? Int(length) : 0
        }
        self.begin()
        return result
    }

    /// The same in small hexadecimal digits.
    mutating func finishHexadecimal() -> [UInt8] {
        hexadecimalDigits(self.finish())
    }

    private static let colon: [UInt8] = [0x3A]
}

extension HashFunction {
    /// The hash of `bytes`; empty when libcrypto refuses the function.
    func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = MessageDigest(self)
        digest.add(bytes.span)
        return digest.finish()
    }

    /// HMAC-SHA-256 (RFC 2104) of `bytes`; empty when libcrypto fails.
    static func authenticationCode(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let block = 64
        let short = key.count > block ? HashFunction.sha256.hash(key) : key
        let padded = short + [UInt8](repeating: 0, count: block - short.count)
        let inner = HashFunction.sha256.hash(padded.map { $0 ^ 0x36 } + bytes)
        return HashFunction.sha256.hash(padded.map { $0 ^ 0x5C } + inner)
    }
}

/// The bytes as small hexadecimal digits.
func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: hexadecimalDigits(Array(bytes)), as: UTF8.self)
}

private func hexadecimalDigits(_ bytes: [UInt8]) -> [UInt8] {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.count)
    for byte in bytes {
        digits.append(hexadecimalDigit(byte >> 4))
        digits.append(hexadecimalDigit(byte & 15))
    }
    return digits
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? value &+ 0x30 : value &+ 0x57
}
