import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// Two telephones that know each other's address, as an extension and its PBX do.
struct TwoPhones {
    static let aliceAddress = IPAddress.v4(0xC000_020A)
    static let bobAddress = IPAddress.v4(0xC000_0214)

    let simulation: Simulation
    let alice: SimulatedAgent
    let bob: SimulatedAgent
    let account: IdentityID

    init(
        seed: UInt64 = 1,
        conditions: SimulatedNetwork.Conditions = .init(),
        bobCodecs: [AudioCodec] = [.pcmu, .pcma],
        maximumCalls: Int = 100,
        carriesMedia: Bool = false
    ) throws {
        self.simulation = Simulation(seed: seed, conditions: conditions)
        self.alice = SimulatedAgent(
            self.simulation,
            at: TwoPhones.aliceAddress,
            seed: seed &* 3 &+ 1,
            carriesMedia: carriesMedia
        )
        self.bob = SimulatedAgent(
            self.simulation,
            at: TwoPhones.bobAddress,
            seed: seed &* 5 &+ 2,
            codecs: bobCodecs,
            peers: [TwoPhones.aliceAddress],
            maximumCalls: maximumCalls,
            carriesMedia: carriesMedia
        )
        let identity = Identity(addressOfRecord: try #require(SIPURI("sip:alice@pbx.example")), displayName: "Alice")
        self.account = self.alice.add(identity, at: self.bob.signaling)
    }

    /// Alice calls Bob.
    func call() throws -> CallID {
        let target = try #require(SIPURI("sip:bob@192.0.2.20"))
        return try #require(self.alice.call(target, from: self.account))
    }

    /// Alice calls Bob, who answers at once; the ACK has arrived and both are told.
    func answeredCall() throws -> (alice: CallID, bob: CallID) {
        self.bob.answering = .answer()
        let call = try self.call()
        self.simulation.run(for: .seconds(1))
        let other = try #require(self.bob.incoming.last?.call)
        try #require(self.alice.answered[call] != nil)
        try #require(self.bob.answered[other] != nil)
        return (call, other)
    }

    /// Checks that nothing is left over, after the time in which retransmissions are absorbed.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
        self.simulation.run(for: .seconds(400))
        #expect(self.alice.gauges == AgentGauges(), sourceLocation: sourceLocation)
        #expect(self.bob.gauges == AgentGauges(), sourceLocation: sourceLocation)
        #expect(self.alice.deadline == nil, sourceLocation: sourceLocation)
        #expect(self.bob.deadline == nil, sourceLocation: sourceLocation)
        for count in Array(self.alice.endings.values) + Array(self.bob.endings.values) {
            #expect(count == 1, "a call ended twice", sourceLocation: sourceLocation)
        }
    }
}

extension Simulation {
    /// The SIP messages that left `address`, in order.
    func messages(from address: IPAddress) throws -> [SIPMessage] {
        try self.sent.filter { $0.from.host == address }.map { try SIPMessage($0.bytes) }
    }

    /// What was sent, as a ladder reads it: "INVITE", "200 INVITE", …
    var ladder: [String] {
        self.sent.compactMap { try? SIPMessage($0.bytes) }.map(\.summary)
    }
}

extension SIPMessage {
    /// "INVITE", or "200 INVITE" for an answer.
    var summary: String {
        self.isRequest ? self.method.rawValue : "\(self.statusCode) \(self.cSeq.method.rawValue)"
    }
}
