import COpenSSL

/// The hashes of libcrypto that digest authentication needs: the only file of this target that calls OpenSSL.
enum LibCrypto {
    /// A hash function.
    enum Function: Sendable {
        case md5, sha256, sha512Over256
    }

    /// The hash of `bytes`; empty when the system's libcrypto refuses the function, as one in FIPS mode does with MD5.
    static func hash(_ function: Function, _ bytes: [UInt8]) -> [UInt8] {
        let algorithm = unsafe LibCrypto.algorithm(function)
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // Sound: the output has the size that libcrypto asks for, and both arrays outlive the call.
        let done = unsafe EVP_Digest(bytes, bytes.count, &result, &length, algorithm, nil)
        return done == 1 ? Array(result.prefix(Int(length))) : []
    }

    /// HMAC-SHA-256 (RFC 2104) of `bytes`; empty when libcrypto fails.
    static func authenticationCode(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let block = 64
        let short = key.count > block ? LibCrypto.hash(.sha256, key) : key
        let padded = short + [UInt8](repeating: 0, count: block - short.count)
        let inner = LibCrypto.hash(.sha256, padded.map { $0 ^ 0x36 } + bytes)
        return LibCrypto.hash(.sha256, padded.map { $0 ^ 0x5C } + inner)
    }

    private static func algorithm(_ function: Function) -> OpaquePointer? {
        // Sound: libcrypto's method tables are static.
        switch function {
        case .md5: unsafe EVP_md5()
        case .sha256: unsafe EVP_sha256()
        case .sha512Over256: unsafe EVP_sha512_256()
        }
    }
}

/// The bytes as small hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
