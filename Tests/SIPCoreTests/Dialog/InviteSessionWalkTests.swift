import CoreTypes
import Testing

@testable import SIPCore

/// Sessions that live through chance: any message and any wish at any time, and in the end nothing is left over.
@Suite("Random walks of sessions")
struct InviteSessionWalkTests {
    @Test(arguments: [InviteSession.Role.caller, .callee])
    func everyWalkEndsOnceAndAnswersEverything(role: InviteSession.Role) throws {
        var reached: Set<InviteSession.State> = []
        for seed in 0..<400 {
            var walk = try Walk(role: role, seed: UInt64(seed))
            for _ in 0..<60 {
                try walk.step()
                reached.insert(walk.session.state)
            }
            try walk.finish()
            #expect(walk.session.isEnded, "seed \(seed)")
            #expect(walk.endings == 1, "seed \(seed): \(walk.endings) endings")
            #expect(walk.session.deadline == nil, "seed \(seed)")
            for (name, statuses) in walk.finals {
                #expect(Set(statuses).count == 1, "seed \(seed): \(name) got \(statuses)")
            }
            let unanswered = walk.asked.filter { walk.finals[$0] == nil }
            #expect(unanswered.isEmpty, "seed \(seed): \(unanswered.count) requests without an answer")
        }
        let states: Set<InviteSession.State> =
            role == .caller
            ? [.calling, .proceeding, .challenged, .cancelling, .answered, .confirmed, .ending, .ended]
            : [.incoming, .ringing, .accepted, .releasing, .confirmed, .ending, .ended]
        #expect(reached.subtracting([.idle]) == states)
    }

    struct Walk {
        var session: InviteSession
        var random: SeededRandom
        var now = Instant.zero
        var outstanding: [(request: SIPMessageBuilder, role: RequestRole)] = []
        var asked: Set<ServerTransactionID> = []
        var finals: [ServerTransactionID: [Int]] = [:]
        var endings = 0
        var peerCSeq: UInt32 = 10
        var challenge: SIPMessage?

        init(role: InviteSession.Role, seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let withBody = Bool.random(using: &random)
            switch role {
            case .caller:
                var session = try InviteSessionCallerTests().makeSession()
                let actions = try session.start(offer: withBody ? [1] : nil, now: .zero)
                self.session = session
                self.random = random
                try self.perform(actions)
            case .callee:
                self.session = try InviteSessionCalleeTests().incoming(body: withBody ? "offer" : "")
                self.random = random
                self.asked = [.placeholder(1)]
            }
        }

        mutating func chance(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self.random) }

        mutating func perform(_ actions: [InviteSession.Action]) throws {
            for action in actions {
                switch action {
                case .send(let request, let role, _):
                    _ = try request.sent()
                    if case .ack = role { continue }
                    self.outstanding.append((request, role))
                case .respond(let transaction, let response):
                    let status = try response.sent().statusCode
                    if status >= 200 { self.finals[transaction, default: []].append(status) }
                case .event(.challenged(let message, _)): self.challenge = message
                case .ended: self.endings += 1
                case .event, .resendACK, .cancelInvite: continue
                }
            }
        }

        mutating func step() throws {
            switch self.chance(10) {
            case 0, 1, 2: try self.respond()
            case 3, 4: try self.ask()
            case 5:
                let ack = try Peer.request(
                    "ACK",
                    cSeq: self.peerCSeq - UInt32(self.chance(3)),
                    body: self.chance(2) == 0 ? "x" : ""
                )
                try self.perform(self.session.handleACK(ack, now: self.now))
            case 6, 7, 8: try self.wish()
            default:
                self.now =
                    self.chance(3) == 0
                    ? max(self.now, self.session.deadline ?? self.now) : self.now + .milliseconds(100)
                try self.perform(self.session.handleTimeout(now: self.now))
            }
        }

        mutating func respond() throws {
            guard !self.outstanding.isEmpty else { return }
            let index = self.chance(self.outstanding.count)
            let (request, role) = self.outstanding[index]
            if self.chance(12) == 0 {
                self.outstanding.remove(at: index)
                try self.perform(self.session.handleFailure(.timeout, role: role, now: self.now))
                return
            }
            let statuses = [100, 180, 180, 183, 200, 200, 200, 401, 407, 408, 422, 481, 486, 488, 491, 500]
            let status = statuses[self.chance(statuses.count)]
            let tag = self.chance(6) == 0 ? "fork" : "peer"
            let body = self.chance(3) == 0 ? "" : "body"
            let response = try Peer.response(status, to: request, tag: tag, body: body)
            // A 2xx to INVITE may come again; every other final response ends its transaction.
            if status >= 300 || (status >= 200 && request.method != .invite) { self.outstanding.remove(at: index) }
            try self.perform(self.session.handleResponse(response, role: role, now: self.now))
        }

        mutating func ask() throws {
            let methods = ["INVITE", "INVITE", "UPDATE", "INFO", "OPTIONS", "NOTIFY", "REFER", "DANCE", "BYE"]
            let method = methods[self.chance(methods.count)]
            self.peerCSeq += UInt32(self.chance(3))
            let cSeq = self.chance(10) == 0 ? 1 : self.peerCSeq
            let request = try Peer.request(
                method,
                cSeq: cSeq,
                from: self.chance(10) == 0 ? "fork" : "peer",
                body: self.chance(2) == 0 ? "" : "x"
            )
            let transaction = ServerTransactionID.placeholder(UInt32(self.asked.count + 100))
            self.asked.insert(transaction)
            try self.perform(self.session.handleRequest(transaction, request, now: self.now))
        }

        mutating func wish() throws {
            let open = self.session.peerReINVITE?.transaction ?? .placeholder(0)
            switch self.chance(14) {
            case 0: try self.perform(self.session.ring(now: self.now))
            case 1, 2: try self.perform(self.session.accept(body: [1], now: self.now))
            case 3 where self.chance(8) == 0: try self.perform(try self.session.reject(486, now: self.now))
            case 4 where self.chance(4) == 0: try self.perform(self.session.hangUp(now: self.now))
            case 5: try self.perform(self.session.reINVITE(body: self.chance(2) == 0 ? nil : [1], now: self.now))
            case 6, 7: try self.perform(self.session.answerReINVITE(open, body: [1], now: self.now))
            case 8: try self.perform(self.session.rejectReINVITE(open, now: self.now))
            case 9: try self.perform(self.session.acknowledge(answer: [1], now: self.now))
            case 10, 11:
                for role in [RequestRole.invite, .reinvite, .bye] {
                    try self.perform(try self.session.restart(role, headers: [(.authorization, "x")], now: self.now))
                }
            case 12: try self.perform(try self.session.request(.info))
            default:
                let target = self.chance(6) == 0 ? ServerTransactionID.placeholder(1) : open
                try self.perform(self.session.handleCancel(target, now: self.now))
            }
        }

        /// Hangs up and lets every transaction and timer come to its end.
        mutating func finish() throws {
            try self.perform(self.session.hangUp(now: self.now))
            for _ in 0..<200 where !self.session.isEnded {
                if let challenge {
                    for role in [RequestRole.invite, .reinvite, .bye] {
                        try self.perform(self.session.abandon(challenge, role: role, now: self.now))
                    }
                }
                if let deadline = self.session.deadline {
                    self.now = max(self.now, deadline)
                    try self.perform(self.session.handleTimeout(now: self.now))
                }
            }
        }
    }
}
