import CoreTypes
import Foundation

// How the sections about the telephone are read.

extension BotConfiguration.Owner {
    mutating func read(_ section: ConfigurationSection) {
        self.name = section.line("name")
        self.extension = section.number("extension")
    }
}

extension SIPSettings {
    mutating func read(_ section: ConfigurationSection) {
        if let text = section.text("pbx") {
            self.pbx = Server(text)
            if self.pbx == nil {
                section.reject(
                    "pbx",
                    "\"\(text)\" is no host; write a name or an address, with :port if it is not 5060"
                )
            }
        }
        self.extension = section.number("extension")
        self.authenticationID = section.line("auth_id")
        self.password = section.secret("password")
        self.realms = section.lines("realm")
        if let name = section.line("display_name") { self.displayName = name }
        self.register = section.flag("register") ?? section.has("pbx")
        if let expires = section.integer("expires", in: 10...86_400) { self.expires = .seconds(expires) }
        if let port = section.integer("port", in: 1...65_535) { self.port = UInt16(port) }
        self.localAddress = section.address("local_address")
        self.publicAddress = section.address("public_address")
        self.readDomains(section)
        self.readCodecs(section)
        self.readPorts(section)
        self.checkRegistration(section)
    }

    private mutating func readDomains(_ section: ConfigurationSection) {
        self.domains = (section.list("domains") ?? []).filter { domain in
            let server = Server(domain)
            if IPText.isAddress(domain) || (server != nil && server?.port == nil) { return true }
            section.reject("domains", "\"\(domain)\" is no domain; write a name or an address, without port or sip:")
            return false
        }
    }

    private mutating func readCodecs(_ section: ConfigurationSection) {
        guard let names = section.list("codecs") else { return }
        let all = Codec.allCases.map(\.rawValue).joined(separator: ", ")
        var codecs: [Codec] = []
        for name in names {
            guard let codec = Codec(rawValue: name.lowercased()) else {
                section.reject("codecs", "\"\(name)\" is not possible; the codecs are \(all)")
                continue
            }
            if !codecs.contains(codec) { codecs.append(codec) }
        }
        if names.isEmpty { section.reject("codecs", "at least one codec is needed; the codecs are \(all)") }
        if !codecs.isEmpty { self.codecs = codecs }
    }

    private mutating func readPorts(_ section: ConfigurationSection) {
        guard let text = section.text("rtp_ports") else { return }
        let ends = text.split(separator: "-").map { $0.trimmingCharacters(in: .whitespaces) }
        guard ends.count == 2, let first = UInt16(ends[0]), let last = UInt16(ends[1]), first >= 1_024, first < last
        else {
            section.reject(
                "rtp_ports",
                "\"\(text)\" is no range of ports; write two from 1024 up, such as \"40000-40999\""
            )
            return
        }
        guard !(first...last).contains(self.port) else {
            section.reject("rtp_ports", "the range \(text) holds the SIP port \(self.port); choose another")
            return
        }
        self.rtpPorts = first...last
    }

    /// What registering needs beside itself.
    private func checkRegistration(_ section: ConfigurationSection) {
        guard self.register else { return }
        if !section.has("pbx") {
            section.reject("register", "the bot cannot register without sip.pbx; add it, or set register to false")
        }
        if !section.has("extension") {
            section.reject("extension", "this is missing: the extension that the bot is at the PBX, such as 200")
        }
        if !section.has("password"), !section.has("password_file") {
            section.reject(
                "password",
                "this is missing: set password_file, or SVETLANA_SIP_PASSWORD in the environment"
            )
        }
    }
}

extension BotConfiguration.Trunk {
    mutating func read(_ section: ConfigurationSection) {
        guard let peers = section.list("peers") else { return }
        self.peers = peers.filter { peer in
            if IPText.isAddress(peer) { return true }
            if let server = SIPSettings.Server(peer), IPAddress(server.host) != nil { return true }
            section.reject(
                "peers",
                "\"\(peer)\" is no IP address; write addresses such as 192.168.1.10, with :port if it is not 5060, no names"
            )
            return false
        }
    }
}

extension DialRules {
    mutating func read(_ section: ConfigurationSection) {
        if let numbers = section.list("emergency") {
            self.emergency = numbers.filter { number in
                if number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), (1...8).contains(number.utf8.count) {
                    return true
                }
                section.reject("emergency", "\"\(number)\" is no emergency number; write its digits, such as 112")
                return false
            }
        }
        guard let texts = section.list("allow") else { return }
        self.allow = texts.compactMap { text in
            if let rule = Rule(text) { return rule }
            section.reject(
                "allow",
                "\"\(text)\" is no pattern; write extensions, a number, X for any digit, or * at the end for any more"
            )
            return nil
        }
    }
}

extension BotConfiguration.Control {
    mutating func read(_ section: ConfigurationSection) {
        guard let path = section.filePath("socket") else { return }
        guard path.utf8.count <= Self.longestPath else {
            section.reject("socket", "the path is too long for a socket; \(Self.longestPath) bytes are possible")
            return
        }
        self.socket = path
    }

    /// What a Unix socket's address has room for.
    private static let longestPath = 107

    /// The path when none is configured, always in a folder of its own: that of the service when it is installed, else the
    /// user's.
    static func defaultPath(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        user: UInt32 = geteuid(),
        exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
    ) -> String {
        let service = "/run/svetlana"
        if exists(service) { return service + "/control.sock" }
        if let directory = environment["XDG_RUNTIME_DIR"], directory.hasPrefix("/"), directory.utf8.count < 64 {
            return "\(directory)/svetlana/control.sock"
        }
        return user == 0 ? service + "/control.sock" : "/tmp/svetlana-\(user)/control.sock"
    }
}

extension BotConfiguration.Recording {
    mutating func read(_ section: ConfigurationSection) {
        self.directory = section.filePath("directory")
    }
}

extension BotConfiguration.LogSettings {
    mutating func read(_ section: ConfigurationSection) {
        if let level = section.choice("level", Level.self) { self.level = level }
        if let redact = section.flag("redact") { self.redact = redact }
        if let sip = section.flag("sip") { self.sip = sip }
    }
}

extension BotConfiguration {
    /// Why nobody could ever call the bot; nil when there is a PBX or a trunk. `tried` are the places where no file was found.
    func missingTelephone(tried: [String]) -> String? {
        guard self.sip.pbx == nil, self.trunk.peers.isEmpty else { return nil }
        let what = "there is neither sip.pbx nor trunk.peers, so that nobody could call"
        let advice =
            "your PBX belongs under \"sip:\" (pbx, extension, auth_id, password_file; svetlana.example.yaml shows how), "
            + "the addresses of a trunk under \"trunk:\" (peers)"
        if let source { return "\(source): \(what); \(advice)" }
        let places = tried.joined(separator: ", ")
        return
            "no configuration file: tried \(places); and in the environment \(what); copy svetlana.example.yaml to one "
            + "of these places and fill it in, or name a file with --config"
    }

    /// What is allowed and seldom meant.
    var cautions: [String] {
        var cautions: [String] = []
        if let pbx = self.sip.pbx, !self.sip.register {
            let account = self.sip.extension.map { "extension \($0)" } ?? "the bot"
            cautions.append(
                "sip.register is false: the bot does not register at \(pbx), and a PBX such as a 3CX takes \(account) for "
                    + "offline and sends it no calls; remove the line, unless this PBX sends calls to a fixed address"
            )
        }
        return cautions
    }
}
