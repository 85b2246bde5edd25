public import CoreTypes

/// One Via: a hop that the request took, and the way that the response goes back (RFC 3261 section 20.42).
public struct Via: Hashable, Sendable, CustomStringConvertible {
    /// The `rport` parameter (RFC 3581).
    public enum ResponsePort: Hashable, Sendable {
        /// Absent: the response goes to the port of sent-by.
        case absent
        /// Present without a value: the client asks for it.
        case requested
        /// Filled in by the server: the port that the request came from.
        case value(UInt16)
    }

    /// The transport as written ("UDP").
    public var transportName: String
    /// The host of sent-by; an IPv6 address in brackets.
    public var host: String
    /// The port of sent-by, when it is written.
    public var port: UInt16?
    /// The parameters.
    public var parameters: Parameters

    /// Makes a Via as a client sends it: with a branch, and asking for the port (RFC 3581) unless it is not to.
    public init(
        transport: TransportProtocol,
        host: String,
        port: UInt16? = nil,
        branch: String,
        requestsResponsePort: Bool = true
    ) {
        self.transportName = transport.rawValue
        self.host = host
        self.port = port
        self.parameters = Parameters()
        if requestsResponsePort { self.parameters.set("rport") }
        self.parameters.set("branch", branch)
    }

    /// Reads one Via; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count < 65_535 else { return nil }
        var position = 0
        guard let reference = try? ViaReference(bytes.span, &position, bytes.count), position == bytes.count else {
            return nil
        }
        self.init(reference, in: bytes)
    }

    init(_ reference: ViaReference, in bytes: [UInt8]) {
        self.transportName = reference.transport.string(in: bytes)
        self.host = reference.host.string(in: bytes)
        self.port = reference.hasPort ? reference.port : nil
        self.parameters = Parameters(header: reference.parameters, in: bytes)
    }

    /// The transport; `nil` for one that the library does not know.
    public var transport: TransportProtocol? {
        TransportProtocol.allCases.first { equalIgnoringCase($0.rawValue, self.transportName) }
    }

    /// The branch: the transaction that the hop belongs to (RFC 3261 section 8.1.1.7).
    public var branch: String? {
        self.parameters["branch"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The address that the request came from, as the server saw it; brackets or none, both are read.
    public var received: IPAddress? {
        self.parameters["received"].flatMap { IPAddress($0) }
    }

    /// The state of the `rport` parameter.
    public var rport: ResponsePort {
        guard let text = self.parameters["rport"] else { return .absent }
        return UInt16(text).map { .value($0) } ?? .requested
    }

    /// Host and port of sent-by in small letters, the default port written out: part of a transaction's key
    /// (RFC 3261 section 17.2.3).
    public var sentBy: String {
        let isTLS = equalIgnoringCase(self.transportName, "TLS") || equalIgnoringCase(self.transportName, "WSS")
        return "\(lowercased(self.host)):\(self.port ?? (isTLS ? 5061 : 5060))"
    }

    /// The header's value.
    public var description: String {
        "SIP/2.0/\(self.transportName) \(self.host)\(self.port.map { ":\($0)" } ?? "")\(self.parameters)"
    }
}

/// Where the parts of a Via are.
struct ViaReference: Sendable {
    /// The whole value, from "SIP" to its last parameter.
    var whole = ByteRange()
    var transport = ByteRange()
    var host = ByteRange()
    /// From the first semicolon.
    var parameters = ByteRange()
    /// The value of the branch, when there is one.
    var branch = ByteRange.absent
    /// The parameter `received` from its name to its value, when there is one.
    var received = ByteRange.absent
    /// The parameter `rport` from its name to its value, if it has one, when there is one.
    var rport = ByteRange.absent
    var port: UInt16 = 0
    var hasPort = false

    init() {}

    init(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        try self.scan(bytes, &position, end)
    }

    /// Scans one Via from `position`, which ends up at `end` or at the comma before the next one, into a reference
    /// that is still new.
    mutating func scan(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        skipSpace(bytes, &position, end)
        let start = position
        if end &- start >= 8, bytes.key(start, 8) == ViaReference.protocolWord {
            position &+= 8
            skipSpace(bytes, &position, end)
        } else {
            try ViaReference.scanProtocol(bytes, &position, end)
        }
        let transport = position
        position = bytes.skip(.token, position, end)
        guard position > transport else { throw ScanFailure(position, "SIP/2.0/transport is expected") }
        self.transport = ByteRange(transport, position)
        let gap = position
        skipSpace(bytes, &position, end)
        guard position > gap else { throw ScanFailure(position, "a space is expected behind the transport") }
        self.host = try scanHost(bytes, &position, end)
        var last = position
        skipSpace(bytes, &position, end)
        if position < end, bytes[position] == UInt8(ascii: ":") {
            position &+= 1
            skipSpace(bytes, &position, end)
            self.port = try scanPort(bytes, &position, end)
            self.hasPort = true
            last = position
        }
        let first = position
        while let parameter = try ParameterReference.next(bytes, &position, end, strict: true) {
            last = position
            switch parameter.key(bytes) {
            case ParameterKey.branch:
                if !self.branch.isPresent, parameter.value.isPresent { self.branch = parameter.value }
            case ParameterKey.received: if !self.received.isPresent { self.received = parameter.whole }
            case ParameterKey.rport: if !self.rport.isPresent { self.rport = parameter.whole }
            default: continue
            }
        }
        self.parameters = ByteRange(first, max(first, last))
        self.whole = ByteRange(start, last)
    }

    // "SIP/2.0/" as a word, as nearly all start.
    private static let protocolWord: UInt64 = 0x2F30_2E32_2F50_4953

    /// Moves past "SIP/2.0/", which may have white space around its slashes.
    private static func scanProtocol(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ end: Int
    ) throws(ScanFailure) {
        let start = position
        let name = try ViaReference.token(bytes, &position, end)
        try ViaReference.slash(bytes, &position, end)
        let version = try ViaReference.token(bytes, &position, end)
        guard bytes.matches("sip", name), bytes.matches("2.0", version) else {
            throw ScanFailure(start, "SIP/2.0 is expected")
        }
        try ViaReference.slash(bytes, &position, end)
    }

    private static func token(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ end: Int
    ) throws(ScanFailure) -> Range<Int> {
        let start = position
        position = bytes.skip(.token, position, end)
        guard position > start else { throw ScanFailure(position, "SIP/2.0/transport is expected") }
        return start..<position
    }

    private static func slash(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        skipSpace(bytes, &position, end)
        guard position < end, bytes[position] == UInt8(ascii: "/") else {
            throw ScanFailure(position, "a slash is expected")
        }
        position &+= 1
        skipSpace(bytes, &position, end)
    }
}
