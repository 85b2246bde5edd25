import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Testing

/// A flood of strangers beside a PBX with a live call: nobody who is known notices.
@Suite struct FloodTests {
    enum Kind: String, CaseIterable, Sendable {
        case invite = "INVITE"
        case options = "OPTIONS"
        case tagged
        case bye = "BYE"
        case register = "REGISTER"
        case cancel = "CANCEL"
        case ack = "ACK"
        case unknown = "DANCE"
        case broken
        case garbage
        case response
    }

    static let pbx = TransportAddress(host: .v4(0xC000_020A), port: 5_060)
    static let own = TransportAddress(host: .v4(0xC000_0214), port: 5_060)

    /// An engine, its clock, and what left it.
    final class Bench {
        var engine = AgentEngine(
            configuration: .init(productName: "Svetlana", codecs: [.pcmu], peers: [FloodTests.pbx.host]),
            random: SeededRandom(seed: 5)
        )
        var now = Instant.zero
        let binding = LocalBinding(transport: .udp, address: FloodTests.own)
        var sent: [Transmit] = []
        var events: [AgentEvent] = []

        func receive(_ bytes: [UInt8], from source: TransportAddress) {
            self.engine.receive(bytes, from: source, on: self.binding, now: self.now)
            self.drain()
        }

        func advance(_ duration: Duration) {
            let end = self.now + duration
            while let deadline = self.engine.deadline, deadline <= end {
                self.now = max(self.now, deadline)
                self.engine.handleTimeout(now: self.now)
                self.drain()
            }
            self.now = end
        }

        func drain() {
            while let event = self.engine.pollEvent() { self.events.append(event) }
            while let transmit = self.engine.pollTransmit() { self.sent.append(transmit) }
        }

        /// What was sent since the last time, to the PBX as messages.
        func statuses(_ method: SIPMethod) throws -> [Int] {
            defer { self.sent.removeAll { $0.to == FloodTests.pbx } }
            return try self.sent.filter { $0.to == FloodTests.pbx }.map { try SIPMessage($0.bytes) }
                .filter { !$0.isRequest && $0.method == method }.map(\.statusCode)
        }

        /// A call that is up; the tags of both sides.
        func call(_ name: String) throws -> String {
            self.receive(FloodTests.request("INVITE", callID: name, body: RawHost.offer), from: FloodTests.pbx)
            guard case .incoming(let id, _) = self.events.last else {
                Issue.record("the INVITE was not told")
                return ""
            }
            let media = LocalMedia(address: FloodTests.own.host, port: 40_000)
            self.engine.answer(id, media: media, now: self.now)
            self.drain()
            let bytes = try #require(self.sent.last { $0.to == FloodTests.pbx }?.bytes)
            let response = try SIPMessage(bytes)
            #expect(response.statusCode == 200)
            let tag = try #require(response.toTag)
            self.receive(FloodTests.request("ACK", callID: name, toTag: tag), from: FloodTests.pbx)
            self.sent.removeAll { $0.to == FloodTests.pbx }
            return tag
        }
    }

    static func request(
        _ method: String,
        callID: String,
        cSeq: UInt32 = 1,
        toTag: String? = nil,
        branch: String? = nil,
        body: String = ""
    ) -> [UInt8] {
        let lines =
            [
                "\(method) sip:bob@192.0.2.20 SIP/2.0",
                "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK\(branch ?? "\(method)\(cSeq)\(callID)");rport",
                "Max-Forwards: 70", "From: <sip:alice@192.0.2.10>;tag=theirs",
                "To: <sip:bob@192.0.2.20>" + (toTag.map { ";tag=\($0)" } ?? ""), "Call-ID: \(callID)",
                "CSeq: \(cSeq) \(method)", "Contact: <sip:alice@192.0.2.10>",
            ] + (body.isEmpty ? [] : ["Content-Type: application/sdp"]) + [
                "Content-Length: \(body.utf8.count)", "", "",
            ]
        return Array((lines.joined(separator: "\r\n") + body).utf8)
    }

    private func bytes(_ kind: Kind, _ number: Int, tag: String) -> [UInt8] {
        let name = "flood-\(number)"
        switch kind {
        case .invite: return Self.request("INVITE", callID: name, body: RawHost.offer)
        case .options, .register, .cancel, .unknown: return Self.request(kind.rawValue, callID: name)
        case .tagged: return Self.request("INVITE", callID: name, toTag: "invented\(number)")
        // Of the live call: somebody has seen its tags.
        case .bye, .ack: return Self.request(kind.rawValue, callID: "live", cSeq: UInt32(number + 2), toTag: tag)
        case .broken: return Array("INVITE sip:bob@192.0.2.20 SIP/2.0\r\nVia: x\r\nCSeq: \(number)\r\n\r\n".utf8)
        case .garbage: return (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ number &* 11) }
        case .response:
            let text = String(decoding: Self.request("INVITE", callID: name), as: UTF8.self)
            return Array(text.replacing("INVITE sip:bob@192.0.2.20 SIP/2.0", with: "SIP/2.0 200 OK").utf8)
        }
    }

    @Test(arguments: Kind.allCases) func `Thirty thousand of a kind in twelve seconds`(kind: Kind) throws {
        let bench = Bench()
        let tag = try bench.call("live")
        bench.events = []
        var (bytesIn, calls) = (0, 0)
        var largest = 0
        for number in 0..<30_000 {
            let source = TransportAddress(host: .v4(0xCB00_7101 + UInt32(number % 99)), port: 5_060)
            let bytes = self.bytes(kind, number, tag: tag)
            bytesIn += bytes.count
            bench.receive(bytes, from: source)
            largest = max(largest, bench.engine.gauges.serverTransactions)
            if number % 100 == 99 { bench.advance(.milliseconds(40)) }
            guard number % 5_000 == 4_999 else { continue }
            // The PBX asks, calls and ends a call, all at once.
            calls += 1
            bench.receive(Self.request("OPTIONS", callID: "alive-\(number)"), from: Self.pbx)
            #expect(try bench.statuses(.options) == [200])
            let other = try bench.call("call-\(number)")
            let bye = Self.request("BYE", callID: "call-\(number)", cSeq: 2, toTag: other)
            bench.receive(bye, from: Self.pbx)
            #expect(try bench.statuses(.bye) == [200])
        }
        #expect(calls == 6)
        #expect(largest < 50)
        #expect(bench.engine.gauges.dialogs == 1)
        // Nothing is repeated afterwards.
        let answers = bench.sent.count
        bench.advance(.seconds(40))
        #expect(bench.sent.count == answers)
        #expect(bench.sent.allSatisfy { $0.to != Self.pbx })
        #expect(2 * bench.sent.reduce(0) { $0 + $1.bytes.count } <= 5 * bytesIn)
        // 40 at once and 40 a second for all; of each source 1 and one in 5 s, of questions 10 and one a second.
        #expect(answers <= 40 + 12 * 40 + 1)
        let mostOfOne = Dictionary(grouping: bench.sent, by: \.to.host).values.map(\.count).max() ?? 0
        #expect(mostOfOne <= (kind == .options ? 23 : 4))
        switch kind {
        case .ack, .garbage, .response: #expect(answers == 0)
        case .invite, .options, .tagged, .bye, .register, .cancel, .unknown, .broken: #expect(answers > 100)
        }
        bench.advance(.seconds(200))
        var (reports, refused) = (0, 0)
        for case .refused(from: _, method: _, status: _, reason: _, let count) in bench.events {
            reports += 1
            refused += count
        }
        #expect(reports <= 260)
        let counters = bench.engine.counters
        #expect(refused == Int(counters.refused) + Int(counters.malformed))
        // The call is there yet, and ends as calls do.
        bench.receive(Self.request("BYE", callID: "live", cSeq: 2, toTag: tag), from: Self.pbx)
        #expect(try bench.statuses(.bye) == [200])
        bench.advance(.seconds(400))
        #expect(bench.engine.gauges == AgentGauges())
        #expect(bench.engine.deadline == nil)
    }

    @Test func `A forged INVITE with a tag draws one answer`() throws {
        for source in [Self.pbx, TransportAddress(host: .v4(0xCB00_7101), port: 5_060)] {
            let bench = Bench()
            bench.receive(Self.request("INVITE", callID: "x", toTag: "y"), from: source)
            bench.advance(.seconds(40))
            #expect(bench.sent.count == 1)
            #expect(try SIPMessage(try #require(bench.sent.first).bytes).statusCode == 481)
        }
    }

    @Test func `A BYE that somebody else sends ends nothing`() throws {
        let bench = Bench()
        let tag = try bench.call("live")
        let elsewhere = TransportAddress(host: .v4(0xCB00_7101), port: 5_060)
        bench.receive(Self.request("BYE", callID: "live", cSeq: 2, toTag: tag), from: elsewhere)
        #expect(bench.engine.gauges.calls == 1)
        #expect(try bench.sent.map { try SIPMessage($0.bytes).statusCode } == [403])
        bench.sent = []
        bench.receive(Self.request("BYE", callID: "live", cSeq: 2, toTag: tag), from: Self.pbx)
        #expect(bench.engine.gauges.calls == 0)
        #expect(try bench.statuses(.bye) == [200])
    }

    @Test func `One request with a number far ahead puts nothing out of order`() throws {
        let bench = Bench()
        let tag = try bench.call("live")
        func send(_ method: String, _ number: UInt32) throws -> [Int] {
            bench.receive(Self.request(method, callID: "live", cSeq: number, toTag: tag), from: Self.pbx)
            return try bench.statuses(SIPMethod(rawValue: method))
        }
        #expect(try send("INFO", 2_147_483_640) == [500])
        #expect(try send("INFO", 2) == [200])
        // Numbers may be left out.
        #expect(try send("INFO", 9_000) == [200])
        #expect(try send("INFO", 8_999) == [500])
        #expect(try send("OPTIONS", 9_001) == [200])
        // The BYE of the right dialog is taken whatever its number is.
        #expect(try send("BYE", 3) == [200])
        #expect(bench.engine.gauges.calls == 0)
    }
}
