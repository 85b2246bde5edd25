import CoreTypes
import SIPCore
import Telephony

/// A device that the PBX holds for the bot's extension and that is not the bot: it gets its calls as well, or instead.
struct OtherDevice: Sendable, Equatable {
    /// Where it is: host and port of its contact, without a user.
    var address: String
    /// When its registration lapses.
    var expires: UInt32?
    /// The program of this machine that it is; nil for another machine's.
    var program: String?

    /// The contacts as devices. `isLocal` says whether a host is this machine, `holder` which program holds a port of it.
    static func devices(
        of contacts: [NameAddress],
        isLocal: (String) -> Bool = Self.isLocal,
        holder: (UInt16) -> String? = { PortHolder.name(ofPort: $0) }
    ) -> [OtherDevice] {
        contacts.prefix(Self.most).map { contact in
            let port = contact.uri.port ?? 5_060
            let isHere = isLocal(contact.uri.host)
            return OtherDevice(
                address: PlainText.line(contact.uri.host, limit: 64) + ":\(port)",
                expires: contact.expires,
                program: isHere ? holder(port) ?? "a program that is gone, or of another user" : nil
            )
        }
    }

    /// Whether a host is an address of this machine.
    static func isLocal(_ host: String) -> Bool {
        guard let address = IPAddress(host) else { return false }
        if address.isLoopback { return true }
        let source = try? LocalRoute.sourceAddress(to: TransportAddress(host: address, port: 5_060))
        return source == address
    }

    /// For a person.
    var description: String {
        let time = self.expires.map { ", for \($0) s" } ?? ""
        guard let program else { return "\(self.address)\(time)" }
        return "\(self.address) (on this machine: \(program))\(time)"
    }

    /// All in one line.
    static func list(_ devices: [OtherDevice]) -> String { devices.map(\.description).joined(separator: ", ") }

    /// What to do about other devices.
    static let advice =
        "calls ring there too, and a device that is gone (a phantom) lets them ring unanswered until its registration lapses: "
        + "end that device, or remove it at the PBX; give the bot an extension of its own"

    private static let most = 10
}
