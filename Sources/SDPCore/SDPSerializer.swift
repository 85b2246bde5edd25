extension SessionDescription {
    /// The description as bytes for the body of a message, each line ended by CRLF (RFC 8866 section 5).
    ///
    /// CR, LF and NUL inside a value are left out, so that no value can add a line.
    public func serialized() -> [UInt8] {
        var writer = SDPWriter()
        let origin = self.origin
        writer.line("v", "0")
        writer.line(
            "o",
            "\(origin.username) \(origin.sessionID) \(origin.sessionVersion) \(origin.connection.fields)"
        )
        writer.line("s", self.name.isEmpty ? "-" : self.name)
        writer.lines(self.lines, "iuep")
        if let connection = self.connection { writer.line("c", connection.fields) }
        writer.lines(self.lines, "b")
        // t= is mandatory (section 5.9), and 0 0 is a session without an end.
        if !self.lines.contains(where: { $0.type == UInt8(ascii: "t") }) { writer.line("t", "0 0") }
        // r= lines belong to the t= line before them, so these keep their order among each other.
        writer.lines(self.lines, "tr")
        writer.lines(self.lines, "zk")
        writer.attributes(self.attributes)
        for media in self.media { writer.media(media) }
        return writer.bytes
    }
}

extension SessionDescription: CustomStringConvertible {
    /// The description as text.
    public var description: String {
        String(decoding: self.serialized(), as: UTF8.self)
    }
}

private struct SDPWriter {
    var bytes: [UInt8] = []

    mutating func line(_ type: Unicode.Scalar, _ value: String) {
        self.line(UInt8(truncatingIfNeeded: type.value), value)
    }

    mutating func line(_ type: UInt8, _ value: String) {
        self.bytes.append(type)
        self.bytes.append(UInt8(ascii: "="))
        for byte in value.utf8 where byte != 0x0D && byte != 0x0A && byte != 0 { self.bytes.append(byte) }
        self.bytes.append(0x0D)
        self.bytes.append(0x0A)
    }

    mutating func lines(_ lines: [SDPLine], _ types: String) {
        for line in lines where types.utf8.contains(line.type) { self.line(line.type, line.value) }
    }

    mutating func attributes(_ attributes: [SDPAttribute]) {
        for attribute in attributes {
            self.line("a", attribute.value.map { "\(attribute.name):\($0)" } ?? attribute.name)
        }
    }

    mutating func media(_ media: MediaDescription) {
        let port = media.portCount == 1 ? "\(media.port)" : "\(media.port)/\(media.portCount)"
        self.line("m", ([media.kind, port, media.profile] + media.formats).joined(separator: " "))
        self.lines(media.lines, "i")
        for connection in media.connections { self.line("c", connection.fields) }
        self.lines(media.lines, "bk")
        self.attributes(media.attributes)
    }
}

extension SDPConnection {
    fileprivate var fields: String {
        "\(self.network) \(self.addressType) \(self.address)"
    }
}
