import CoreTypes
import Foundation

/// What a bot was started with, so that `svetlana check` can tell that a file says something else by now.
///
/// It holds no secret and nothing that a secret could be found from: of a secret there are 32 bits of a hash that is keyed
/// by a salt of its own for each start.
struct BotSetup: Codable, Equatable, Sendable {
    /// The file, as a whole path; `nil` for the environment alone.
    var file: String?
    /// The program's version: another one may write its settings in another way.
    var version = Product.version
    /// The process.
    var process = ProcessInfo.processInfo.processIdentifier
    /// The names of the variables of the environment that were set.
    var variables: [String]
    /// The telephone's settings by key, as they are shown.
    var settings: [String: String]
    /// The key of the hashes, 32 hexadecimal digits.
    var salt: String
    /// The hash of each secret by its key, and of the rest of each section by its name.
    var digests: [String: String]

    /// Something that a file says otherwise than the running bot.
    struct Difference: Equatable, Sendable {
        /// The key, or the section.
        var key: String
        /// For a person.
        var text: String
        /// Whether the telephone is concerned, and not only the conversation.
        var isTelephone: Bool
    }

    /// What a configuration comes to; `salt` is a random one, or that of the bot it is compared with.
    init(
        _ configuration: BotConfiguration,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        salt: String
    ) {
        self.file = configuration.source
        self.variables = environment.keys.filter { name in
            name.hasPrefix(ConfigurationDocument.prefix) && name != "SVETLANA_CONFIG"
                && environment[name]?.isEmpty == false
        }.sorted()
        self.settings = Self.settings(of: configuration)
        self.salt = salt
        self.digests = Self.parts(of: configuration).mapValues { Self.digest($0, salt) }
    }

    /// A new salt.
    static func freshSalt() -> String {
        var random = SeededRandom.system()
        return random.token(32)
    }

    /// What a file says otherwise; `file` was made with this setup's salt.
    func differences(from file: BotSetup) -> [Difference] {
        var found: [Difference] = []
        for key in Set(self.settings.keys).union(file.settings.keys).sorted(by: Self.precedes) {
            let (ours, theirs) = (self.settings[key], file.settings[key])
            guard ours != theirs else { continue }
            let text = "\(key): the file says \(theirs ?? "nothing"), the running bot uses \(ours ?? "nothing")"
            found.append(Difference(key: key, text: PlainText.line(text, limit: 300), isTelephone: true))
        }
        for key in Set(self.digests.keys).union(file.digests.keys).sorted(by: Self.precedes) {
            let (ours, theirs) = (self.digests[key], file.digests[key])
            guard ours != theirs else { continue }
            let what =
                switch (ours, theirs) {
                case (nil, _): "set in the file, not in the running bot"
                case (_, nil): "set in the running bot, not in the file"
                case (_, _): key.contains(".") ? "differs" : "differs in some setting"
                }
            let isTelephone = key.hasPrefix("sip")
            found.append(
                Difference(key: key, text: "\(PlainText.line(key, limit: 60)): \(what)", isTelephone: isTelephone)
            )
        }
        return found
    }

    // MARK: Its parts

    private static func settings(of configuration: BotConfiguration) -> [String: String] {
        let sip = configuration.sip
        var settings: [String: String] = ["sip.register": "\(sip.register)", "sip.port": "\(sip.port)"]
        // Without a port it is 5060, and without an ID the extension.
        settings["sip.pbx"] = sip.pbx.map { "\($0.host.lowercased()):\($0.port ?? 5_060)" }
        settings["sip.extension"] = sip.extension
        settings["sip.auth_id"] = sip.username
        settings["sip.local_address"] = sip.localAddress
        settings["sip.public_address"] = sip.publicAddress
        if !sip.realms.isEmpty { settings["sip.realm"] = sip.realms.joined(separator: ", ") }
        if !sip.domains.isEmpty { settings["sip.domains"] = sip.domains.joined(separator: ", ") }
        let peers = configuration.trunk.peers
        if !peers.isEmpty { settings["trunk.peers"] = peers.joined(separator: ", ") }
        return settings
    }

    /// The texts to be hashed: each secret, and each section without them and without what is shown.
    private static func parts(of configuration: BotConfiguration) -> [String: String] {
        var parts: [String: String] = [:]
        parts["sip.password"] = configuration.sip.password?.revealed
        parts["speech_to_text.api_key"] = configuration.speechToText.apiKey?.revealed
        parts["model.api_key"] = configuration.model.apiKey?.revealed
        parts["text_to_speech.api_key"] = configuration.textToSpeech.apiKey?.revealed
        parts["home_assistant.token"] = configuration.homeAssistant?.token.revealed
        var rest = configuration
        rest.sip.pbx = nil
        rest.sip.extension = nil
        rest.sip.authenticationID = nil
        rest.sip.password = nil
        rest.sip.localAddress = nil
        rest.sip.publicAddress = nil
        rest.sip.realms = []
        rest.sip.domains = []
        rest.sip.register = false
        rest.sip.port = 0
        rest.speechToText.apiKey = nil
        rest.model.apiKey = nil
        rest.textToSpeech.apiKey = nil
        rest.homeAssistant?.token = Secret("")
        parts["owner"] = "\(rest.owner)"
        parts["sip"] = "\(rest.sip)"
        parts["callers"] = "\(rest.callers)"
        parts["dial"] = "\(rest.dial)"
        parts["speech_to_text"] = "\(rest.speechToText)"
        parts["model"] = "\(rest.model)"
        parts["text_to_speech"] = "\(rest.textToSpeech)"
        parts["home_assistant"] = rest.homeAssistant.map { "\($0)" }
        parts["conversation"] = "\(rest.conversation)"
        parts["report"] = "\(rest.report)"
        parts["recording"] = "\(rest.recording)"
        parts["log"] = "\(rest.log)"
        return parts
    }

    private static func digest(_ text: String, _ salt: String) -> String {
        let (low, high) = (UInt64(salt.prefix(16), radix: 16), UInt64(salt.dropFirst(16), radix: 16))
        var hash = KeyedHash(KeyedHash.Key(low: low ?? 0, high: high ?? 0))
        for byte in text.utf8 { hash.combine(byte) }
        return Self.hexadecimal(hash.finish() >> 32, digits: 8)
    }

    private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The telephone first, then the rest by name.
    private static func precedes(_ first: String, _ second: String) -> Bool {
        func rank(_ key: String) -> Int { key.hasPrefix("sip") ? 0 : key.hasPrefix("trunk") ? 1 : 2 }
        return (rank(first), first) < (rank(second), second)
    }
}
