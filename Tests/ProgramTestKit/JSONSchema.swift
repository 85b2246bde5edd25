import Foundation

/// The tables of Docs/JSON.md, which are the schema of what both programs print with `--json`.
package struct JSONSchema: Sendable {
    private struct Field: Sendable {
        var type: String
        var isOptional: Bool
    }

    /// The fields of each section.
    private var sections: [String: [String: Field]] = [:]

    /// Reads the document beside the sources of this package.
    package init(file: String = #filePath) throws {
        let root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        self.init(try String(contentsOf: root.appendingPathComponent("Docs/JSON.md"), encoding: .utf8))
    }

    init(_ text: String) {
        var names: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                // One heading may speak of several commands.
                names = line.drop { $0 == "#" || $0 == " " }.split(separator: ", ").map(String.init)
                for name in names { self.sections[name] = [:] }
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: true).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard line.hasPrefix("| `"), cells.count >= 2 else { continue }
            let key = cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
            let isOptional = cells[1].hasSuffix(" ?")
            let field = Field(type: isOptional ? String(cells[1].dropLast(2)) : cells[1], isOptional: isOptional)
            for name in names { self.sections[name]?[key] = field }
        }
    }

    /// The sections that are there.
    package var names: Set<String> { Set(self.sections.keys) }

    /// What is wrong with an output of a command; with `hasBody` its own keys have to be there as well.
    package func problems(in output: String, of command: String, hasBody: Bool = true) -> [String] {
        guard !output.contains("\n") else { return ["it is more than one line"] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(output.utf8)),
            let object = value as? [String: Any]
        else { return ["it is no JSON object"] }
        var fields = self.sections["Envelope"] ?? [:]
        guard !fields.isEmpty else { return ["there is no envelope in the document"] }
        if hasBody {
            guard let own = self.sections[command] else { return ["there is no section \(command)"] }
            fields.merge(own) { _, new in new }
        }
        var problems = self.problems(in: object, fields, at: "")
        if object["ok"] as? Bool != (object["exitCode"] as? Int == 0) { problems.append("ok and exitCode contradict") }
        return problems
    }

    private func problems(in object: [String: Any], _ fields: [String: Field], at place: String) -> [String] {
        var problems: [String] = []
        for (key, field) in fields {
            guard let value = object[key] else {
                if !field.isOptional { problems.append("\(place)\(key) is missing") }
                continue
            }
            problems += self.problems(with: value, field.type, at: "\(place)\(key)")
        }
        for key in object.keys where fields[key] == nil { problems.append("\(place)\(key) is not documented") }
        return problems
    }

    private func problems(with value: Any, _ type: String, at place: String) -> [String] {
        if type.hasPrefix("["), type.hasSuffix("]") {
            guard let list = value as? [Any] else { return ["\(place) is no list"] }
            return list.enumerated().flatMap {
                self.problems(with: $1, String(type.dropFirst().dropLast()), at: "\(place)[\($0)]")
            }
        }
        // A boolean is a number too where it is bridged.
        let isBoolean = value is Bool && "\(Swift.type(of: value))".contains("Bool")
        let isRight: Bool
        switch type {
        case "string": isRight = value is String
        case "boolean": isRight = isBoolean
        case "number": isRight = value is NSNumber && !isBoolean
        case "integer":
            isRight = (value as? NSNumber).map { !isBoolean && $0.doubleValue == $0.doubleValue.rounded() } ?? false
        default:
            guard let fields = self.sections[type], !fields.isEmpty else {
                return ["\(place): there is no section \(type)"]
            }
            guard let object = value as? [String: Any] else { return ["\(place) is no object"] }
            return self.problems(in: object, fields, at: "\(place).")
        }
        return isRight ? [] : ["\(place) is no \(type): \(value)"]
    }
}
