import CallCore
import Telephony
import Testing

@testable import svetlana

/// What the exit code says of a call.
@Suite struct OutcomeTests {
    private static func outcome(_ reason: CallEndReason, hasRung: Bool = false) -> CallOutcome {
        CallOutcome(TelephonyError.callFailed(reason), after: .init(hasRung: hasRung), timeout: 5)
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
        #expect(Self.outcome(.noAnswer, hasRung: true).detail.hasPrefix("it rang"))
        #expect(Self.outcome(.noAnswer).detail.contains("no phone rang"))
        #expect(Self.outcome(.rejected(status: 500, reason: "\u{1B}[2Jx\u{202E}")).detail == "refused with 500 [2Jx")
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
