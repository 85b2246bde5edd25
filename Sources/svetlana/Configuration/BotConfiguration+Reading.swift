import Foundation
import SIPDiagnostics

extension BotConfiguration {
    /// Reads a configuration from a file and the environment, or from the environment alone when there is no file.
    ///
    /// Paths in the file are relative to its folder, those in variables of the environment to the current one. `warn` hears
    /// of files with secrets that others may read.
    /// - Throws: ``ConfigurationError``.
    static func load(
        path: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        warn: @escaping (String) -> Void = { _ in }
    ) throws(ConfigurationError) -> BotConfiguration {
        func readSecret(_ path: String) throws -> String {
            let file = try SecretFile.contents(of: path)
            let secret = try SecretFile.secret(in: file.bytes)
            if let exposure = file.exposure { warn(exposure.warning(path)) }
            return secret
        }
        let current = FileManager.default.currentDirectoryPath
        guard let path else {
            return try Self.parse("", environment: environment, directory: current, readSecret: readSecret)
        }
        let whole = FilePath.resolve(path, in: current)
        let file: (bytes: [UInt8], exposure: SecretFile.Exposure?)
        do throws(SecretFile.Problem) {
            file = try SecretFile.contents(of: whole, limit: Self.largestFile)
        } catch {
            throw Self.failure(path, Self.explain(error, path: path, whole: whole))
        }
        let hasMark = file.bytes.starts(with: [0xEF, 0xBB, 0xBF])
        guard let yaml = String(bytes: file.bytes.dropFirst(hasMark ? 3 : 0), encoding: .utf8) else {
            throw Self.failure(path, "this is not text in UTF-8")
        }
        let noteSecret = { (key: String) in
            if let exposure = file.exposure { warn("\(key): \(exposure.warning(path)), or use \(key)_file") }
        }
        let directory = (whole as NSString).deletingLastPathComponent
        var result = try Self.parse(
            yaml,
            file: path,
            environment: environment,
            directory: directory,
            noteSecret: noteSecret,
            readSecret: readSecret
        )
        result.source = whole
        return result
    }

    /// Reads the text of a configuration; all that is wrong is reported at once.
    ///
    /// - Throws: ``ConfigurationError``.
    static func parse(
        _ yaml: String,
        file: String = "svetlana.yaml",
        environment: [String: String] = [:],
        directory: String? = nil,
        noteSecret: @escaping (String) -> Void = { _ in },
        readSecret: @escaping (String) throws -> String
    ) throws(ConfigurationError) -> BotConfiguration {
        let document = ConfigurationDocument(
            yaml: yaml,
            file: file,
            environment: environment,
            directory: directory,
            noteSecret: noteSecret,
            readSecret: readSecret
        )
        let top = document.top
        var result = BotConfiguration()
        result.owner.read(top.section("owner"))
        result.sip.read(top.section("sip"))
        result.trunk.read(top.section("trunk"))
        if let callers = top.list("callers") {
            result.callers = callers.filter { top.checkNumber($0, "callers") }
        }
        result.dial.read(top.section("dial"))
        result.conversation.read(top.section("conversation"))
        result.speechToText.read(top.section("speech_to_text"), language: result.conversation.language)
        result.model.read(top.section("model"))
        result.textToSpeech.read(top.section("text_to_speech"), language: result.conversation.language)
        result.homeAssistant = HomeAssistantSettings(reading: top.section("home_assistant"))
        result.report.read(top.section("report"))
        result.control.read(top.section("control"))
        result.recording.read(top.section("recording"))
        result.log.read(top.section("log"))
        try document.finish()
        return result
    }

    /// Why the file itself cannot be read.
    private static func explain(_ problem: SecretFile.Problem, path: String, whole: String) -> String {
        switch problem {
        case .missing:
            let place = path == whole ? "" : " (\(whole))"
            return "this file does not exist\(place); copy svetlana.example.yaml to it and fill it in"
        case .forbidden: return "this file may not be read by this user; change its owner or mode"
        case .folder: return "this is a folder; name the file in it, such as \(whole)/svetlana.yaml"
        case .tooLong: return "this file is far too large"
        case .unreadable, .empty, .wideText, .notText, .severalLines, .blanks, .controlCharacters:
            return "this file \(problem)"
        }
    }

    private static func failure(_ path: String, _ message: String) -> ConfigurationError {
        ConfigurationError(problems: [.init(place: .file(path), key: "", message: message)])
    }

    private static let largestFile = 1 << 20
}

extension ConfigurationSection {
    /// Whether a text can be an extension or a number; reports it otherwise.
    func checkNumber(_ text: String, _ key: String) -> Bool {
        let isNumber =
            (1...64).contains(text.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "+*#._-".utf8.contains(byte)
                }
            }
        if !isNumber {
            self.reject(key, "\"\(text)\" is no extension or number; write digits only, without spaces or sip:")
        }
        return isNumber
    }

    /// An extension or a number.
    func number(_ key: String) -> String? {
        guard let text = self.text(key), self.checkNumber(text, key) else { return nil }
        return text
    }

    /// An IP address.
    func address(_ key: String) -> String? {
        guard let text = self.text(key) else { return nil }
        guard IPText.isAddress(text) else {
            self.reject(key, "\"\(text)\" is no IP address; write one such as 192.168.1.10")
            return nil
        }
        return text
    }

    /// The address of an HTTP server.
    func url(_ key: String) -> String? {
        guard let text = self.text(key) else { return nil }
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host, !host.isEmpty
        else {
            self.reject(key, "\"\(text)\" is no address of a server; write one such as http://127.0.0.1:8000")
            return nil
        }
        guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
            self.reject(key, "an address must not hold a user, a password or a query; use api_key or api_key_file")
            return nil
        }
        guard url.port.map({ (1...65_535).contains($0) }) ?? true else {
            self.reject(key, "\(url.port ?? 0) is no port; write 1 to 65535")
            return nil
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            self.reject(key, "\"\(text)\" is no address of a server; only plain letters, digits and signs are possible")
            return nil
        }
        return text
    }

    /// A key or token that is sent to a server.
    func bearer(_ key: String) -> Secret? {
        guard let secret = self.secret(key) else { return nil }
        guard secret.revealed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let isDirect = self.has(key)
            self.reject(
                isDirect ? key : key + "_file",
                "this is no key: it holds spaces or unusual letters; copy it again"
            )
            return nil
        }
        return secret
    }
}
