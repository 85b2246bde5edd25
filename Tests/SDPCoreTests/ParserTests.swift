import CoreTypes
import Testing

@testable import SDPCore

struct ParserTests {
    @Test func readsTheOfferOfAPBX() throws {
        let description = try Descriptions.parse(Descriptions.encryptedAndPlain)
        #expect(description.origin.username == "3cxPS")
        #expect(description.origin.sessionID == 10_522_669_868_122_112)
        #expect(description.name == "3cxPS Audio call")
        #expect(description.connection?.ipAddress == .v4(0xC000_020A))
        #expect(description.media.map(\.profile) == ["RTP/SAVP", "RTP/AVP"])
        #expect(description.media[1].port == 9_004)
        #expect(description.media[1].payloadFormats.map(\.encodingName) == ["PCMU", "PCMA", "GSM", "telephone-event"])
        #expect(description.media[1].payloadFormats.last?.formatParameters == "0-15")
        #expect(description.direction(of: description.media[1]) == .sendReceive)
    }

    @Test(arguments: ["\n", "\r\n"], [true, false])
    func lineEndingsAreFreeAndTheLastMayLack(ending: String, terminated: Bool) throws {
        var text = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", "t=0 0", "m=audio 4000 RTP/AVP 8", "a=sendonly"]
            .joined(separator: ending)
        if terminated { text += ending }
        let description = try Descriptions.parse(text)
        #expect(description.media.count == 1)
        #expect(description.direction(of: description.media[0]) == .sendOnly)
    }

    @Test func directionAndAddressOfTheSessionHoldForMediaWithoutTheirOwn() throws {
        let description = try Descriptions.peer(
            "a=recvonly\nm=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0\nc=IN IP4 198.51.100.3/127\na=inactive\n"
        )
        #expect(description.direction(of: description.media[0]) == .receiveOnly)
        #expect(description.connection(of: description.media[0])?.ipAddress == IPAddress("192.0.2.7"))
        #expect(description.direction(of: description.media[1]) == .inactive)
        #expect(description.connection(of: description.media[1])?.ipAddress == IPAddress("198.51.100.3"))
    }

    @Test func numbersOfTheOriginMayHaveSixtyFourBitsAndMore() throws {
        let largest = try Descriptions.parse("v=0\no=- 18446744073709551615 9223372036854775808 IN IP4 h\ns=-\n")
        #expect(largest.origin.sessionID == .max)
        #expect(largest.origin.sessionVersion == 1 << 63)
        let beyond = try Descriptions.parse("v=0\no=John Q. Public 18446744073709551617 1 IN IP6 ::1\ns=-\n")
        #expect(beyond.origin.sessionID == 1)
        #expect(beyond.origin.username == "John Q. Public")
    }

    @Test func linesOfUnknownTypeAndEmptyLinesAreSkipped() throws {
        let description = try Descriptions.parse(
            "v=0\n\no=- 1 1 IN IP4 h\ns=\nx=what\nb=AS:64\nt=0 0\na=\na=tool:x\n\n"
        )
        #expect(description.name == "-")
        #expect(description.lines == [SDPLine("b", "AS:64"), SDPLine("t", "0 0")])
        #expect(description.attributes == [SDPAttribute("tool", "x")])
    }

    @Test func unusablePayloadFormatsAreLeftOut() throws {
        let description = try Descriptions.peer(
            """
            m=audio 17000 RTP/AVP 4294967296 0 200 -1 97 98 99 0 8 100
            a=rtpmap:97 opus
            a=rtpmap:98 opus/0
            a=rtpmap:4294967296 PCMU/8000
            a=rtpmap:99 opus/48000/2
            a=rtpmap:100 L16/4294967296
            a=fmtp:99 useinbandfec=1; maxaveragebitrate=30000; Ptime=20
            a=fmtp:
            a=rtpmap
            """
        )
        let formats = description.media[0].payloadFormats
        #expect(formats.map(\.payloadType) == [0, 99, 8])
        #expect(formats[1].channels == 2)
        #expect(formats[1].parameter("maxaveragebitrate") == "30000")
        #expect(formats[1].parameter("PTIME") == "20")
        #expect(formats[1].parameter("stereo") == nil)
    }

    static let mistakes: [(String, SDPParseError.Reason, Int)] = [
        ("", .missingVersion, 0),
        ("o=- 1 1 IN IP4 h\n", .missingVersion, 0),
        ("\u{1}\u{2}junk\n", .missingVersion, 0),
        ("v=1\n", .unsupportedVersion, 0),
        ("s=-\nv=0 0\n", .unsupportedVersion, 4),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedWithItsPlace(text: String, reason: SDPParseError.Reason, offset: Int) {
        #expect(throws: SDPParseError(reason, at: offset)) { try Descriptions.parse(text) }
        // The offset counts from the body's first byte, wherever the body stands in its message.
        let message = Array(("INVITE" + text).utf8)
        #expect(throws: SDPParseError(reason, at: offset)) { try SessionDescription(message[6...]) }
    }

    @Test func everyLimitHolds() throws {
        let head = "v=0\no=- 1 1 IN IP4 h\n"
        var limits = SDPLimits()
        limits.bytes = 2_000
        limits.lineBytes = 60
        limits.lines = 20
        limits.media = 3
        limits.attributes = 4
        limits.formats = 5
        func reason(_ text: String) -> SDPParseError.Reason? {
            do throws(SDPParseError) {
                _ = try SessionDescription(Array((head + text).utf8), limits: limits)
                return nil
            } catch {
                return error.reason
            }
        }
        func lines(_ line: String, _ count: Int) -> String { String(repeating: line + "\n", count: count) }
        #expect(reason(lines("m=audio 1 RTP/AVP 1 2 3 4 5", 3)) == nil)
        #expect(reason(lines("m=audio 1 RTP/AVP 1 2 3 4 5", 4)) == .tooManyMedia)
        #expect(reason(lines("", 100)) == nil)
        #expect(reason(lines("a=x", 18)) == nil)
        #expect(reason(lines("a=x", 19)) == .tooManyLines)
        #expect(reason(String(repeating: "x", count: 2_000)) == .tooLong)
    }
}
