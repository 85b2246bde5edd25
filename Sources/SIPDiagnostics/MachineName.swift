import SIPCore

/// The names that voicemails and answering machines go by.
package enum MachineName {
    private static let words = [
        "voicemail", "voice-mail", "voice mail", "voice_mail", "mailbox", "anrufbeantworter", "answering machine",
        "answeringmachine",
    ]

    /// Whether a text (a product, a display name) has such a name as a word of its own; `mailbox.example` is a domain.
    package static func isText(_ text: String) -> Bool {
        let lower = text.lowercased()
        return Self.words.contains { word in
            lower.ranges(of: word).contains { found in
                let before = lower[..<found.lowerBound].last
                let behind = lower[found.upperBound...]
                if before?.isLetter == true || behind.first?.isLetter == true { return false }
                return !(behind.first == "." && behind.dropFirst().first?.isLetter == true)
            }
        }
    }

    /// Whether the display name or the user of an address is one; its host is somebody's domain.
    package static func isAddress(_ text: String) -> Bool {
        guard let address = NameAddress(text) else { return Self.isText(text) }
        return address.displayName.map(Self.isText) ?? false || address.uri.unescapedUser.map(Self.isUser) ?? false
    }

    /// Whether a user is one; "vm" stands alone, or before or behind the extension.
    package static func isUser(_ user: String) -> Bool {
        Self.isText(user) || user.lowercased().split { !$0.isLetter }.contains { $0 == "vm" }
    }

    /// Whether the first label of a host is one.
    package static func isHost(_ host: String) -> Bool {
        host.split(separator: ".").first.map { Self.isText(String($0)) } ?? false
    }

    /// Whether who calls this user wants a machine: a mailbox, or a service code such as `*97`.
    package static func isService(_ user: String) -> Bool {
        self.isUser(user) || user.hasPrefix("*") || user.hasPrefix("#")
    }
}
