import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Why a call came to nothing: the cause that the PBX gives, and what is known when time is up.
@Suite struct OutcomeTests {
    private static func call(
        _ line: CallerIdentityTests.Line,
        _ target: String = "sip:100@pbx.example"
    ) throws -> (CallID, SIPMessage) {
        let uri = try #require(SIPURI(target))
        let call = try #require(line.phone.call(uri, from: line.account))
        line.simulation.run(for: .milliseconds(50))
        return (call, try #require(line.pbx.received.last { $0.isRequest && $0.method == .invite }))
    }

    @Test(arguments: [
        (403, "Q.850;cause=21;text=\"Call Rejected\"", ReleaseCause.Kind.declined), (480, "Q.850 ;cause=17", .busy),
        (403, "Q.850;cause=18", .noAnswer), (503, "Q.850;cause=19", .noAnswer), (403, "Q.850;cause=1", .unknownNumber),
        (480, "q.850;cause=3", .unknownNumber), (480, "Q.850;cause=34", .congestion),
        (480, "Q.850;cause=27", .outOfOrder),
        (480, "SIP;cause=600", .busy), (480, "SIP;cause=603", .declined), (403, "X;cause=1, Q.850;cause=17", .busy),
    ])
    func `A refusal is what its Reason says`(status: Int, reason: String, kind: ReleaseCause.Kind) throws {
        let line = try CallerIdentityTests.Line()
        let (call, invite) = try Self.call(line)
        line.pbx.answer(invite, status, ["Reason: \(reason)"])
        line.simulation.run(for: .milliseconds(100))
        guard case .released(let cause, status: status)? = line.phone.ended[call] else {
            Issue.record("\(String(describing: line.phone.ended[call]))")
            return
        }
        #expect(cause.kind == kind)
    }

    @Test(arguments: [
        "Q.850;cause=16", "Q.850;cause=127", "SIP;cause=abc", "Q.850", "garbage garbage", "Q.850;cause=17",
    ])
    func `A Reason that says no more leaves the status`(reason: String) throws {
        let line = try CallerIdentityTests.Line()
        let (call, invite) = try Self.call(line)
        line.pbx.answer(invite, 486, ["Reason: \(reason)"])
        line.simulation.run(for: .milliseconds(100))
        #expect(line.phone.ended[call] == .rejected(status: 486, reason: "Test"))
    }

    @Test func `A BYE with a cause says more than that the other side hung up`() throws {
        for (reason, expected) in [
            ("Q.850;cause=41", CallEndReason.released(ReleaseCause(.q850, code: 41), status: nil)),
            ("Q.850;cause=16", .remoteHangup), ("SIP;cause=999", .remoteHangup),
        ] {
            let line = try CallerIdentityTests.Line()
            line.phone.answering = .answer()
            line.send(from: "<sip:100@pbx.example>", by: line.pbx)
            let tag = try #require(line.pbx.answers(.invite).first?.toTag)
            line.send("ACK", from: "<sip:100@pbx.example>", by: line.pbx, toTag: tag, body: "")
            line.send(
                "BYE",
                from: "<sip:100@pbx.example>",
                ["Reason: \(reason)"],
                by: line.pbx,
                cSeq: 2,
                toTag: tag,
                body: ""
            )
            #expect(line.phone.ended.values.first == expected)
        }
    }

    @Test func `Nothing came back: the call that is given up has ended, as a timeout`() throws {
        let line = try CallerIdentityTests.Line()
        let (call, _) = try Self.call(line)
        line.simulation.run(for: .seconds(3))
        line.phone.perform { engine, now in engine.giveUp(call, now: now) }
        #expect(line.phone.ended[call] == .timeout)
        line.simulation.run(for: .seconds(200))
        #expect(line.phone.gauges == AgentGauges())
        #expect(line.phone.endings[call] == 1)
    }

    @Test func `A late 200 to a call that was given up is acknowledged and ended`() throws {
        let line = try CallerIdentityTests.Line()
        let (call, invite) = try Self.call(line)
        line.phone.perform { engine, now in engine.giveUp(call, now: now) }
        line.pbx.answer(invite, 200, ["Content-Type: application/sdp"], body: RawHost.offer)
        line.simulation.run(for: .milliseconds(100))
        #expect(line.pbx.received.contains { $0.isRequest && $0.method == .ack })
        #expect(line.pbx.received.contains { $0.isRequest && $0.method == .bye })
        #expect(line.phone.ended[call] == .timeout)
    }

    @Test(arguments: [100, 180])
    func `It was heard of: a call that is given up is cancelled, and nobody answered`(status: Int) throws {
        let line = try CallerIdentityTests.Line()
        let (call, invite) = try Self.call(line)
        line.pbx.answer(invite, status)
        line.simulation.run(for: .seconds(1))
        line.phone.perform { engine, now in engine.giveUp(call, now: now) }
        line.simulation.run(for: .milliseconds(100))
        #expect(line.pbx.received.contains { $0.isRequest && $0.method == .cancel })
        line.pbx.answer(invite, 487)
        line.simulation.run(for: .milliseconds(100))
        #expect(line.phone.ended[call] == .noAnswer)
    }

    @Test(arguments: [
        ("sip:100@pbx.example:5080", UInt16(5_080)), ("sip:100@192.0.2.1:5081", 5_081), ("sip:100@PBX.example", 5_060),
        ("sip:100@elsewhere.example:5082", 5_060), ("sip:100@pbx.example:0", 5_060),
    ])
    func `A port of the pbx that the target names is used, and none of anybody else`(
        target: String,
        port: UInt16
    ) throws {
        let line = try CallerIdentityTests.Line()
        let uri = try #require(SIPURI(target))
        _ = line.phone.call(uri, from: line.account)
        line.simulation.run(for: .milliseconds(50))
        let sent = try #require(line.simulation.sent.first)
        #expect(sent.to == TransportAddress(host: CallerIdentityTests.Line.pbx, port: port))
    }
}
