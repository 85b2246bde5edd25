import CoreTypes
import Testing

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("Ann", "Ann"), ("  Ann \t Lee\r\n", "Ann Lee"), ("A\u{0}n\u{1B}[31mn", "An[31mn"),
        ("a\u{202E}b\u{2066}c\u{2069}", "abc"),
        ("a\u{200B}b\u{FEFF}c\u{AD}d", "abcd"), ("a\u{2028}b\u{85}c", "a b c"), ("\u{E0041}a\u{FE0F}", "a"),
        ("Zoë Nguyễn", "Zoë Nguyễn"),
        ("\u{9B}31m", "31m"), ("\u{301}x", "x"), ("", ""), ("\u{7F}\u{7}", ""),
    ])
    func `one line of visible letters`(text: String, line: String) {
        #expect(PlainText.line(text, limit: 40) == line)
    }

    @Test func `what is long is cut, by scalars and not by letters`() {
        #expect(PlainText.line(String(repeating: "a", count: 100), limit: 10) == "aaaaaaaaa…")
        let marked = PlainText.line("a" + String(repeating: "\u{301}", count: 10_000), limit: 40)
        #expect(marked.unicodeScalars.count == 4)
        #expect(PlainText.line("12345", limit: 5) == "12345")
    }

    @Test func `lines are kept where they are wanted`() {
        #expect(PlainText.lines("a \r\n\n b\u{1B}", limit: 40) == "a\nb")
    }
}
