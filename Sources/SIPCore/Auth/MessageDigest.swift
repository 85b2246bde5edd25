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
///
/// MD5, which nearly every registrar asks for, is computed in place and allocates nothing. The others go through libcrypto's
/// providers.
@safe struct MessageDigest: ~Copyable {
    /// A digest in small hexadecimal digits, without a heap of its own.
    struct Digits {
        fileprivate var storage = InlineArray<128, UInt8>(repeating: 0)
        fileprivate private(set) var count = 0

        /// The digits as text; empty when libcrypto failed.
        var text: String {
            // Sound: as many bytes are written as are said, and there is room for them.
            unsafe String(unsafeUninitializedCapacity: self.count) { text in
                unsafe self.storage.span.extracting(first: self.count).withUnsafeBufferPointer { digits in
                    unsafe text.initialize(fromContentsOf: digits)
                }
            }
        }

        fileprivate init(_ digest: Span<UInt8>) {
            let bytes = digest.extracting(first: 64)
            var storage = self.storage.mutableSpan
            // Sound: the digits of 64 bytes are 128. Checked accesses cost more here than the hash.
            unsafe storage.withUnsafeMutableBufferPointer { digits in
                unsafe bytes.withUnsafeBufferPointer { bytes in
                    for index in 0..<bytes.count {
                        let byte = unsafe bytes[index]
                        unsafe digits[2 &* index] = hexadecimalDigit(byte >> 4)
                        unsafe digits[2 &* index &+ 1] = hexadecimalDigit(byte & 15)
                    }
                }
            }
            self.count = 2 * bytes.count
        }
    }

    private let function: HashFunction
    private var blocks = MD5_CTX()
    /// libcrypto's state of another function than MD5.
    private let context: OpaquePointer?
    /// Whether libcrypto has taken everything so far.
    private var isGood = false

    init(_ function: HashFunction) {
        self.function = function
        switch function {
        case .md5: unsafe self.context = nil
        case .sha256, .sha512Over256: unsafe self.context = EVP_MD_CTX_new()
        }
        self.begin()
    }

    deinit {
        // Sound: nobody else has the context.
        unsafe EVP_MD_CTX_free(self.context)
    }

    private mutating func begin() {
        // Sound: the contexts are this value's own, and the method lives for ever.
        let method = unsafe self.function.method
        switch self.function {
        // A libcrypto that does not give MD5, as one in FIPS mode, is not asked for it by another door.
        case .md5: unsafe self.isGood = method != nil && svetlana_md5_start(&self.blocks) == 1
        case .sha256, .sha512Over256:
            unsafe self.isGood =
                self.context != nil && method != nil && EVP_DigestInit_ex2(self.context, method, nil) == 1
        }
    }

    mutating func add(_ bytes: Span<UInt8>) {
        guard self.isGood, !bytes.isEmpty else { return }
        // Sound: libcrypto reads the bytes during the call only.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            switch self.function {
            case .md5: unsafe self.isGood = svetlana_md5_add(&self.blocks, buffer.baseAddress, buffer.count) == 1
            case .sha256, .sha512Over256:
                unsafe self.isGood = EVP_DigestUpdate(self.context, buffer.baseAddress, buffer.count) == 1
            }
        }
    }

    mutating func add(_ text: String) {
        self.add(text.utf8.span)
    }

    mutating func add(_ digits: Digits) {
        self.add(digits.storage.span.extracting(first: digits.count))
    }

    /// Adds a colon, as digests separate their parts.
    mutating func addColon() {
        let colon: InlineArray<1, UInt8> = [0x3A]
        self.add(colon.span)
    }

    /// Adds the text, and a colon behind it.
    mutating func addPart(_ text: String) {
        self.add(text)
        self.addColon()
    }

    /// Ends a hash, and begins the next one; `body` gets the bytes, none when libcrypto failed.
    private mutating func finish<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // SHA-512/256 has 32 bytes, the longest of these; EVP_MAX_MD_SIZE is 64.
        var digest = InlineArray<64, UInt8>(repeating: 0)
        var length: UInt32 = 0
        if self.isGood {
            var bytes = digest.mutableSpan
            // Sound: libcrypto writes 16 bytes of MD5, and at most EVP_MAX_MD_SIZE of another.
            unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                switch self.function {
                case .md5: length = unsafe svetlana_md5_finish(&self.blocks, start) == 1 ? 16 : 0
                case .sha256, .sha512Over256:
                    if unsafe EVP_DigestFinal_ex(self.context, start, &length) != 1 { length = 0 }
                }
            }
        }
        self.begin()
        return body(digest.span.extracting(first: Int(length)))
    }

    /// The hash of what was added since the last one; empty when libcrypto failed.
    mutating func finish() -> [UInt8] {
        self.finish { digest in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(digest.count)
            for index in digest.indices { bytes.append(digest[index]) }
            return bytes
        }
    }

    /// The same in small hexadecimal digits.
    mutating func finishHexadecimal() -> Digits {
        self.finish { Digits($0) }
    }
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
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.count)
    for byte in bytes {
        digits.append(hexadecimalDigit(byte >> 4))
        digits.append(hexadecimalDigit(byte & 15))
    }
    return String(decoding: digits, as: UTF8.self)
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? value &+ 0x30 : value &+ 0x57
}
