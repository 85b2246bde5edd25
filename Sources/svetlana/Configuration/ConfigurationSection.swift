import Foundation
import SIPDiagnostics
import Yams

/// One section of the configuration while it is read. Every getter looks into the environment first, then into the
/// file; what is wrong is reported to the document, and the default takes its place so that reading goes on.
struct ConfigurationSection {
    /// What stands under the section's name.
    enum Content {
        case absent
        case keys([(key: Node, value: Node)])
        case wrong(Node)

        init(_ node: Node?) {
            guard let node, !node.isNothing else {
                self = .absent
                return
            }
            self = if let mapping = node.mapping { .keys(Array(mapping)) } else { .wrong(node) }
        }
    }

    /// A value and where it stands.
    struct Setting {
        var place: ConfigurationError.Place
        var node: Node
    }

    /// The name; empty for what is outside of all sections.
    let name: String
    /// Where the section stands, for what is missing in it.
    let place: ConfigurationError.Place
    /// Whether the file has the section.
    let isPresent: Bool
    let document: ConfigurationDocument
    private let nodes: [String: Node]

    init(name: String, content: Content, place: ConfigurationError.Place, document: ConfigurationDocument) {
        self.name = name
        self.place = place
        self.document = document
        var nodes: [String: Node] = [:]
        switch content {
        case .absent, .wrong:
            self.isPresent = false
        case .keys(let pairs):
            self.isPresent = true
            for (key, value) in pairs {
                guard let text = key.scalar?.string else {
                    document.report(document.place(of: key), name, "a key must be a word")
                    continue
                }
                document.found(text, in: name, at: document.place(of: key))
                if !value.isNothing { nodes[text] = value }
            }
        }
        self.nodes = nodes
    }

    /// A section within this one.
    func section(_ key: String) -> ConfigurationSection {
        self.document.know(key, in: self.name)
        let node = self.nodes[key]
        let content = Content(node)
        let place = node.map(self.document.place) ?? .file(self.document.file)
        if case .wrong = content {
            self.document.report(place, self.path(key), "this is a section: write its keys below it, indented")
        }
        return ConfigurationSection(name: self.path(key), content: content, place: place, document: self.document)
    }

    /// The whole name of a key.
    func path(_ key: String) -> String { self.name.isEmpty ? key : "\(self.name).\(key)" }

    /// Whether a key is set.
    func has(_ key: String) -> Bool { self.setting(key) != nil }

    /// Reports that the value of a key is wrong; a key that is not there is reported at its section.
    func reject(_ key: String, _ message: String) {
        self.document.report(self.setting(key)?.place ?? self.place, self.path(key), message)
    }

    /// A text.
    func text(_ key: String) -> String? {
        self.scalar(key, "a text")
    }

    /// A text that must not hold control characters, as it goes into headers.
    func line(_ key: String) -> String? {
        guard let text = self.text(key) else { return nil }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            self.reject(key, "this must be one line without control characters")
            return nil
        }
        return text
    }

    /// A path, whole where the document knows its folder: see ``ConfigurationDocument/resolve(_:ofVariable:)``.
    func filePath(_ key: String) -> String? {
        guard let path = self.line(key) else { return nil }
        guard path.contains(where: { !$0.isWhitespace }) else {
            self.reject(key, "this is empty; write a path")
            return nil
        }
        return self.document.resolve(path, ofVariable: self.setting(key)?.place.isVariable == true)
    }

    /// One text or several, as a text or a list, without control characters.
    func lines(_ key: String) -> [String] {
        // A variable is one text, commas and all.
        let isOne = self.setting(key)?.node.sequence == nil
        return ((isOne ? self.text(key).map { [$0] } : self.list(key)) ?? []).filter { text in
            if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) { return true }
            self.reject(key, "this must be one line without control characters")
            return false
        }
    }

    /// A whole number within a range.
    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = self.scalar(key, "a whole number") else { return nil }
        guard let number = Int(text) else {
            self.reject(key, "expected a whole number, found \"\(text)\"")
            return nil
        }
        guard range.contains(number) else {
            self.reject(key, "\(number) is not possible; write \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A number within a range.
    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = self.scalar(key, "a number") else { return nil }
        guard let number = Double(text), number.isFinite else {
            self.reject(key, "expected a number, found \"\(text)\"")
            return nil
        }
        guard range.contains(number) else {
            self.reject(key, "\(text) is not possible; write \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// Yes or no.
    func flag(_ key: String) -> Bool? {
        guard let text = self.scalar(key, "true or false") else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            self.reject(key, "expected true or false, found \"\(text)\"")
            return nil
        }
    }

    /// A length of time: seconds, or a number with a unit such as `800 ms`, `30 s`, `15 min`, `1 h`.
    func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let text = self.scalar(key, "a length of time") else { return nil }
        guard let duration = Duration(configured: text) else {
            self.reject(
                key,
                "expected a length of time such as 0.8, \"800 ms\", \"30 s\" or \"15 min\", found \"\(text)\""
            )
            return nil
        }
        guard range.contains(duration) else {
            self.reject(
                key,
                "\(text) is not possible; write \(range.lowerBound.configured) to \(range.upperBound.configured)"
            )
            return nil
        }
        return duration
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = self.scalar(key, "a word") else { return nil }
        if let choice = Choice(rawValue: text.lowercased()) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        let nearest = Spelling.nearest(to: text, among: words).map { " (did you mean \($0)?)" } ?? ""
        self.reject(key, "\"\(text)\" is not possible\(nearest); write one of \(words.joined(separator: ", "))")
        return nil
    }

    /// A list of texts; a single text is a list of one, and a variable holds them separated by commas.
    func list(_ key: String) -> [String]? {
        guard let setting = self.setting(key) else { return nil }
        if let text = setting.node.scalar?.string {
            guard case .variable = setting.place else { return [text] }
            return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        guard let sequence = setting.node.sequence else {
            self.reject(key, "expected a list, such as [100, 101]")
            return nil
        }
        var texts: [String] = []
        for node in sequence {
            guard let text = node.scalar?.string, !node.isNothing else {
                self.document.report(self.document.place(of: node), self.path(key), "expected a text in this list")
                continue
            }
            texts.append(text)
        }
        return texts
    }

    /// A secret, from the key itself or from the file that the key with `_file` behind it names.
    func secret(_ key: String) -> Secret? {
        let fileKey = key + "_file"
        let direct = self.setting(key)
        let file = self.setting(fileKey)
        if let direct, let file, direct.place.isVariable == file.place.isVariable {
            self.reject(fileKey, "both \(key) and \(fileKey) are given; keep one")
            return nil
        }
        // A variable wins over the file, whichever of the two it is.
        if direct != nil, file == nil || direct?.place.isVariable == true {
            guard let text = self.scalar(key, "a text in quotes", isSecret: true) else { return nil }
            if direct?.place.isVariable == false { self.document.noteSecret(self.path(key)) }
            return direct?.place.isVariable == true ? self.plain(text, key) : self.checked(text, key)
        }
        guard file != nil, let path = self.filePath(fileKey) else { return nil }
        do {
            return Secret(try SecretFile.secret(in: Array(self.document.readSecret(path).utf8)))
        } catch {
            self.reject(fileKey, "the file \(path) \(Self.problem(error))")
            return nil
        }
    }

    /// A secret of the environment, which is read as one in a file.
    private func plain(_ text: String, _ key: String) -> Secret? {
        do throws(SecretFile.Problem) {
            return Secret(try SecretFile.secret(in: Array(text.utf8)))
        } catch {
            self.reject(key, "the value \(error)")
            return nil
        }
    }

    /// A secret that stands in the file itself: in quotes a blank is meant.
    private func checked(_ text: String, _ key: String) -> Secret? {
        guard text.contains(where: { !$0.isWhitespace }) else {
            self.reject(key, "this is empty; write the secret, or set \(key)_file to a file with it")
            return nil
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            self.reject(key, "the secret must be one line without control characters")
            return nil
        }
        return Secret(text)
    }

    private static func problem(_ error: any Error) -> SecretFile.Problem {
        if let problem = error as? SecretFile.Problem { return problem }
        return (error as? CocoaError)?.code == .fileReadNoSuchFile ? .missing : .notText
    }

    private func scalar(_ key: String, _ expected: String, isSecret: Bool = false) -> String? {
        guard let setting = self.setting(key) else { return nil }
        guard let text = setting.node.scalar?.string else {
            let found = setting.node.sequence != nil ? "a list" : "a section"
            self.reject(key, "expected \(expected), found \(found)")
            return nil
        }
        return text
    }

    /// The value of a key; an empty one counts as none.
    private func setting(_ key: String) -> Setting? {
        self.document.know(key, in: self.name)
        let variable = ConfigurationDocument.variable(self.path(key))
        if let text = self.document.environment[variable], !text.isEmpty {
            return Setting(place: .variable(variable), node: Node(text))
        }
        return self.nodes[key].map { Setting(place: self.document.place(of: $0), node: $0) }
    }
}

extension ConfigurationError.Place {
    fileprivate var isVariable: Bool {
        if case .variable = self { true } else { false }
    }
}

extension Node {
    /// Whether nothing was written: `key:` or `key: ~`.
    fileprivate var isNothing: Bool { self.null != nil }
}
