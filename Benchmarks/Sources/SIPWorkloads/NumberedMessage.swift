/// The messages of a simulated peer, with a number that tells transactions apart.
///
/// Made by writing eight digits into a text that is ready, so that as little as possible of the peer is measured.
public struct NumberedMessage {
    /// The message as it is to be sent.
    public private(set) var bytes: [UInt8]
    private let places: [Int]

    /// `########` in the text are the places of the number.
    init(_ text: String) {
        self.bytes = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !self.bytes.isEmpty { self.bytes += [0x0D, 0x0A] }
            self.bytes += Array(line.utf8)
        }
        var places: [Int] = []
        let mark = UInt8(ascii: "#")
        var index = 0
        while index + 8 <= self.bytes.count {
            if self.bytes[index..<(index + 8)].allSatisfy({ $0 == mark }) {
                places.append(index)
                index += 8
            } else {
                index += 1
            }
        }
        self.places = places
    }

    /// Writes the number.
    public mutating func number(_ number: Int) {
        for place in self.places {
            var rest = number
            for digit in stride(from: place + 7, through: place, by: -1) {
                self.bytes[digit] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
    }
}

/// The requests that a simulated peer sends, for us and for other libraries.
public enum PeerMessages {
    /// An OPTIONS, as a PBX watches its telephones with.
    public static var options: NumberedMessage { NumberedMessage(self.optionsText) }
    /// An INVITE with a small SDP.
    static var invite: NumberedMessage { NumberedMessage(self.inviteText) }
    /// The same straight from its caller, without a proxy that stays on the way.
    static var directInvite: NumberedMessage {
        let lines = self.inviteText.split(separator: "\n", omittingEmptySubsequences: false)
        return NumberedMessage(lines.filter { !$0.hasPrefix("Record-Route:") }.joined(separator: "\n"))
    }
    /// The ACK to its 200.
    static var ack: NumberedMessage { NumberedMessage(self.ackText) }

    private static let optionsText = """
        OPTIONS sip:204@192.0.2.44:5060;transport=udp SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK-30114c-########;rport
        Max-Forwards: 70
        From: <sip:pbx@198.51.100.20>;tag=as6f########
        To: <sip:204@192.0.2.44:5060;transport=udp>
        Contact: <sip:pbx@198.51.100.20:5060>
        Call-ID: 2e8ad61f0c########@198.51.100.20:5060
        CSeq: 102 OPTIONS
        User-Agent: House PBX 20.4 (build 118)
        Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, MESSAGE
        Supported: replaces, timer
        Content-Length: 0


        """

    private static let inviteText = """
        INVITE sip:204@192.0.2.44:5060;transport=udp SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK-524287-1---c8########;rport
        Record-Route: <sip:198.51.100.20:5060;lr;ftag=77########>
        Max-Forwards: 69
        Contact: <sip:101@198.51.100.20:5060;transport=udp>
        To: "Front Desk" <sip:204@pbx.example>
        From: "Warehouse, Gate 2" <sip:101@pbx.example>;tag=77########
        Call-ID: PbX1GzT8sQnU########
        CSeq: 1 INVITE
        Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, SUBSCRIBE, NOTIFY, REFER, INFO, MESSAGE, UPDATE
        Supported: replaces, timer
        User-Agent: House PBX 20.4 (build 118)
        Content-Type: application/sdp
        Content-Length: 140

        v=0
        o=pbx 1732291200 2 IN IP4 198.51.100.20
        s=pbx call
        c=IN IP4 198.51.100.20
        t=0 0
        m=audio 14216 RTP/AVP 8 0
        a=ptime:20
        a=sendrecv

        """

    private static let ackText = """
        ACK sip:204@192.0.2.44:5060;transport=udp SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK-524287-1---07########;rport
        Max-Forwards: 70
        To: "Front Desk" <sip:204@pbx.example>;tag=4f0d12b7e8a96633
        From: "Warehouse, Gate 2" <sip:101@pbx.example>;tag=77########
        Call-ID: PbX1GzT8sQnU########
        CSeq: 1 ACK
        Content-Length: 0


        """

    /// Behind the Via, which is echoed.
    static func response(_ method: String, toTag: Bool) -> String {
        """
        From: "Front Desk" <sip:204@pbx.example>;tag=9d41e0c27a
        To: <sip:117@pbx.example>\(toTag ? ";tag=as3b71d0e5" : "")
        Call-ID: f72e4c0911d84a6cbb05@192.0.2.44
        CSeq: 2 \(method)
        Contact: <sip:117@198.51.100.20:5060;transport=udp>
        Server: House PBX 20.4 (build 118)
        Content-Length: 0


        """
    }
}
