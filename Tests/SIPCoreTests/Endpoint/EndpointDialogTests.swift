import CoreTypes
import SIPCore
import Testing

/// A To tag counts only when the transaction user has told of its dialog, and only from the hosts of that dialog.
@Suite("Endpoint: known dialogs")
struct EndpointDialogTests {
    private let stranger = address("203.0.113.9:5060")
    private let phone = address("198.51.100.7:5060")

    /// An endpoint that knows one PBX and one dialog, in which a phone may speak too.
    private func bench(_ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }) -> EndpointBench {
        let bench = EndpointBench { configuration in
            configuration.admission = .only([EndpointBench.peer.host], everyone: [.options])
            configuration.knowsDialogs = true
            change(&configuration)
        }
        bench.endpoint.setDialog(callID: "d1", localTag: "ours", hosts: [self.phone.host])
        return bench
    }

    private func inside(_ method: String, _ number: UInt32 = 1, tag: String = "ours", callID: String = "d1") -> String {
        EndpointBench.text(
            method,
            branch: "z9hG4bK\(method)\(number)",
            callID: callID,
            cSeq: number,
            toTag: tag
        )
    }

    @Test func anInventedTagDrawsOneAnswerAndNoMore() throws {
        let bench = self.bench()
        for (number, tag) in ["wrong", "ours2", "our"].enumerated() {
            bench.receive(self.inside("INVITE", UInt32(number + 1), tag: tag))
            #expect(try bench.lines() == ["481 Call/Transaction Does Not Exist (INVITE)"])
        }
        bench.receive(self.inside("INVITE", 9, callID: "d2"))
        #expect(try bench.lines().count == 1)
        #expect(bench.endpoint.gauges.serverTransactions == 0)
        #expect(bench.events().map(\.word) == Array(repeating: "refused 481 true", count: 4))
        #expect(try bench.run(milliseconds: 40_000).isEmpty)
        // The ACK to it is nobody's.
        bench.receive(self.inside("ACK", 1, tag: "wrong"))
        #expect(bench.events().isEmpty && bench.isEmpty)
    }

    @Test func theHostsOfADialogSpeakInItAndNobodyElseDoes() throws {
        for source in [EndpointBench.peer, self.phone] {
            let bench = self.bench()
            for method in ["INVITE", "BYE", "INFO", "UPDATE"] { bench.receive(self.inside(method), from: source) }
            #expect(bench.events().map(\.word) == ["request INVITE", "request BYE", "request INFO", "request UPDATE"])
            bench.receive(self.inside("ACK", 7), from: source)
            #expect(bench.events().map(\.word) == ["acknowledged"])
        }
        let bench = self.bench { $0.rejectionRate = .init(burst: 100, interval: .seconds(1)) }
        for method in ["INVITE", "BYE", "INFO", "UPDATE"] { bench.receive(self.inside(method), from: self.stranger) }
        // Not 481, by which the party that moved would take the dialog for lost.
        #expect(try bench.sent().map(\.message.statusCode) == [403, 403, 403, 403])
        bench.receive(self.inside("ACK", 7), from: self.stranger)
        let events = bench.events()
        #expect(events.allSatisfy { $0.word == "refused 403 true" } && events.count == 4)
        guard case .refused(let report) = events.first else {
            Issue.record("nothing was told")
            return
        }
        #expect(report.reason == .stranger && report.source == self.stranger && report.method == .invite)
        #expect(bench.isEmpty)
    }

    @Test func theHostsFollowTheTarget() throws {
        let bench = self.bench()
        bench.endpoint.setDialog(callID: "d1", localTag: "ours", hosts: [self.stranger.host])
        bench.receive(self.inside("INFO", 1), from: self.phone)
        #expect(try bench.sent().map(\.message.statusCode) == [403])
        bench.receive(self.inside("INFO", 2), from: self.stranger)
        #expect(bench.events().last?.word == "request INFO")
        bench.endpoint.removeDialog(callID: "d1", localTag: "ours")
        bench.receive(self.inside("BYE", 3))
        #expect(try bench.sent().map(\.message.statusCode) == [481])
    }

    @Test func aFullTableRefusesNothingInADialog() throws {
        let bench = self.bench {
            $0.maximumServerTransactions = 3
            $0.maximumTransactionsPerDialog = 4
        }
        for number in 0..<5 {
            bench.receive(EndpointBench.text("OPTIONS", branch: "z9hG4bK\(number)", callID: "\(number)"))
        }
        #expect(try bench.sent().map(\.message.statusCode) == [503, 503])
        _ = bench.events()
        for number in 1...5 { bench.receive(self.inside("INFO", UInt32(number))) }
        // Too many in one dialog are that dialog's matter: 503 would speak for all of us.
        let refused = try bench.sent()
        #expect(refused.map(\.message.statusCode) == [500])
        #expect(refused.first?.message.retryAfter == 10)
        bench.receive(self.inside("BYE", 6))
        #expect(bench.events().map(\.word).filter { $0.hasPrefix("request") }.count == 5)
        #expect(bench.endpoint.gauges.serverTransactions == 8)
        // What the dialog took is not taken from others, and is given back.
        bench.endpoint.removeDialog(callID: "d1", localTag: "ours")
        try bench.run(milliseconds: 70_000)
        _ = bench.events()
        #expect(bench.isEmpty)
    }

    @Test func whoHasNoPartInARequestNeitherRepeatsNorCancelsNorAcknowledgesIt() throws {
        let bench = self.bench { $0.rejectionRate = .init(burst: 100, interval: .seconds(1)) }
        bench.receive(EndpointBench.text("INVITE"))
        let id = try bench.serverID()
        bench.receive(EndpointBench.text("INVITE"), from: self.stranger)
        #expect(try bench.sent().isEmpty)
        bench.receive(EndpointBench.text("CANCEL"), from: self.stranger)
        #expect(try bench.sent().map(\.message.statusCode) == [481])
        #expect(bench.events().map(\.word) == ["refused 481 true"])
        try bench.respond(200, to: id, tag: "ours2")
        _ = try bench.sent()
        // With the branch of the INVITE, as some peers have it: the tag is what the forger of the INVITE cannot know.
        for tag in [nil, "guess"] { bench.receive(EndpointBench.text("ACK", toTag: tag)) }
        bench.receive(EndpointBench.text("ACK", toTag: "ours2"), from: self.stranger)
        #expect(bench.events().isEmpty)
        #expect(bench.endpoint.counters.misplacedRequests >= 3)
        bench.receive(EndpointBench.text("ACK", toTag: "ours2"))
        #expect(bench.events().map(\.word) == ["acknowledged"])
    }

    /// A PBX with two addresses, both of which are known.
    @Test func anotherKnownAddressMayCancel() throws {
        let second = address("192.0.2.11:5060")
        let bench = self.bench { $0.admission = .only([EndpointBench.peer.host, second.host], everyone: []) }
        bench.receive(EndpointBench.text("INVITE"))
        _ = try bench.serverID()
        bench.receive(EndpointBench.text("CANCEL"), from: second)
        #expect(bench.events().map(\.word) == ["cancelled"])
    }

    @Test func dismissedRequestsLeaveNothing() throws {
        var tags: Set<String?> = []
        var statuses: [Int] = []
        let served = EndpointBench { $0.allowedMethods.append(.register) }
        for number in 0..<20 {
            served.receive(EndpointBench.text("REGISTER", branch: "z9hG4bK\(number % 2)", callID: "r"))
            let id = try served.serverID()
            let challenge = "Digest realm=\"x\""
            served.endpoint.dismiss(id, status: 407, headers: [(.proxyAuthenticate, challenge)], now: served.now)
            for sent in try served.sent() {
                statuses.append(sent.message.statusCode)
                tags.insert(sent.message.toTag)
            }
            #expect(served.events().map(\.word) == ["ended false"])
        }
        // Ten by the rate of one source, all with the same tag.
        #expect(statuses == Array(repeating: 407, count: 10))
        #expect(tags.count == 1)
        #expect(served.isEmpty)
    }
}
