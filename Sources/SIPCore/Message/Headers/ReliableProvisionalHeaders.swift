/// RAck: which provisional response a PRACK acknowledges (RFC 3262 section 7.2).
public struct RAck: SIPHeaderValue {
    /// The RSeq of the response.
    public var responseNumber: UInt32
    /// The CSeq of the response.
    public var cSeq: CSeq

    /// Makes a value from its parts.
    public init(responseNumber: UInt32, cSeq: CSeq) {
        self.responseNumber = responseNumber
        self.cSeq = cSeq
    }

    /// Reads "776656 1 INVITE"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, RAck.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.responseNumber = try scanner.number()
        try scanner.gap()
        self.cSeq = try HeaderGrammar.cSeq(&scanner)
    }

    /// The header's value.
    public var description: String { "\(self.responseNumber) \(self.cSeq)" }
}

extension SIPMessage {
    /// RSeq, from 1 to 2^32 - 1; `nil` when it is absent or malformed.
    public var rSeq: UInt32? { self.one(.rSeq, HeaderGrammar.rSeq) }

    /// RAck; `nil` when it is absent or malformed.
    public var rAck: RAck? { self.one(.rAck, RAck.init(scanning:)) }
}
