import Foundation
import Yams

/// A YAML file and the environment, from which sections read their settings; problems are collected on the way.
final class ConfigurationDocument {
    /// The name of the file for messages.
    let file: String
    /// The environment.
    let environment: [String: String]
    /// Hears the name of each secret that stands in the file itself.
    let noteSecret: (String) -> Void
    /// The folder that paths in the file are relative to; without one they stay as they are written.
    let directory: String?
    /// Reads a file that holds a secret.
    let readSecret: (String) throws -> String
    /// What is wrong so far.
    private(set) var problems: [ConfigurationError.Problem] = []

    private let root: ConfigurationSection.Content
    /// The keys of each section, collected as they are read, to suggest what an unknown one may be.
    private var known: [String: [String]] = [:]
    private var present: [(section: String, key: String, place: ConfigurationError.Place)] = []

    /// The beginning of the names of all our environment variables.
    static let prefix = "SVETLANA_"

    /// Parses the text of a file.
    init(
        yaml: String,
        file: String,
        environment: [String: String],
        directory: String? = nil,
        noteSecret: @escaping (String) -> Void = { _ in },
        readSecret: @escaping (String) throws -> String
    ) {
        self.file = file
        self.directory = directory
        self.environment = environment
        self.noteSecret = noteSecret
        self.readSecret = readSecret
        do {
            self.root = ConfigurationSection.Content(try Yams.compose(yaml: yaml))
        } catch {
            self.root = .absent
            self.problems.append(Self.problem(error, file: file))
        }
        if case .wrong(let node) = self.root {
            self.report(self.place(of: node), "", "the file must hold keys and values, such as \"sip:\"")
        }
    }

    /// The settings outside of all sections.
    var top: ConfigurationSection {
        ConfigurationSection(name: "", content: self.root, place: .file(self.file), document: self)
    }

    /// Notes a problem.
    func report(_ place: ConfigurationError.Place, _ key: String, _ message: String) {
        self.problems.append(.init(place: place, key: key, message: message))
    }

    /// Notes that a section knows a key.
    func know(_ key: String, in section: String) {
        if self.known[section]?.contains(key) != true { self.known[section, default: []].append(key) }
    }

    /// Notes that a key stands in the file.
    func found(_ key: String, in section: String, at place: ConfigurationError.Place) {
        self.present.append((section, key, place))
    }

    /// Where a node of the file is.
    func place(of node: Node) -> ConfigurationError.Place {
        guard let mark = node.mark else { return .file(self.file) }
        return .line(file: self.file, line: mark.line, column: mark.column)
    }

    /// A path as the system needs it: one in the file is relative to the file's folder, one in a variable of the environment
    /// to the current folder; `~` is the user's home.
    func resolve(_ path: String, ofVariable isVariable: Bool) -> String {
        guard let directory = self.directory else { return path }
        let current = FileManager.default.currentDirectoryPath
        return FilePath.resolve(path, in: isVariable ? current : FilePath.resolve(directory, in: current))
    }

    /// Ends the reading: reports unknown keys and variables.
    ///
    /// - Throws: ``ConfigurationError`` when anything was wrong.
    func finish() throws(ConfigurationError) {
        for entry in self.present where self.known[entry.section]?.contains(entry.key) != true {
            let path = entry.section.isEmpty ? entry.key : "\(entry.section).\(entry.key)"
            self.report(entry.place, path, "this key is not known; \(self.suggestion(entry.key, in: entry.section))")
        }
        for name in self.environment.keys.sorted() { self.check(variable: name) }
        guard !self.problems.isEmpty else { return }
        let sorted = self.problems.enumerated().sorted { first, second in
            let (line, column) = first.element.place.order
            let (otherLine, otherColumn) = second.element.place.order
            return (line, column, first.offset) < (otherLine, otherColumn, second.offset)
        }
        throw ConfigurationError(problems: sorted.map { $0.element })
    }

    private func suggestion(_ key: String, in section: String) -> String {
        let here = self.known[section] ?? []
        if let nearest = Spelling.nearest(to: key, among: here) { return "did you mean \(nearest)?" }
        for other in self.known.keys.sorted() where other != section && self.known[other]?.contains(key) == true {
            return other.isEmpty ? "it belongs to the outermost level" : "it belongs under \(other):"
        }
        return "known here are \(here.sorted().joined(separator: ", "))"
    }

    /// Tells a variable that looks as if it were meant for a section but names no key of it.
    private func check(variable name: String) {
        guard name.hasPrefix(Self.prefix) else { return }
        for section in self.known.keys where !section.isEmpty {
            let start = Self.variable(section) + "_"
            guard name.hasPrefix(start) else { continue }
            let variables = (self.known[section] ?? []).map { start + $0.uppercased() }
            guard !variables.contains(name) else { return }
            let nearest = Spelling.nearest(to: name, among: variables)
            let advice = nearest.map { "did you mean \($0)?" } ?? "section \(section) has no such key"
            self.report(.variable(name), "", "this variable is not known; \(advice)")
            return
        }
    }

    /// The name of the variable that overrides a setting.
    static func variable(_ path: String) -> String {
        Self.prefix + path.map { $0 == "." ? "_" : $0.uppercased() }.joined()
    }

    private static func problem(_ error: any Error, file: String) -> ConfigurationError.Problem {
        func at(_ mark: Mark, _ message: String) -> ConfigurationError.Problem {
            .init(place: .line(file: file, line: mark.line, column: mark.column), key: "", message: message)
        }
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return at(mark, "this is not YAML: \(problem); check the indentation, colons and quotes here")
        case .duplicatedKeysInMapping(let keys, let context):
            return at(context.mark, "\(keys.joined(separator: ", ")) is there more than once; keep one")
        case .reader(let problem, _, _, _):
            return .init(place: .file(file), key: "", message: "this is not text in UTF-8: \(problem)")
        default:
            return .init(place: .file(file), key: "", message: "this is not YAML")
        }
    }
}
