/// How a digest is computed (RFC 7616 section 3.3, RFC 8760).
public enum DigestAlgorithm: Hashable, Sendable {
    /// MD5, what nearly every PBX asks for.
    case md5
    /// MD5 with the client's nonce in the key.
    case md5Session
    /// SHA-256.
    case sha256
    /// SHA-256 with the client's nonce in the key.
    case sha256Session
    /// SHA-512/256.
    case sha512Over256
    /// SHA-512/256 with the client's nonce in the key.
    case sha512Over256Session

    /// The name as it stands in a challenge.
    public var name: String {
        switch self {
        case .md5: "MD5"
        case .md5Session: "MD5-sess"
        case .sha256: "SHA-256"
        case .sha256Session: "SHA-256-sess"
        case .sha512Over256: "SHA-512-256"
        case .sha512Over256Session: "SHA-512-256-sess"
        }
    }

    /// The algorithm of that name, in any case; `nil` for one that is not supported.
    public init?(name: String) {
        let all: [DigestAlgorithm] = [
            .md5, .md5Session, .sha256, .sha256Session, .sha512Over256, .sha512Over256Session,
        ]
        guard let found = all.first(where: { equalIgnoringCase($0.name, name) }) else { return nil }
        self = found
    }

    var isSession: Bool {
        switch self {
        case .md5Session, .sha256Session, .sha512Over256Session: true
        case .md5, .sha256, .sha512Over256: false
        }
    }

    /// The hash function.
    var function: HashFunction {
        switch self {
        case .md5, .md5Session: .md5
        case .sha256, .sha256Session: .sha256
        case .sha512Over256, .sha512Over256Session: .sha512Over256
        }
    }
}

/// One digest challenge: the value of a WWW-Authenticate or Proxy-Authenticate (RFC 3261 section 20.44, RFC 8760).
public struct DigestChallenge: Hashable, Sendable, CustomStringConvertible {
    /// The realm, as it stands between its quotes.
    public var realm: String
    /// The server's nonce, as it stands between its quotes.
    public var nonce: String
    /// To be given back unchanged.
    public var opaque: String?
    /// Whether only the nonce was too old, and the credentials were right.
    public var stale: Bool
    /// The name of the algorithm; `nil` when the challenge names none, which means MD5.
    public var algorithmName: String?
    /// The qualities of protection that are offered; empty in a challenge of RFC 2069, as 3CX sends it.
    public var qop: [String]

    /// Makes a challenge from its parts.
    public init(
        realm: String,
        nonce: String,
        opaque: String? = nil,
        stale: Bool = false,
        algorithm: DigestAlgorithm? = .md5,
        qop: [String] = []
    ) {
        self.realm = realm
        self.nonce = nonce
        self.opaque = opaque
        self.stale = stale
        self.algorithmName = algorithm?.name
        self.qop = qop
    }

    /// Reads the first digest challenge in a header's value; `nil` when there is none with a realm and a nonce.
    public init?(_ value: String) {
        guard let first = DigestChallenge.all(in: value).first else { return nil }
        self = first
    }

    /// The algorithm; `nil` when it is not supported.
    public var algorithm: DigestAlgorithm? {
        guard let name = self.algorithmName else { return .md5 }
        return DigestAlgorithm(name: name)
    }

    /// All digest challenges in one header's value, for some servers join them with commas.
    public static func all(in value: String) -> [DigestChallenge] {
        AuthorizationFields.all(in: value).compactMap { fields in
            guard equalIgnoringCase(fields.scheme, "Digest"), let realm = fields["realm"], let nonce = fields["nonce"]
            else { return nil }
            var challenge = DigestChallenge(realm: realm, nonce: nonce, opaque: fields["opaque"])
            challenge.stale = fields["stale"].map { equalIgnoringCase($0, "true") } ?? false
            challenge.algorithmName = fields["algorithm"]
            challenge.qop = (fields["qop"] ?? "").split { $0 == "," || $0 == " " }.map { lowercased($0) }
            return challenge
        }
    }

    /// All digest challenges of a 401 or 407, each with the header in which it is to be answered.
    public static func all(in response: SIPMessage) -> [(header: HeaderName, challenge: DigestChallenge)] {
        let pairs: [(HeaderName, HeaderName)] = [
            (.wwwAuthenticate, .authorization), (.proxyAuthenticate, .proxyAuthorization),
        ]
        return pairs.flatMap { pair in
            response.lines(pair.0).flatMap { DigestChallenge.all(in: $0) }.map { (pair.1, $0) }
        }
    }

    /// The header's value.
    public var description: String {
        var text = "Digest realm=\"\(self.realm)\",nonce=\"\(self.nonce)\""
        if let opaque = self.opaque { text += ",opaque=\"\(opaque)\"" }
        if self.stale { text += ",stale=true" }
        if let algorithm = self.algorithmName {
            // Names are tokens; another one came in quotes.
            let isToken = !algorithm.isEmpty && algorithm.utf8.allSatisfy { CharacterClass.token.contains($0) }
            text += isToken ? ",algorithm=\(algorithm)" : ",algorithm=\"\(algorithm)\""
        }
        if !self.qop.isEmpty { text += ",qop=\"\(self.qop.joined(separator: ","))\"" }
        return text
    }
}

/// A scheme and its parameters: what challenges and credentials have in common (RFC 3261 section 25.1).
struct AuthorizationFields: Sendable {
    var scheme: String
    /// Names in small letters; values without their quotes, escapes left as they are, for that is what is hashed.
    var parameters: [(name: String, value: String)] = []

    subscript(name: String) -> String? {
        self.parameters.first { $0.name == name }?.value
    }

    /// Every scheme with its parameters in one header's value; reading ends at the first byte that fits nowhere.
    static func all(in value: String) -> [AuthorizationFields] {
        let bytes = Array(value.utf8)
        let span = bytes.span
        var result: [AuthorizationFields] = []
        var position = 0
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        while position < bytes.count {
            while position < bytes.count,
                bytes[position] == UInt8(ascii: ",") || CharacterClass.space.contains(bytes[position])
            {
                position += 1
            }
            let start = position
            while position < bytes.count, CharacterClass.token.contains(bytes[position]) { position += 1 }
            guard position > start else { break }
            let word = text(start..<position)
            skipSpace(span, &position, bytes.count)
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                result.append(AuthorizationFields(scheme: word))
                continue
            }
            guard let last = result.indices.last else { break }
            position += 1
            skipSpace(span, &position, bytes.count)
            let inside: Range<Int>
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                guard let string = try? scanQuotedString(span, &position, bytes.count) else { break }
                inside = string
            } else {
                let first = position
                // A quote or a backslash is no part of a token, and would break the quotes that it is given back in.
                while position < bytes.count, bytes[position] != UInt8(ascii: ","),
                    bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\"),
                    !CharacterClass.space.contains(bytes[position])
                { position += 1 }
                inside = first..<position
            }
            result[last].parameters.append((lowercased(word), text(inside)))
        }
        return result
    }
}
