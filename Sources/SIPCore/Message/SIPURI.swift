public import CoreTypes

/// A SIP, SIPS or telephone URI, or one of a scheme that the library does not know (RFC 3261 section 19.1).
///
/// The parts are kept as they stand on the wire, escapes included, so that a URI leaves as it came. `==` compares the
/// text; what the RFC calls equal is `isEquivalent(to:)`.
public struct SIPURI: Hashable, Sendable, CustomStringConvertible {
    /// The scheme of a URI.
    public enum Scheme: Hashable, Sendable {
        /// Any transport.
        case sip
        /// TLS on every hop.
        case sips
        /// A telephone number (RFC 3966).
        case tel
        /// Any other, in small letters.
        case other(String)

        /// The scheme as it is written, without its colon.
        public var text: String {
            switch self {
            case .sip: "sip"
            case .sips: "sips"
            case .tel: "tel"
            case .other(let name): name
            }
        }
    }

    /// The scheme.
    public var scheme: Scheme
    /// The user part with its escapes, for `tel` the number; `nil` when there is none.
    public var user: String?
    /// The password, which nobody should send.
    public var password: String?
    /// The host: a name, an IPv4 address, or an IPv6 address in brackets. Empty unless the scheme is `sip` or `sips`.
    public var host: String
    /// The port, when it is written.
    public var port: UInt16?
    /// The parameters (`;transport=tcp`).
    public var parameters: Parameters
    /// The headers, as they stand behind the question mark.
    public var headers: String?
    /// What follows the colon of a scheme that is not known.
    public var opaque: String

    /// Makes a `sip` or `sips` URI; characters of `user` that may not stand in a URI are escaped.
    public init(scheme: Scheme = .sip, user: String? = nil, host: String, port: UInt16? = nil) {
        self.scheme = scheme
        self.user = user.map { SIPURI.escaped($0, CharacterClass.user) }
        self.host = host
        self.port = port
        self.parameters = Parameters()
        self.opaque = ""
    }

    /// Reads a URI without angle brackets; `nil` when it breaks the grammar of RFC 3261 section 25.1.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count < 65_535, let reference = try? URIReference(bytes.span, 0..<bytes.count) else { return nil }
        self.init(reference, in: bytes)
    }

    init(_ reference: URIReference, in bytes: [UInt8]) {
        switch reference.kind {
        case .sip: self.scheme = .sip
        case .sips: self.scheme = .sips
        case .tel: self.scheme = .tel
        case .other: self.scheme = .other(lowercased(reference.scheme.string(in: bytes)))
        }
        self.user = reference.user.present.map { $0.string(in: bytes) }
        self.password = reference.password.present.map { $0.string(in: bytes) }
        self.host = reference.host.string(in: bytes)
        self.port = reference.hasPort ? reference.port : nil
        self.parameters = Parameters(uri: reference.parameters, in: bytes)
        self.headers = reference.headers.present.map { $0.string(in: bytes) }
        self.opaque = reference.opaque.string(in: bytes)
    }

    /// The URI without angle brackets.
    public var description: String {
        var text = self.scheme.text + ":"
        if case .other = self.scheme { return text + self.opaque }
        if let user = self.user {
            text += user
            if let password = self.password { text += ":" + password }
            if self.scheme != .tel { text += "@" }
        }
        text += self.host
        if let port = self.port { text += ":\(port)" }
        text += self.parameters.description
        if let headers = self.headers { text += "?" + headers }
        return text
    }

    /// The user part without its escapes, as an application compares and shows it.
    public var unescapedUser: String? {
        self.user.map(SIPURI.unescape)
    }

    /// The transport that the `transport` parameter names; `nil` when it is absent or not known.
    public var transport: TransportProtocol? {
        self.parameters["transport"].flatMap { name in
            TransportProtocol.allCases.first { equalIgnoringCase($0.rawValue, name) }
        }
    }

    /// Whether the URI has the `lr` parameter, as the Route of a loose router does (RFC 3261 section 19.1.1).
    public var isLooseRouter: Bool {
        self.parameters.contains("lr")
    }

    /// The address of the host, when it is an address and not a name.
    public var address: IPAddress? {
        IPAddress(self.host)
    }

    /// Gives the URI a parameter, with its value escaped where a URI asks for it.
    public mutating func setParameter(_ name: String, _ value: String? = nil) {
        let raw = value.map { SIPURI.escaped($0, CharacterClass.uriParameter) }
        self.parameters.set(Parameters.Item(name: name, rawValue: raw))
    }
}

// MARK: - Equality as the RFC has it

extension SIPURI {
    /// Whether both URIs mean the same (RFC 3261 section 19.1.4): host, scheme and parameter names without regard to
    /// case, the user part with it, escapes resolved, a default port different from none.
    public func isEquivalent(to other: SIPURI) -> Bool {
        guard self.scheme == other.scheme, self.port == other.port else { return false }
        if case .other = self.scheme { return self.opaque == other.opaque }
        if self.scheme == .tel {
            guard SIPURI.digits(self.user) == SIPURI.digits(other.user) else { return false }
        } else {
            guard self.unescapedUser == other.unescapedUser,
                self.password.map(SIPURI.unescape) == other.password.map(SIPURI.unescape),
                SIPURI.sameHost(self.host, other.host)
            else { return false }
        }
        return self.parametersMatch(other) && self.headerSet == other.headerSet
    }

    // A parameter that only one of them has is ignored, but for these four (and maddr, ttl of the RFC's text).
    private static let decisive = ["user", "ttl", "method", "maddr", "transport"]

    private func parametersMatch(_ other: SIPURI) -> Bool {
        for name in SIPURI.decisive where self.parameters.contains(name) != other.parameters.contains(name) {
            return false
        }
        for item in self.parameters.items {
            // Of a name that stands twice, which it must not, the first counts on both sides.
            guard let ours = self.parameters[item.name], let theirs = other.parameters[item.name] else { continue }
            guard equalIgnoringCase(SIPURI.unescape(ours), SIPURI.unescape(theirs)) else { return false }
        }
        return true
    }

    /// The headers as a set, for their order means nothing.
    private var headerSet: [String] {
        guard let headers = self.headers else { return [] }
        return headers.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = lowercased(SIPURI.unescape(String(parts[0])))
            return name + "=" + (parts.count > 1 ? SIPURI.unescape(String(parts[1])) : "")
        }.sorted()
    }

    private static func sameHost(_ left: String, _ right: String) -> Bool {
        if equalIgnoringCase(left, right) { return true }
        guard let one = IPAddress(left), let two = IPAddress(right) else { return false }
        return one == two
    }

    /// A telephone number without its visual separators (RFC 3966 section 4).
    private static func digits(_ number: String?) -> String {
        lowercased((number ?? "").filter { !"-.()".contains($0) })
    }
}

// MARK: - Escapes

extension SIPURI {
    /// The text with every `%41` as the byte that it stands for.
    static func unescape(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let upper = bytes[index + 1].hexadecimalValue, let lower = bytes[index + 2].hexadecimalValue
            {
                result.append(upper << 4 | lower)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text with every byte outside `allowed` as an escape.
    static func escaped(_ text: String, _ allowed: CharacterClass) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            if allowed.contains(byte), byte != UInt8(ascii: "#") {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
