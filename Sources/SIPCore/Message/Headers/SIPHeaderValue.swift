/// The value of a header as a type: it reads what it writes.
///
/// `init?(_:)` takes any text and gives `nil` where the text breaks the header's grammar; `description` is what is sent.
/// In a message the same value is one property away (`message.reasons`), and `message.verdict(of:)` says why it
/// is `nil` although the header is there.
public protocol SIPHeaderValue: LosslessStringConvertible, Hashable, Sendable {}

extension SIPHeaderValue {
    /// The values of a text with commas between them, in order, those that break the grammar left out.
    public static func all(in text: String) -> [Self] {
        var line = HeaderScanner(Array(text.utf8), 0..<text.utf8.count)
        var values: [Self] = []
        while var item = line.item() {
            if let value = Self(item.rest()) { values.append(value) }
        }
        return values
    }
}

extension NameAddress: SIPHeaderValue {}
extension Via: SIPHeaderValue {}
extension CSeq: SIPHeaderValue {}

extension SIPMessageBuilder {
    /// Adds a typed value as a header line of its own, behind the others.
    ///
    /// Throws `illegalCharacter` when the value's text would be read as something else: a token with a comma, a
    /// parameter whose name holds a semicolon. So no part of a value can smuggle in a second one.
    public mutating func add(_ name: HeaderName, _ value: some SIPHeaderValue) throws(SIPBuildError) {
        try self.add(name, SIPMessageBuilder.text(name, value))
    }

    /// Puts a typed value in place of all headers of that name. Throws as `add` does.
    public mutating func replace(_ name: HeaderName, _ value: some SIPHeaderValue) throws(SIPBuildError) {
        try self.replace(name, SIPMessageBuilder.text(name, value))
    }

    private static func text<Value: SIPHeaderValue>(
        _ name: HeaderName,
        _ value: Value
    ) throws(SIPBuildError) -> String {
        let text = value.description
        guard Value(text) == value else { throw .illegalCharacter(name) }
        return text
    }
}
