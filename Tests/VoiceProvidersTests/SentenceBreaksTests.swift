import Testing

@testable import VoiceProviders

@Suite struct SentenceBreaksTests {
    @Test(arguments: [
        ("Let me check\n\nThe light is on.", "Let me check.\nThe light is on."),
        ("Let me check. \n\nThe light", "Let me check. \nThe light"),
        ("Let me check.\n\n\n\nThe light", "Let me check.\nThe light"),
        ("\n\nHello there", "Hello there"),
        ("  Hello", "Hello"),
        ("one\ntwo", "one\ntwo"),
        ("Here it is:\n\n- a\n- b", "Here it is:\n- a\n- b"),
        ("He said \"no.\"\n\nThen", "He said \"no.\"\nThen"),
        ("**done**\r\n\r\nNext", "**done**.\nNext"),
        ("words  stay apart ", "words  stay apart "),
        ("", ""),
    ])
    func `an empty line ends a sentence, wherever the deltas are cut`(text: String, expected: String) {
        for cut in 0...text.count {
            var breaks = SentenceBreaks()
            let result = breaks.receive(String(text.prefix(cut))) + breaks.receive(String(text.dropFirst(cut)))
            #expect(result == expected, "cut at \(cut)")
        }
    }

    @Test func `the space after a sentence is passed on at once`() {
        var breaks = SentenceBreaks()
        #expect(breaks.receive("Let me check. ") == "Let me check. ")
        #expect(breaks.receive("Done.\n") == "Done.\n")
    }
}
