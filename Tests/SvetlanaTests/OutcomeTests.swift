import CallCore
import CoreTypes
import Foundation
import SIPCore
import SIPDiagnostics
import Telephony
import Testing

@testable import svetlana

/// What the exit code says of a call.
@Suite struct OutcomeTests {
    private static func outcome(_ reason: CallEndReason, ringing: [Int] = []) -> CallOutcome {
        CallOutcome(TelephonyError.callFailed(reason), after: .init(ringing: ringing), timeout: 5)
    }

    @Test(arguments: [
        (CallEndReason.rejected(status: 486, reason: "x"), CallOutcome.Result.busy, svetlana.ExitStatus.busy),
        (.rejected(status: 603, reason: "x"), .declined, .busy),
        (.rejected(status: 403, reason: "x"), .failed, .callFailed),
        (.released(ReleaseCause(.q850, code: 21), status: 403), .declined, .busy),
        (.released(ReleaseCause(.q850, code: 17), status: 503), .busy, .busy),
        (.released(ReleaseCause(.q850, code: 18), status: 403), .noAnswer, .noAnswer),
        (.released(ReleaseCause(.q850, code: 19), status: 480), .noAnswer, .noAnswer),
        (.released(ReleaseCause(.sip, code: 600), status: 480), .busy, .busy),
        (.released(ReleaseCause(.q850, code: 34), status: 480), .failed, .callFailed),
        (.timeout, .noResponse, .noResponse), (.noAnswer, .noAnswer, .noAnswer),
        (.localHangup, .cancelled, .interrupted),
        (.unauthorized("x"), .unauthorized, .wrongCredentials),
    ])
    func `each end has its result`(reason: CallEndReason, result: CallOutcome.Result, status: svetlana.ExitStatus) {
        let outcome = Self.outcome(reason)
        #expect(outcome.result == result)
        #expect(outcome.exitStatus == status)
    }

    @Test func `what was missing is said`() {
        #expect(Self.outcome(.timeout).detail.contains("no response within 5 s"))
        #expect(Self.outcome(.noAnswer, ringing: [180]).detail.hasPrefix("it rang"))
        #expect(Self.outcome(.noAnswer).detail.contains("no phone rang"))
        #expect(Self.outcome(.rejected(status: 500, reason: "\u{1B}[2Jx\u{202E}")).detail == "refused with 500 [2Jx")
    }

    @Test func `no word from the PBX, its word alone, and ringing are told apart`() {
        #expect(Self.outcome(.timeout).exitStatus == .noResponse)
        // It had taken the call before it fell silent: that is no dead PBX.
        let silent = Self.outcome(.timeout, ringing: [183, 180])
        #expect(silent.exitStatus == .noAnswer && silent.detail.contains("took the call (180)"))
        #expect(Self.outcome(.noAnswer, ringing: [182]).detail.contains("queued"))
        #expect(Self.outcome(.noAnswer, ringing: [181]).detail.contains("forwarded"))
        #expect(Self.outcome(.noAnswer, ringing: [181, 180]).detail.hasPrefix("it rang"))
    }

    @Test(arguments: [TransportFault.Kind.portClosed, .hostUnreachable])
    func `what the network refused is no missing answer`(kind: TransportFault.Kind) throws {
        let signs = CallOutcome.Signs(pbx: TransportAddress("192.0.2.1:5060"))
        let error = TelephonyError.callFailed(.unreachable(TransportFault(kind)))
        let outcome = CallOutcome(error, after: signs, timeout: 5)
        #expect(outcome.exitStatus == .noResponse)
        #expect(outcome.detail.contains("192.0.2.1:5060"))
        #expect(outcome.detail.contains("ICMP port unreachable") == (kind == .portClosed))
        #expect(
            CallOutcome(TelephonyError.callFailed(.localHangup), after: signs, timeout: 5).exitStatus == .interrupted
        )
    }

    @Test func `a name that is not found is no failure of the call`() {
        let error = TelephonyError.nameNotFound(host: "pbx.example", reason: "x")
        #expect(CallOutcome(error, after: .init(), timeout: 5).exitStatus == .noResponse)
    }

    @Test func `a refused offer says what was offered and what to do`() {
        let words = "Not Acceptable Here: we offered opus, G722; they want G729"
        let outcome = Self.outcome(.rejected(status: 488, reason: words))
        #expect(outcome.exitStatus == .callFailed)
        #expect(outcome.detail == "refused with 488 \(words)")
        #expect(outcome.remarks?.first?.contains("sip.codecs") == true)
    }

    // MARK: Who answered

    private static func judgement(
        _ answer: AnsweredBy,
        ringing: [Int] = [180],
        pickup: Duration = .seconds(4)
    ) throws -> AnswerJudgement {
        AnswerJudgement(
            answer,
            target: try #require(SIPURI("sip:100@192.0.2.1")),
            pbx: TransportAddress("192.0.2.1:5060"),
            ringing: ringing,
            pickup: pickup
        )
    }

    private static func answer(_ contact: String, product: String? = nil, diversion: String? = nil) -> AnsweredBy {
        AnsweredBy(
            contact: SIPURI(contact),
            product: product,
            assertedIdentity: nil,
            wasForwarded: false,
            diversion: diversion
        )
    }

    @Test func `voicemail is no success, and has a code of its own`() throws {
        let machine = try Self.judgement(
            Self.answer("sip:voicemail@192.0.2.1", diversion: "<sip:100@192.0.2.1>;reason=no-answer")
        )
        let outcome = CallOutcome(answer: machine, seconds: .seconds(9), transcript: [])
        #expect(outcome.result == .voicemail && outcome.exitStatus.rawValue == 13)
        #expect(outcome.detail.hasPrefix("voicemail answered"))
        #expect(CallOutcome.hints(machine).first?.hasPrefix("voicemail answered") == true)
    }

    @Test func `a weak sign is no verdict`() throws {
        // An Asterisk in between: its Contact has another user, and it rang for as long as a person takes.
        let plain = try Self.judgement(Self.answer("sip:asterisk@192.0.2.1:5060", product: "Asterisk PBX 20"))
        let outcome = CallOutcome(answer: plain, seconds: .seconds(9), transcript: [])
        #expect(outcome.exitStatus == .success)
        // What cannot be judged is not judged.
        #expect(CallOutcome(answer: nil, seconds: nil, transcript: []).exitStatus == .success)
    }

    @Test func `somebody else is told in words`() throws {
        let other = try Self.judgement(
            Self.answer("sip:107@192.0.2.1", diversion: "<sip:100@192.0.2.1>;reason=unconditional")
        )
        let outcome = CallOutcome(answer: other, seconds: .seconds(9), transcript: [])
        #expect(outcome.exitStatus == .success)
        #expect(outcome.remarks?.first?.hasPrefix("somebody else answered") == true)
    }

    @Test(arguments: [0, -1, 601, Int.max, Int.min])
    func `a timeout that no clock has is refused, not tried`(timeout: Int) throws {
        let line = Array(
            #"{"call":{"_0":{"target":"100","say":"x","oneWay":true,"timeout":\#(timeout)}}}"#.utf8
        )
        guard case .call(let request) = try ControlCodec.decode(ControlRequest.self, line) else {
            Issue.record("not read")
            return
        }
        #expect(request.problem != nil)
    }

    @Test func `a request that can be carried out has no problem`() {
        var request = CallRequest(target: "100", say: "Hello", oneWay: true, timeout: 45)
        #expect(request.problem == nil)
        request.say = String(repeating: "a", count: CallRequest.longestText + 1)
        #expect(request.problem != nil)
        request.say = "\u{0}\u{200B}"
        #expect(request.problem != nil)
        request.say = nil
        #expect(request.problem == nil)
    }

    @Test func `what is no request is refused and stops nothing`() {
        for text in [
            "{}", "[", "{\"call\":{\"_0\":{\"target\":\"1\",\"oneWay\":true,\"timeout\":1e400}}}",
            "{\"call\":{\"_0\":{\"target\":\"1\",\"oneWay\":true,\"timeout\":9223372036854775808}}}",
            "{\"call\":{\"_0\":{\"target\":\"1\",\"oneWay\":true,\"timeout\":1.5}}}",
            String(repeating: "[", count: 60_000),
        ] {
            #expect(throws: (any Error).self) { try ControlCodec.decode(ControlRequest.self, Array(text.utf8)) }
        }
    }
}
