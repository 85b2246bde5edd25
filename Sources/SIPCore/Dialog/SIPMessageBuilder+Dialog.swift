extension NameAddress {
    /// The address with `tag` in place of the one that it had.
    func withTag(_ tag: String) -> NameAddress {
        var address = self
        address.parameters.set("tag", tag)
        return address
    }
}

extension [(HeaderName, String)] {
    /// These headers, and those of `earlier` that have another name: the proxy's credentials when the registrar asks too.
    func replacing(_ earlier: [(HeaderName, String)]) -> [(HeaderName, String)] {
        earlier.filter { old in !self.contains { $0.0 == old.0 } } + self
    }
}

extension SIPMessageBuilder {
    /// Adds a header whose value was parsed or made by us, in place of those of that name.
    mutating func put(_ name: HeaderName, _ value: String) {
        self.remove(name)
        self.append(name, value)
    }

    /// Adds a header whose value was parsed or made by us, behind those of that name.
    ///
    /// A parsed value holds no line break; should one ever, it is taken out, because a session must be able to answer.
    mutating func append(_ name: HeaderName, _ value: String) {
        do {
            try self.add(name, value)
        } catch {
            let clean = value.unicodeScalars.filter { $0 != "\r" && $0 != "\n" && $0 != "\0" }
            try? self.add(name, String(String.UnicodeScalarView(clean)))
        }
    }
}
