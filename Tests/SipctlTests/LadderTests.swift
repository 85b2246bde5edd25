import CoreTypes
import SIPCore
import SIPDiagnostics
import Testing

@testable import sipctl

/// The ladder: times from the first message on, and nothing secret in it.
@Suite struct LadderTests {
    private let local = TransportAddress(host: .v4(0xC000_0202), port: 40_000)
    private let peer = TransportAddress(host: .v4(0xC000_0201), port: 5_060)

    private func message(_ start: String, cSeq: String, _ more: String = "") -> [UInt8] {
        Array(
            """
            \(start)\r
            Via: SIP/2.0/UDP 192.0.2.2:40000;branch=z9hG4bKa\r
            Max-Forwards: 70\r
            From: <sip:100@192.0.2.1>;tag=a\r
            To: <sip:200@192.0.2.1>;tag=b\r
            Call-ID: c\r
            CSeq: \(cSeq)\r
            Contact: <sip:192.0.2.2>\r
            \(more)Content-Length: 0\r
            \r

            """.utf8
        )
    }

    private func record(_ ladder: Ladder, _ direction: Ladder.Direction, _ bytes: [UInt8], at milliseconds: Int64) {
        // The clock starts anywhere.
        let instant = Instant(nanoseconds: 987_654_321) + .milliseconds(milliseconds)
        ladder.record(bytes, direction, local: self.local, remote: self.peer, at: instant)
    }

    @Test func timesCountFromTheFirstMessage() {
        let ladder = Ladder()
        self.record(ladder, .sent, self.message("INVITE sip:200:pw@192.0.2.1 SIP/2.0", cSeq: "1 INVITE"), at: 0)
        self.record(ladder, .received, self.message("SIP/2.0 180 Ringing", cSeq: "1 INVITE"), at: 250)
        self.record(ladder, .received, Array("noise".utf8), at: 300)
        self.record(ladder, .received, [13, 10], at: 310)
        #expect(ladder.rungs.map(\.milliseconds) == [0, 250, 300])
        #expect(ladder.rungs.map(\.status) == [nil, 180, nil])
        #expect(ladder.text.contains("--->  INVITE sip:200:***@192.0.2.1   [udp 192.0.2.2:40000 <-> 192.0.2.1:5060]"))
        #expect(ladder.text.contains("    250.0 ms  <---  180 Ringing (INVITE)"))
        #expect(ladder.responses.count == 1)
    }

    @Test func aFinalAnswerIsSettledByItsACK() {
        let ladder = Ladder()
        self.record(ladder, .sent, self.message("INVITE sip:200@192.0.2.1 SIP/2.0", cSeq: "1 INVITE"), at: 0)
        self.record(ladder, .received, self.message("SIP/2.0 200 OK", cSeq: "1 INVITE"), at: 10)
        #expect(!ladder.isSettled)
        self.record(ladder, .sent, self.message("ACK sip:200@192.0.2.1 SIP/2.0", cSeq: "1 ACK"), at: 11)
        #expect(ladder.isSettled)
        self.record(ladder, .sent, self.message("BYE sip:200@192.0.2.1 SIP/2.0", cSeq: "2 BYE"), at: 20)
        #expect(!ladder.isSettled)
        self.record(ladder, .received, self.message("SIP/2.0 200 OK", cSeq: "2 BYE"), at: 21)
        #expect(ladder.isSettled)
    }

    @Test func thePickupIsMeasuredFromTheRinging() {
        let ladder = Ladder()
        self.record(ladder, .received, self.message("SIP/2.0 100 Trying", cSeq: "2 INVITE"), at: 0)
        #expect(ladder.pickup == nil)
        self.record(ladder, .received, self.message("SIP/2.0 180 Ringing", cSeq: "2 INVITE"), at: 50)
        self.record(ladder, .received, self.message("SIP/2.0 200 OK", cSeq: "2 INVITE"), at: 2_050)
        #expect(ladder.pickup == .milliseconds(2_000))
    }

    @Test func messagesAreKeptOnDemandAndRedacted() throws {
        let secret = "Authorization: Digest username=\"a\",response=\"deadbeef\"\r\n"
        let request = self.message("REGISTER sip:192.0.2.1 SIP/2.0", cSeq: "1 REGISTER", secret)
        let plain = Ladder()
        self.record(plain, .sent, request, at: 0)
        #expect(plain.rungs.first?.message == nil)
        #expect(plain.rungs.first?.hasCredentials == true)
        let full = Ladder(keepsMessages: true)
        self.record(full, .sent, request, at: 0)
        let text = try #require(full.rungs.first?.message)
        #expect(text.contains("username=\"a\"") && !text.contains("deadbeef"))
    }

    // What is sent twice is a retransmission, and one response.
    @Test func aRetransmissionIsMarked() {
        let ladder = Ladder()
        let request = self.message("OPTIONS sip:192.0.2.1 SIP/2.0", cSeq: "1 OPTIONS")
        for time: Int64 in [0, 500] { self.record(ladder, .sent, request, at: time) }
        for time: Int64 in [510, 1_010] {
            self.record(ladder, .received, self.message("SIP/2.0 200 OK", cSeq: "1 OPTIONS"), at: time)
        }
        #expect(ladder.rungs.map(\.isRetransmission) == [nil, true, nil, true])
        #expect(ladder.text.contains("OPTIONS sip:192.0.2.1 (retransmission)"))
        #expect(ladder.responses.count == 1 && ladder.requests.count == 1)
        #expect(ladder.transmissions(of: .options) == 2)
    }

    // What we answer to the PBX is no response of the PBX.
    @Test func responsesAreThoseThatCame() {
        let ladder = Ladder()
        self.record(ladder, .received, self.message("OPTIONS sip:192.0.2.2 SIP/2.0", cSeq: "7 OPTIONS"), at: 0)
        self.record(ladder, .sent, self.message("SIP/2.0 200 OK", cSeq: "7 OPTIONS"), at: 1)
        #expect(ladder.responses.isEmpty && ladder.requests.isEmpty)
    }

    @Test func aRetransmitted200DoesNotChangeThePickup() {
        let ladder = Ladder()
        self.record(ladder, .received, self.message("SIP/2.0 180 Ringing", cSeq: "1 INVITE"), at: 0)
        for time: Int64 in [100, 600] {
            self.record(ladder, .received, self.message("SIP/2.0 200 OK", cSeq: "1 INVITE"), at: time)
        }
        #expect(ladder.pickup == .milliseconds(100))
    }

    @Test func aFloodDoesNotFillTheMemory() {
        let ladder = Ladder()
        for number in 0..<3_000 {
            self.record(
                ladder,
                .received,
                self.message("OPTIONS sip:192.0.2.2 SIP/2.0", cSeq: "\(number) OPTIONS"),
                at: 0
            )
        }
        #expect(ladder.rungs.count == 2_000)
    }
}
