/// What is wrong with a configuration: one problem or more, one line each.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// Where it is: `svetlana.yaml:12:3`, only a file, or the name of an environment variable.
        var place: Place
        /// The key with its section, such as `sip.expires`; empty when the file as a whole is wrong.
        var key: String
        /// What is wrong and how to mend it; holds no secret.
        var message: String

        /// The line for a person.
        var description: String {
            let text = "\(self.place): " + (self.key.isEmpty ? "" : "\(self.key): ") + self.message
            return String(text.map { $0.isNewline ? " " : $0 })
        }
    }

    /// Where a value comes from.
    enum Place: Sendable, Equatable, CustomStringConvertible {
        /// A line and a column of the file, both from 1.
        case line(file: String, line: Int, column: Int)
        /// The file as a whole.
        case file(String)
        /// An environment variable.
        case variable(String)

        /// The place in the form that editors and terminals make a link of.
        var description: String {
            switch self {
            case .line(let file, let line, let column): "\(file):\(line):\(column)"
            case .file(let file): file
            case .variable(let name): "environment variable \(name)"
            }
        }
    }

    /// The problems, in the order of the file, those of the environment first.
    var problems: [Problem]

    /// All problems, one line each.
    var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

extension ConfigurationError.Place {
    /// For the order of messages.
    var order: (Int, Int) {
        switch self {
        case .variable: (-1, 0)
        case .file: (0, 0)
        case .line(_, let line, let column): (line, column)
        }
    }
}
