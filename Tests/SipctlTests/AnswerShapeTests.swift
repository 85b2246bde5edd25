import CallCore
import CoreTypes
import SIPCore
import SIPDiagnostics
import Testing

/// Who answered, by the shapes that PBXs and phones really send.
@Suite struct AnswerShapeTests {
    /// An answer as it comes, and what it has to be taken for.
    struct Shape: Sendable, CustomTestStringConvertible {
        var what: String
        var contact: String?
        var called = "200"
        var caller = "100"
        var product: String?
        var identities: [String] = []
        var diversions: [String] = []
        var history: [String] = []
        var reasons: [String] = []
        var ringing = [180]
        var pickup = Duration.seconds(4)
        var otherTag = false
        var taken: Set<AnswerJudgement.Kind>

        var testDescription: String { self.what }
    }

    /// What counts as an answer of whom was called: exit code 0.
    private static let fine: Set<AnswerJudgement.Kind> = [.target, .unknown]
    private static let machine: Set<AnswerJudgement.Kind> = [.voicemail]
    private static let other: Set<AnswerJudgement.Kind> = [.somebodyElse]

    private static let shapes: [Shape] = [
        // Asterisk
        Shape(
            what: "chan_pjsip: host and port",
            contact: "sip:192.0.2.1:5060",
            product: "Asterisk PBX 20.5.0",
            taken: fine
        ),
        Shape(
            what: "chan_pjsip: asterisk@",
            contact: "sip:asterisk@192.0.2.1:5060",
            product: "FPBX-16(18.9)",
            taken: fine
        ),
        Shape(
            what: "chan_pjsip, no ringing",
            contact: "sip:asterisk@192.0.2.1",
            ringing: [],
            pickup: .zero,
            taken: fine
        ),
        Shape(
            what: "chan_pjsip, 183 and at once",
            contact: "sip:192.0.2.1",
            ringing: [183],
            pickup: .milliseconds(3),
            taken: fine
        ),
        Shape(what: "chan_sip: s@", contact: "sip:s@192.0.2.1:5060", taken: fine),
        Shape(
            what: "Asterisk behind Kamailio, at once",
            contact: "sip:192.0.2.9:5080",
            pickup: .milliseconds(2),
            taken: fine
        ),
        Shape(
            what: "Asterisk, connected line is whom we called",
            contact: "sip:192.0.2.1:5060",
            identities: ["\"Ann\" <sip:200@192.0.2.1>"],
            taken: [.target]
        ),
        Shape(
            what: "Asterisk, picked up by another",
            contact: "sip:192.0.2.1:5060",
            identities: ["\"Bert\" <sip:201@192.0.2.1>"],
            taken: other
        ),
        Shape(
            what: "Asterisk, VoiceMail() with its name",
            contact: "sip:192.0.2.1:5060",
            identities: ["\"Voicemail\" <sip:200@192.0.2.1>"],
            ringing: [],
            taken: machine
        ),
        // FreeSWITCH
        Shape(
            what: "mod_sofia",
            contact: "sip:mod_sofia@192.0.2.1:5060",
            product: "FreeSWITCH-mod_sofia/1.10",
            taken: fine
        ),
        Shape(what: "a gateway", contact: "sip:gw+sipgate@192.0.2.1:5080;transport=udp;gw=sipgate", taken: fine),
        Shape(what: "200 with transport", contact: "sip:200@192.0.2.1:5060;transport=udp", taken: [.target]),
        Shape(
            what: "echo test, no ringing",
            contact: "sip:9196@192.0.2.1",
            called: "9196",
            ringing: [],
            taken: [.target]
        ),
        Shape(
            what: "Remote-Party-ID that names the caller",
            contact: "sip:mod_sofia@192.0.2.1",
            identities: ["\"Me\" <sip:100@192.0.2.1>;party=calling;privacy=off;screen=no"],
            taken: fine
        ),
        Shape(
            what: "an identity of a registration's random user",
            contact: "sip:mod_sofia@192.0.2.1",
            identities: ["\"Outbound Call\" <sip:x7k2m9@192.0.2.1>"],
            taken: fine
        ),
        // FRITZ!Box
        Shape(what: "FRITZ!Box: 620 for **620", contact: "sip:620@192.0.2.1", called: "**620", taken: [.target]),
        Shape(
            what: "FRITZ!Box: with area code",
            contact: "sip:+4930123456@192.0.2.1",
            called: "123456",
            taken: [.target]
        ),
        Shape(what: "FRITZ!Box: a random user", contact: "sip:DA3969CE6BA0D35B305A0CB2F611960@192.0.2.1", taken: fine),
        Shape(
            what: "FRITZ!Box: its answering machine was called",
            contact: "sip:600@192.0.2.1",
            called: "**600",
            identities: ["\"Anrufbeantworter\" <sip:**600@fritz.box>"],
            ringing: [],
            taken: fine
        ),
        // Kamailio, 3CX, providers
        Shape(what: "topology hiding", contact: "sip:tpsh-5f3a-1@192.0.2.1:5060", taken: fine),
        Shape(what: "topoh's masked host", contact: "sip:127.0.0.8;line=sr-N6IAzBFwMJZfW", taken: fine),
        Shape(
            what: "3CX",
            contact: "sip:200@192.0.2.1:5060",
            product: "3CX 20.0",
            identities: ["<sip:200@192.0.2.1>"],
            taken: [.target]
        ),
        Shape(
            what: "3CX, full number of another form",
            contact: "sip:200@192.0.2.1",
            identities: ["<sip:+493098765511@192.0.2.1>"],
            taken: fine
        ),
        Shape(
            what: "sipgate",
            contact: "sip:217.10.79.9:5060",
            called: "02111234567",
            identities: ["<sip:+492111234567@sipgate.de;user=phone>"],
            taken: [.target]
        ),
        Shape(
            what: "two identities, the second is ours",
            contact: "sip:217.10.79.9",
            called: "02111234567",
            identities: ["<sip:w0@sipgate.de>", "<tel:+492111234567>"],
            taken: [.target]
        ),
        Shape(
            what: "anonymous",
            contact: "sip:192.0.2.1",
            identities: ["\"Anonymous\" <sip:anonymous@anonymous.invalid>"],
            taken: fine
        ),
        Shape(
            what: "a Russian number by 8",
            contact: "sip:192.0.2.1",
            called: "84951234567",
            identities: ["<sip:+74951234567@p.example>"],
            taken: [.target]
        ),
        Shape(
            what: "mailbox.example is a domain",
            contact: "sip:200@mailbox.example",
            product: "mailbox.example SIP",
            identities: ["<sip:200@mailbox.example>"],
            taken: [.target]
        ),
        // Phones
        Shape(what: "an intercom that answers by itself", contact: "sip:200@192.0.2.9", ringing: [], taken: [.target]),
        Shape(what: "a softphone with a random user", contact: "sip:k3j9d8@192.0.2.9:53211;ob", taken: fine),
        Shape(what: "two phones of the extension", contact: "sip:200@192.0.2.8", otherTag: true, taken: [.target]),
        Shape(what: "two phones, random users", contact: "sip:f00@192.0.2.8", otherTag: true, taken: fine),
        Shape(what: "two phones, no users", contact: "sip:192.0.2.8:5062", otherTag: true, taken: fine),
        Shape(
            what: "another extension's phone after ours rang",
            contact: "sip:201@192.0.2.8",
            otherTag: true,
            taken: other
        ),
        Shape(what: "a Contact with another extension alone", contact: "sip:201@192.0.2.8", taken: fine),
        Shape(what: "a longer extension", contact: "sip:1200@192.0.2.8", taken: fine),
        Shape(what: "no Contact that can be read", contact: nil, taken: fine),
        // Forwards
        Shape(what: "181", contact: "sip:192.0.2.1", ringing: [180, 181], taken: other),
        Shape(
            what: "Diversion",
            contact: "sip:192.0.2.1",
            diversions: ["<sip:200@pbx.example>;reason=no-answer"],
            taken: other
        ),
        Shape(
            what: "Diversion that counts none",
            contact: "sip:192.0.2.1",
            diversions: ["<sip:200@pbx.example>;counter=0"],
            taken: fine
        ),
        Shape(
            what: "History-Info, the second entry has the cause",
            contact: "sip:192.0.2.1",
            history: ["<sip:200@pbx.example>;index=1", "<sip:201@pbx.example;cause=302>;index=1.1"],
            taken: other
        ),
        Shape(
            what: "History-Info, a group and its member",
            contact: "sip:192.0.2.1",
            history: ["<sip:200@pbx.example>;index=1", "<sip:201@192.0.2.9>;index=1.1;rc=1"],
            taken: fine
        ),
        Shape(
            what: "History-Info, a number that was translated",
            contact: "sip:192.0.2.1",
            history: ["<sip:200@pbx.example>;index=1", "<sip:+4930200@pbx.example;cause=380>;index=1.1"],
            taken: fine
        ),
        Shape(
            what: "History-Info, came back to us",
            contact: "sip:192.0.2.1",
            history: [
                "<sip:200@pbx.example>;index=1", "<sip:201@pbx.example;cause=486>;index=1.1",
                "<sip:200@pbx.example;cause=480>;index=1.2",
            ],
            taken: fine
        ),
        Shape(
            what: "History-Info, Q.850 in the URI",
            contact: "sip:192.0.2.1",
            history: ["<sip:200@pbx.example?Reason=Q.850%3Bcause%3D17>;index=1", "<sip:9@pbx.example>;index=1.1"],
            taken: other
        ),
        Shape(
            what: "Reason, the second of two",
            contact: "sip:192.0.2.1",
            reasons: ["SIP;cause=200;text=\"Call completed elsewhere\"", "Q.850;cause=19"],
            taken: other
        ),
        Shape(what: "Reason of a call like any", contact: "sip:192.0.2.1", reasons: ["Q.850;cause=16"], taken: fine),
        // Voicemail
        Shape(
            what: "voicemail by History-Info",
            contact: "sip:192.0.2.1",
            history: [
                "<sip:200@pbx.example>;index=1",
                "<sip:voicemail@pbx.example;target=sip:200@pbx.example;cause=408>;index=1.1",
            ],
            taken: machine
        ),
        Shape(
            what: "voicemail that calls itself so",
            contact: "sip:192.0.2.1",
            product: "Lab voicemail",
            taken: machine
        ),
        Shape(what: "a Contact vm-200, at once", contact: "sip:vm-200@192.0.2.1", ringing: [], taken: machine),
        Shape(what: "voicemail without a word", contact: "sip:192.0.2.1:5060", ringing: [], taken: fine),
        Shape(
            what: "a mailbox was called",
            contact: "sip:voicemail@192.0.2.1",
            called: "voicemail",
            ringing: [],
            taken: [.target]
        ),
        Shape(what: "*97 was called", contact: "sip:vm@192.0.2.1", called: "*97", ringing: [], taken: fine),
        // Services
        Shape(what: "an IVR", contact: "sip:ivr@192.0.2.1", called: "800", ringing: [], taken: fine),
        Shape(
            what: "a conference",
            contact: "sip:conf-8000@192.0.2.1;isfocus",
            called: "8000",
            ringing: [],
            taken: fine
        ),
        Shape(what: "a name", contact: "sip:bert@192.0.2.9", called: "anna", taken: fine),
    ]

    private static func judge(_ shape: Shape) throws -> AnswerJudgement {
        let contact = try shape.contact.map { try #require(SIPURI($0)) }
        return AnswerJudgement(
            AnsweredBy(
                contact: contact,
                product: shape.product,
                assertedIdentity: shape.identities.first,
                wasForwarded: shape.otherTag,
                diversion: nil,
                identities: shape.identities,
                diversions: shape.diversions,
                history: shape.history,
                reasons: shape.reasons
            ),
            target: SIPURI(user: shape.called, host: "pbx.example"),
            caller: SIPURI(user: shape.caller, host: "pbx.example"),
            pbx: TransportAddress(host: .v4(0xC000_0201), port: 5_060),
            ringing: shape.ringing,
            pickup: shape.pickup
        )
    }

    @Test(arguments: shapes) func anAnswerIsTakenForWhatItIs(shape: Shape) throws {
        let judgement = try Self.judge(shape)
        #expect(shape.taken.contains(judgement.kind), "\(judgement.text)")
        #expect(judgement.kind != .unknown || judgement.certainty == .possible)
    }

    // A hint is told as one, and nothing else follows from it.
    @Test func whoAnswersWithoutRingingIsWorthANote() throws {
        let silent = try Self.judge(Shape(what: "", contact: "sip:192.0.2.1", ringing: [], taken: []))
        #expect(silent.remark?.contains("without ringing") == true)
        let quick = try Self.judge(Shape(what: "", contact: "sip:200@192.0.2.1", pickup: .milliseconds(5), taken: []))
        #expect(quick.remark?.contains("faster") == true)
        #expect(try Self.judge(Shape(what: "", contact: "sip:200@192.0.2.1", taken: [])).remark == nil)
    }

    @Test func theCertaintyIsTold() throws {
        func certainty(_ shape: Shape) throws -> AnswerJudgement.Certainty { try Self.judge(shape).certainty }
        #expect(try certainty(Shape(what: "", ringing: [181], taken: [])) == .certain)
        #expect(try certainty(Shape(what: "", contact: "sip:200@192.0.2.1", taken: [])) == .likely)
        #expect(try certainty(Shape(what: "", identities: ["<sip:201@h>"], taken: [])) == .likely)
        let probably = try Self.judge(Shape(what: "", contact: "sip:vm@192.0.2.1", ringing: [], taken: []))
        #expect(probably.certainty == .likely && probably.text.hasPrefix("probably voicemail"))
    }
}
