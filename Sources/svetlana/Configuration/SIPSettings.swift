/// `sip:`, the extension that the bot is, and how it reaches its PBX.
struct SIPSettings: Sendable, Equatable {
    /// The PBX: where it registers, and from where calls are accepted.
    struct Server: Sendable, Equatable, CustomStringConvertible {
        /// A name or an address, IPv6 in brackets.
        var host: String
        /// The port; nil lets DNS say it, and otherwise 5060.
        var port: UInt16?

        /// Host and port as they are written.
        var description: String { self.port.map { "\(self.host):\($0)" } ?? self.host }
    }

    /// A codec that may be offered.
    enum Codec: String, Sendable, CaseIterable {
        case opus, g722, pcmu, pcma, l16
    }

    /// The PBX; nil when the bot only listens.
    var pbx: Server?
    /// The extension.
    var `extension`: String?
    /// The authentication ID; nil means the extension.
    var authenticationID: String?
    /// The password.
    var password: Secret?
    /// The realms that the password is for; without any those that the registrar asks in and then accepts.
    var realms: [String] = []
    /// Names and addresses that the PBX writes for itself beside ``pbx``: whoever is a user there is its user.
    var domains: [String] = []
    /// What called phones show.
    var displayName = "Svetlana"
    /// Whether the bot registers.
    var register = false
    /// The expiry that is asked for.
    var expires: Duration = .seconds(60)
    /// The UDP port on which the bot listens.
    var port: UInt16 = 5060
    /// The address on which it listens and which it tells; nil means the one that the route to the PBX uses.
    var localAddress: String?
    /// The address that it tells when it is behind a NAT; nil means the local one.
    var publicAddress: String?
    /// The codecs, the best first.
    var codecs: [Codec] = [.opus, .g722, .pcmu, .pcma]
    /// The UDP ports for audio.
    var rtpPorts: ClosedRange<UInt16> = 40_000...40_999

    /// The name under which the password is sent.
    var username: String? { self.authenticationID ?? self.extension }
}

extension SIPSettings.Server {
    /// Reads `host`, `host:port` or `[IPv6]:port`.
    init?(_ text: String) {
        var host = Substring(text)
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[...end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
            guard IPText.isIPv6(String(host.dropFirst().dropLast())) else { return nil }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !host.isEmpty, host.hasPrefix("[") || isName else { return nil }
        self.host = String(host)
        self.port = nil
        if let port {
            guard let number = UInt16(port), number > 0 else { return nil }
            self.port = number
        }
    }
}
