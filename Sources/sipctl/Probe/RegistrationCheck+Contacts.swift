import CoreTypes
import SIPCore
import SIPDiagnostics

/// What the report says of the contacts that a PBX holds.
extension RegistrationCheck {
    mutating func list(_ contacts: [NameAddress]) {
        self.report.contacts = contacts.map { contact in
            Report.Contact(
                uri: Redaction.line(Redaction.uri(contact.uri.description)),
                expires: contact.expires,
                preference: contact.parameters["q"].flatMap { Double($0) }.flatMap { (0...1).contains($0) ? $0 : nil },
                isOwn: self.isOurs(contact.uri)
            )
        }
    }

    mutating func nameOthers(_ contacts: [NameAddress]) {
        let others = contacts.filter { !self.isOurs($0.uri) }
        guard !others.isEmpty else { return }
        let local = self.probe.local.host.hostText
        let places = others.map { contact in
            Redaction.line(contact.uri.host) + (contact.uri.port.map { ":\($0)" } ?? "")
                + (contact.uri.host == local ? " (another program on this machine, such as a bot that runs here)" : "")
        }
        self.report.remark(
            "another device holds this extension: \(places.joined(separator: ", ")); calls may ring there as well, and one "
                + "that is gone (a phantom) may keep ringing unanswered until it expires"
        )
    }

    /// The contacts of `before` that are not there any more; what was about to lapse by itself does not count.
    static func displaced(_ before: [NameAddress], _ after: [NameAddress]) -> [NameAddress] {
        before.filter { old in
            (old.expires ?? .max) > 10 && !after.contains { $0.uri.isEquivalent(to: old.uri) && $0.expires != 0 }
        }
    }

    func isOurs(_ uri: SIPURI) -> Bool {
        if uri.isEquivalent(to: self.own) { return true }
        return uri.parameters["rinstance"] == Self.mark && uri.host == self.probe.local.host.hostText
    }

    /// The mark of a contact that this program bound.
    static let mark = "sipctl"
}
