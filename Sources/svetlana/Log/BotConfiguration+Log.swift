import CallCore
import CoreTypes

/// What may stand in a log.
extension BotConfiguration {
    /// A number: its last digit only, unless the owner wants it whole.
    func redact(_ number: String?) -> String {
        guard let number else { return "unknown" }
        let line = PlainText.line(number, limit: 40)
        return self.log.redact ? "…" + line.suffix(1) : line
    }

    /// A party: the number, and the name of who is listed. While numbers are left out, so are names, but for the owner's,
    /// which this configuration gives.
    func describe(_ party: PartyIdentity, _ household: Household) -> String {
        let number = party.isPrivate ? "a withheld number" : self.redact(party.number)
        var name: String?
        if household.isOwner(party) {
            name = self.owner.name
        } else if household.trusts(party), !self.log.redact {
            name = party.shownName
        }
        return number + (name.map { " (\(PlainText.line($0, limit: 40)))" } ?? "")
    }
}
