import SIPCore
import Testing

/// Messages of our own for each kind of fault and oddity in RFC 4475, so that a checkout anywhere tests them.
@Suite struct OwnTortureTests {
    static let cases = ownValidMessages + ownInvalidMessages + ownApplicationMessages

    @Test func everyMessageHasItsOutcome() {
        let outcomes = Self.cases.map { $0.run($0.bytes) }
        print(outcomes.table("The kinds of RFC 4475, in messages of our own"))
        for outcome in outcomes { #expect(outcome.complaints.isEmpty, "\(outcome.name)") }
    }

    /// The sections from 3.1 to 3.4 that hold a message.
    @Test func everySectionHasAMessage() {
        let sections =
            (1...13).map { "3.1.1.\($0)" } + (1...19).map { "3.1.2.\($0)" } + ["3.2.1"] + (1...15).map { "3.3.\($0)" }
            + ["3.4.1"]
        #expect(sections.count == 49)
        #expect(Set(Self.cases.map(\.section)) == Set(sections))
    }

    @Test func onlyGMTIsADate() throws {
        let row = try #require(Self.cases.first { $0.section == "3.1.2.12" })
        let message = try SIPMessage(row.bytes)
        let verdict = try #require(message.verdict(of: .date))
        #expect(row.bytes.firstRange(of: Array("CET".utf8))?.contains(verdict.offset) == true)
    }

    /// A row that is wrong is told, and so is a deviation that has become untrue.
    @Test func theTableCanFail() throws {
        var row = try #require(Self.cases.first { $0.section == "3.1.2.1" })
        #expect(row.run(row.bytes).complaints.isEmpty)
        row.fault = "Max-Forwards"
        #expect(row.run(row.bytes).complaints.count == 1)
        row.fault = nil
        row.answer = "200 by the owner"
        #expect(row.run(row.bytes).complaints == ["not as expected"])
        row.deviation = TortureCase.Deviation(verdict: row.verdict, answer: "400", reason: "for a test")
        #expect(row.run(row.bytes).complaints.isEmpty)
        row.answer = "400"
        #expect(row.run(row.bytes).complaints == ["it does not deviate any more: take the deviation out"])
    }
}
