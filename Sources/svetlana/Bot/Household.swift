import CallCore
import CoreTypes

/// Who is served by the configured model and may hear of the house: the owner and the listed callers.
struct Household: Sendable, Equatable {
    /// The owner's extension.
    let owner: String?
    private let listed: Set<[UInt8]>

    init(_ configuration: BotConfiguration) {
        self.owner = configuration.owner.extension
        self.listed = Set(([configuration.owner.extension].compactMap(\.self) + configuration.callers).map(Self.plain))
    }

    /// Whether a party is listed, and is who it seems to be.
    func trusts(_ party: PartyIdentity) -> Bool {
        guard party.isVouched, let number = party.number else { return false }
        return self.listed.contains(Self.plain(number))
    }

    /// Whether a party is the owner.
    func isOwner(_ party: PartyIdentity) -> Bool {
        guard party.isVouched, let number = party.number, let owner else { return false }
        return Self.plain(number) == Self.plain(owner)
    }

    /// A number byte by byte: letters that only look alike differ. Visual separators of a whole number mean nothing.
    private static func plain(_ number: String) -> [UInt8] {
        let bytes = Array(number.utf8)
        return bytes.first == UInt8(ascii: "+") ? bytes.filter { !"-.()".utf8.contains($0) } : bytes
    }
}

extension PartyIdentity {
    /// The name as it may be shown and given to a model; `nil` for who wants to stay unnamed.
    var shownName: String? {
        guard !self.isPrivate, let name = self.displayName.map({ PlainText.line($0, limit: 40) }), !name.isEmpty else {
            return nil
        }
        return name
    }

    /// The number as it may be shown and given to a model; `nil` for who wants to stay unnamed.
    var shownNumber: String? {
        guard !self.isPrivate, let number = self.number.map({ PlainText.line($0, limit: 40) }), !number.isEmpty else {
            return nil
        }
        return number
    }
}
