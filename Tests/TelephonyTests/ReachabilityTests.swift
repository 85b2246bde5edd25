import CoreTypes
import Glibc
import SIPCore
import Testing

@testable import Telephony

/// What was reported as unreachable, and when that counts; in virtual time.
@Suite struct ReachabilityTests {
    private let pbx = TransportAddress(host: .v4(0xC000_0201), port: 5_060)
    private let other = TransportAddress(host: .v4(0xC000_0202), port: 5_060)
    private let start = Instant.zero + .seconds(100)

    private func failure(_ destination: TransportAddress, _ code: Int32 = ECONNREFUSED) throws -> TransportFailure {
        try #require(TransportFailure(destination, code: code, reporter: destination.host))
    }

    @Test func `a single report counts after the grace, once`() throws {
        var reachability = Reachability(grace: .seconds(1))
        #expect(reachability.deadline == nil)
        reachability.handleFailure(try self.failure(self.pbx), now: self.start)
        #expect(reachability.deadline == self.start + .seconds(1))
        #expect(reachability.popFailure(now: self.start + .milliseconds(999)) == nil)
        let popped = reachability.popFailure(now: self.start + .seconds(1))
        let found = try #require(popped)
        #expect(found.destination == self.pbx && found.fault.kind == .portClosed)
        #expect(reachability.popFailure(now: self.start + .seconds(9)) == nil)
        #expect(reachability.deadline == nil)
    }

    @Test func `more reports neither hasten nor delay it`() throws {
        var reachability = Reachability(grace: .seconds(1))
        for step in 0..<9 {
            reachability.handleFailure(try self.failure(self.pbx), now: self.start + .milliseconds(Int64(step) * 100))
        }
        #expect(reachability.deadline == self.start + .seconds(1))
    }

    @Test func `who says anything is there`() throws {
        var reachability = Reachability(grace: .seconds(1))
        reachability.handleFailure(try self.failure(self.pbx), now: self.start)
        reachability.handleFailure(try self.failure(self.other), now: self.start)
        // From another port than the one that was refused: the host is up, and its SIP with it.
        reachability.handleMessage(from: TransportAddress(host: self.pbx.host, port: 40_000))
        let popped = reachability.popFailure(now: self.start + .seconds(2))
        let found = try #require(popped)
        #expect(found.destination == self.other)
        #expect(reachability.popFailure(now: self.start + .seconds(2)) == nil)
    }

    @Test func `a thousand places that refuse take no more room than a few`() throws {
        var reachability = Reachability(grace: .seconds(1))
        for port in 1...1_000 {
            let address = TransportAddress(host: self.pbx.host, port: UInt16(port))
            reachability.handleFailure(try self.failure(address), now: self.start)
        }
        var count = 0
        while reachability.popFailure(now: self.start + .seconds(1)) != nil { count += 1 }
        #expect(count == 64)
    }

    @Test(arguments: [
        (ECONNREFUSED, TransportFault.Kind.portClosed), (EHOSTUNREACH, .hostUnreachable),
        (ENETUNREACH, .networkUnreachable), (EPERM, .notPermitted), (EMSGSIZE, .tooLong),
    ])
    func `each error of the system has its fault`(code: Int32, kind: TransportFault.Kind) throws {
        #expect(try self.failure(self.pbx, code).fault == TransportFault(kind, code: code, reporter: self.pbx.host))
    }

    @Test func `an error that says nothing of the destination is none`() {
        #expect(TransportFailure(self.pbx, code: ENOBUFS, reporter: nil) == nil)
        #expect(TransportFailure(self.pbx, code: 0, reporter: nil) == nil)
    }

    // MARK: What an ICMP message quotes

    private func request(_ branch: String) -> [UInt8] {
        Array(
            ("REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.44:5060;branch=z9hG4bK\(branch)\r\n"
                + String(repeating: "X: filling\r\n", count: 20)).utf8
        )
    }

    @Test func `only the beginning of what was sent there just before is believed`() {
        var recent = RecentDatagrams()
        let sent = self.request("4711")
        recent.note(sent, to: self.pbx, now: self.start)
        let now = self.start + .seconds(1)
        #expect(recent.contains(sent[..<200], to: self.pbx, now: now))
        #expect(recent.contains(sent[...], to: self.pbx, now: now))
        #expect(!recent.contains(sent[..<200], to: self.other, now: now))
        #expect(!recent.contains(self.request("4712")[..<200], to: self.pbx, now: now))
        #expect(!recent.contains(sent[..<200], to: self.pbx, now: self.start + .seconds(6)))
    }

    @Test func `a quote without the branch proves nothing`() {
        var recent = RecentDatagrams()
        let sent = self.request("4711")
        recent.note(sent, to: self.pbx, now: self.start)
        #expect(!recent.contains([], to: self.pbx, now: self.start))
        #expect(!recent.contains(sent[..<48], to: self.pbx, now: self.start))
        // A keep-alive is short, and all of it was quoted.
        recent.note([13, 10, 13, 10], to: self.pbx, now: self.start)
        #expect(recent.contains([13, 10, 13, 10], to: self.pbx, now: self.start))
    }

    @Test func `a datagram is remembered until 64 others were sent`() {
        var recent = RecentDatagrams()
        for number in 0..<100 { recent.note(self.request("\(1_000 + number)"), to: self.pbx, now: self.start) }
        let known = (0..<100).filter { number in
            recent.contains(self.request("\(1_000 + number)")[...], to: self.pbx, now: self.start)
        }
        #expect(known == Array(36..<100))
    }
}
