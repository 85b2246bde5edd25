import CoreTypes

/// A `multipart/form-data` body (RFC 7578).
struct MultipartForm: Sendable {
    private let boundary: String
    private var bytes: [UInt8] = []

    /// Makes an empty form whose boundary is random, so that no content can hold it but by a miracle.
    init() {
        var random = SeededRandom.system()
        self.boundary = "svetlana-" + random.token(32)
    }

    /// What the request says of the body.
    var contentType: String { "multipart/form-data; boundary=\(self.boundary)" }

    /// The whole body.
    var body: [UInt8] { self.bytes + Array("--\(self.boundary)--\r\n".utf8) }

    /// Adds a text field; the name is ours and needs no escaping.
    mutating func add(_ name: String, _ value: String) {
        self.open("form-data; name=\"\(name)\"")
        self.bytes += Array("\r\n\(value)\r\n".utf8)
    }

    /// Adds a file; names are ours and need no escaping.
    mutating func add(_ name: String, file: String, contentType: String, _ content: [UInt8]) {
        self.open("form-data; name=\"\(name)\"; filename=\"\(file)\"")
        self.bytes += Array("Content-Type: \(contentType)\r\n\r\n".utf8)
        self.bytes += content
        self.bytes += [0x0D, 0x0A]
    }

    private mutating func open(_ disposition: String) {
        self.bytes += Array("--\(self.boundary)\r\nContent-Disposition: \(disposition)\r\n".utf8)
    }
}
