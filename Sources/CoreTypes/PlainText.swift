/// Makes text from outside harmless to a terminal, a log, a voice and a model's prompt.
///
/// Names, numbers, reason phrases, transcripts and the like are data: whoever wrote them must not move a cursor, turn the
/// direction of what is read, hide letters, or begin a line of its own.
public enum PlainText {
    /// The text as one line: no control or format characters (NUL, ESC, directions of Unicode, zero widths, tags), white space
    /// as one space each, few marks on a letter, and at most `limit` scalars, an ellipsis included where it was cut.
    public static func line(_ text: some StringProtocol, limit: Int) -> String {
        let scalars = Self.scalars(text.unicodeScalars, limit: max(1, limit), keepsLines: false)
        return String(String.UnicodeScalarView(scalars))
    }

    /// The text with its ends of lines, and otherwise as ``line(_:limit:)`` has it.
    public static func lines(_ text: some StringProtocol, limit: Int) -> String {
        let scalars = Self.scalars(text.unicodeScalars, limit: max(1, limit), keepsLines: true)
        return String(String.UnicodeScalarView(scalars))
    }

    private static func scalars(
        _ text: some Sequence<Unicode.Scalar>,
        limit: Int,
        keepsLines: Bool
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var pending: Unicode.Scalar?
        var marks = 0
        for scalar in text {
            switch Self.kind(of: scalar) {
            case .nothing: continue
            case .space: if pending != "\n", !result.isEmpty { pending = " " }
            case .end: if !result.isEmpty { pending = keepsLines ? "\n" : " " }
            case .mark:
                marks += 1
                guard marks <= Self.mostMarks, pending == nil, !result.isEmpty else { continue }
                result.append(scalar)
            case .visible:
                marks = 0
                if let space = pending { result.append(space) }
                pending = nil
                result.append(scalar)
            }
            if result.count > limit {
                result.removeLast(result.count - (limit - 1))
                while result.last == " " || result.last == "\n" { result.removeLast() }
                result.append("…")
                return result
            }
        }
        return result
    }

    private enum Kind {
        case nothing, space, end, mark, visible
    }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x21...0x7E: return .visible
        case 0x20, 0x09: return .space
        case 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029: return .end
        // Letters that show nothing, and selectors of a letter's form, which can carry hidden text.
        case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFE00...0xFE0F, 0xE0000...0xE0FFF:
            return .nothing
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return .nothing
        case .spaceSeparator: return .space
        case .lineSeparator, .paragraphSeparator: return .end
        case .nonspacingMark, .enclosingMark: return .mark
        default: return .visible
        }
    }

    /// How many marks one letter may carry: Vietnamese needs two.
    private static let mostMarks = 3
}
