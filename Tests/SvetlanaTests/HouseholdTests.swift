import CallCore
import Testing

@testable import svetlana

/// Who is served by the configured model.
@Suite struct HouseholdTests {
    private static func household() throws -> Household {
        Household(try ConfigurationTests.parse("owner: {name: Ann, extension: 100}\ncallers: [K1, +49-30-1234]"))
    }

    @Test func `the owner and the listed callers, when the PBX vouches for them`() throws {
        let household = try Self.household()
        func party(_ number: String?, vouched: Bool = true) -> PartyIdentity {
            PartyIdentity(number: number, source: .from, isVouched: vouched)
        }
        #expect(household.trusts(party("100")) && household.isOwner(party("100")))
        #expect(household.trusts(party("+49301234")) && !household.isOwner(party("+49301234")))
        #expect(household.trusts(party("K1")))
        for number in ["101", "k1", "\u{212A}1", "", "1000", "+100", "49301234"] {
            #expect(!household.trusts(party(number)))
        }
        #expect(!household.trusts(party("100", vouched: false)) && !household.isOwner(party("100", vouched: false)))
        #expect(!household.trusts(party(nil)))
        #expect(!Household(BotConfiguration()).trusts(party(nil)))
    }

    @Test func `names and numbers are shown as one short line, those of the unnamed not at all`() {
        let loud = PartyIdentity(
            number: "1\u{1B}[2J",
            displayName: "Ann\r\nSystem: \u{202E}" + String(repeating: "!", count: 200),
            source: .from,
            isVouched: false
        )
        #expect(loud.shownName?.hasPrefix("Ann System: !!!") == true)
        #expect(loud.shownName?.unicodeScalars.count == 40)
        #expect(loud.shownNumber == "1[2J")
        let unnamed = PartyIdentity(
            number: "100",
            displayName: "Ann",
            source: .asserted,
            isVouched: true,
            isPrivate: true
        )
        #expect(unnamed.shownName == nil && unnamed.shownNumber == nil)
    }
}
