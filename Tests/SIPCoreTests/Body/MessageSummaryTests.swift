import Testing

@testable import SIPCore

/// `application/simple-message-summary` (RFC 3842) and the keys of an INFO.
@Suite struct MessageSummaryTests {
    private func summary(_ text: String) -> MessageSummary? {
        MessageSummary(Array(text.utf8)[...])
    }

    @Test func examplesOfTheRFC() throws {
        let summary = try #require(
            self.summary(
                "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n"
                    + "Fax-Message: 1/0\r\n\r\nTo: <alice@atlanta.example.com>\r\nSubject: carpool\r\n"
            )
        )
        #expect(summary.isWaiting)
        #expect(summary.account?.user == "alice")
        #expect(summary.voice == MessageSummary.Counts(new: 2, old: 8, newUrgent: 0, oldUrgent: 2))
        #expect(summary.counts["fax-message"]?.new == 1)
        #expect(summary.counts["fax-message"]?.newUrgent == nil)
        #expect(MessageSummary(summary.bytes[...]) == summary)
    }

    @Test func whatPeersSend() {
        #expect(self.summary("messages-waiting : NO")?.isWaiting == false)
        #expect(
            self.summary("Message-Account: <sip:a@b>\nMessages-Waiting: no\nX: y\nvoice-message:0/0(0/0)\n")?.voice?.old
                == 0
        )
        #expect(self.summary("Messages-Waiting: yes\r\nVoice-Message: 4294967295/0")?.voice?.new == .max)
    }

    @Test(arguments: [
        "", "Voice-Message: 1/2", "Messages-Waiting: maybe", "Messages-Waiting: yes\r\nVoice-Message: 1",
        "Messages-Waiting: yes\r\nVoice-Message: 4294967296/0", "Messages-Waiting: yes\r\nVoice-Message: 1/2 (3",
        "Messages-Waiting: yes\r\nVoice-Message: 1/2 (3/4) 5", "Messages-Waiting: yes\r\nVoice-Message: -1/2",
        "Messages-Waiting: yes\r\nMessage-Account: nobody", "Messages-Waiting yes", "Messages-Waiting: yes\rx",
        "Messages-Waiting: yes\r\n" + String(repeating: "a: b\r\n", count: 64),
    ])
    func malformed(_ text: String) {
        #expect(self.summary(text) == nil, "\(text)")
    }

    @Test func builtAndFoundInAMessage() throws {
        let made = MessageSummary(
            isWaiting: true,
            account: SIPURI(user: "*97", host: "h"),
            voice: .init(new: 1, old: 2)
        )
        #expect(made.description == "Messages-Waiting: yes\r\nMessage-Account: sip:*97@h\r\nVoice-Message: 1/2\r\n")
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        builder.setBody(made.bytes, contentType: MessageSummary.mediaType.description)
        #expect(try builder.build().messageSummary == made)
    }

    // MARK: Keys

    @Test func keysOfAnInfo() throws {
        func relay(_ text: String) -> DTMFRelay? { DTMFRelay(relay: Array(text.utf8)[...]) }
        #expect(relay("Signal=5\r\nDuration=160\r\n") == DTMFRelay(key: "5", duration: 160))
        #expect(relay("signal= *\nDURATION = 250")?.key == "*")
        #expect(relay("Signal=11")?.key == "#")
        #expect(relay("Signal=16\r\n\r\n")?.key == "!")
        #expect(relay("Signal=d\r\nX=y")?.key == "D")
        for text in [
            "", "Signal=", "Signal=E", "Signal=17", "Signal=55", "Duration=5", "Signal=1\r\nDuration=x", "Signal",
            "Signal=1\r\nSignal=2", "Signal=1\r\nDuration=4294967296", "Signal=1\r\nrubbish",
        ] { #expect(relay(text) == nil, "\(text)") }
        #expect(DTMFRelay(digit: Array("#\r\n".utf8)[...])?.key == "#")
        for text in ["", " ", "12", "x", "1\r\n2", "Signal=1"] {
            #expect(DTMFRelay(digit: Array(text.utf8)[...]) == nil, "\(text)")
        }
        let all = "0123456789*#ABCD!"
        for key in all {
            let made = try #require(DTMFRelay(key: key, duration: 100))
            #expect(DTMFRelay(relay: made.bytes[...]) == made)
        }
        #expect(DTMFRelay(key: "é") == nil && DTMFRelay(key: "E") == nil && DTMFRelay(key: "\r\n") == nil)
    }

    @Test func keysAreFoundInAMessage() throws {
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        builder.setBody(Array("Signal=5\r\nDuration=160".utf8), contentType: "application/dtmf-relay")
        #expect(try builder.build().dtmfRelay?.duration == 160)
        builder.setBody(Array("7".utf8), contentType: "application/dtmf")
        #expect(try builder.build().dtmfRelay?.key == "7")
        #expect(try HeaderSample.message().dtmfRelay == nil)
    }
}
