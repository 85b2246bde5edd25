import Testing

@testable import VoicePipeline

struct PlaybackLedgerTests {
    private func line(_ number: Int, _ text: String, _ kind: SpokenLine.Kind = .reply) -> SpokenLine {
        SpokenLine(number: number, text: text, kind: kind)
    }

    @Test func tellsWhatWasHeard() {
        var ledger = PlaybackLedger()
        ledger.begin(self.line(1, "One moment.", .aside), at: .zero)
        ledger.extend(to: .seconds(1))
        ledger.complete()
        ledger.begin(self.line(2, "The house is warm."), at: .seconds(1))
        ledger.extend(to: .seconds(3))
        ledger.complete()
        ledger.begin(self.line(3, "The door is open"), at: .seconds(3))
        ledger.extend(to: .seconds(5))
        ledger.complete()
        #expect(ledger.replyStart == .seconds(1))
        #expect(ledger.heard(at: .milliseconds(900)) == "")
        #expect(ledger.heard(at: .seconds(3)) == "The house is warm.")
        #expect(ledger.heard(at: .seconds(4)) == "The house is warm. The door")
        #expect(ledger.heard(at: .seconds(9)) == "The house is warm. The door is open")
        ledger.removeAll()
        #expect(ledger.heard(at: .seconds(9)) == "")
    }

    @Test(arguments: [
        (0.0, ""), (0.2, ""), (0.45, "one"), (0.55, "one two"), (0.99, "one two"), (1, "one two three"),
        (7, "one two three"),
    ])
    func cutsBetweenWords(share: Double, expected: String) {
        #expect(PlaybackLedger.prefix(of: "one two three", share: share) == expected)
    }
}
