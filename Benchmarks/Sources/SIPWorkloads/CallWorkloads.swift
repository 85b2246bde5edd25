public import BenchmarkKit
import CallCore
import CoreTypes
import RTPCore
import SIPCore

/// Whole calls through `AgentEngine`'s public API: what an agent that answers does for a call, without sockets.
public enum CallWorkloads {
    /// A call that comes in, with as many transactions of older ones still there.
    public static func make() throws -> [Workload] {
        let driver = try CallDriver(live: 1_000)
        driver.run(1_100)
        return [
            Workload(
                "answered INVITE",
                scope: "INVITE with an offer in, 180 and 200 with the answer out, ACK in, BYE in, 200 out",
                isOurs: true,
                check: {
                    let step = driver.countStep()
                    guard step.sent == 3, step.ended == 1 else { throw WrongResult("a call: \(step)") }
                },
                run: { driver.run($0) }
            )
        ]
    }
}

/// An agent whose caller and clock are played: each step is a call from INVITE to BYE.
private final class CallDriver {
    private var engine: AgentEngine
    private let tick: Duration
    private let peer: TransportAddress
    private let binding: LocalBinding
    private var now = Instant.zero
    private var number = 0
    private var invite = PeerMessages.directInvite
    private var ack = NumberedMessage(CallDriver.requestText("ACK", cSeq: 1))
    private var bye = NumberedMessage(CallDriver.requestText("BYE", cSeq: 2))
    private var request: [UInt8] = []
    private var toTag: [UInt8] = []
    private var sent = 0
    private var ended = 0

    init(live: Int) throws {
        guard let peer = TransportAddress("198.51.100.20:5060"), let own = TransportAddress("192.0.2.44:5060") else {
            throw WrongResult("an address cannot be read")
        }
        self.peer = peer
        self.binding = LocalBinding(transport: .udp, address: own)
        // Timer L and timer J: a call that is over leaves two transactions for that long.
        self.tick = .nanoseconds(Duration.seconds(32).nanoseconds / Int64(live))
        self.engine = AgentEngine(
            configuration: AgentEngine.Configuration(
                productName: "Svetlana/1.0",
                codecs: [.opus, .g722, .pcmu, .pcma],
                peers: [peer.host]
            ),
            random: SeededRandom(seed: 7)
        )
    }

    func run(_ steps: Int) {
        for _ in 0..<steps { self.step() }
    }

    /// How many messages left in a step, and how many calls ended.
    func countStep() -> (sent: Int, ended: Int) {
        (self.sent, self.ended) = (0, 0)
        self.step()
        return (self.sent, self.ended)
    }

    private func step() {
        self.now += self.tick
        self.number += 1
        if let deadline = self.engine.deadline, deadline <= self.now {
            self.engine.handleTimeout(now: self.now)
            self.drain()
        }
        self.invite.number(self.number)
        self.receive(self.invite.bytes)
        self.ack.number(self.number)
        self.receive(self.withTag(self.ack.bytes))
        self.bye.number(self.number)
        self.receive(self.withTag(self.bye.bytes))
    }

    private func receive(_ bytes: [UInt8]) {
        self.engine.receive(bytes, from: self.peer, on: self.binding, now: self.now)
        self.drain()
    }

    private func drain() {
        while let event = self.engine.pollEvent() {
            switch event {
            case .incoming(let id, _):
                self.engine.ring(id, now: self.now)
                let media = LocalMedia(address: self.binding.address.host, port: 40_000)
                self.engine.answer(id, media: media, now: self.now)
            case .ended: self.ended += 1
            default: break
            }
        }
        while let transmit = self.engine.pollTransmit() {
            self.sent += 1
            self.readTag(transmit.bytes)
        }
    }

    /// Keeps the tag in the To of a response.
    private func readTag(_ response: [UInt8]) {
        let mark: StaticString = "\r\nTo: "
        let count = mark.utf8CodeUnitCount
        var index = 0
        while index + count < response.count {
            if response[index] == 0x0D, response[index + 2] == UInt8(ascii: "T"),
                mark.withUTF8Buffer({ response[index..<(index + count)].elementsEqual($0) })
            {
                let line = response[(index + 2)...].prefix { $0 != 0x0D }
                guard let semicolon = line.lastIndex(of: UInt8(ascii: ";")) else { return }
                self.toTag.removeAll(keepingCapacity: true)
                self.toTag.append(contentsOf: line[semicolon...])
                return
            }
            index += 1
        }
    }

    /// A request within the dialog: the tag goes where the text has a star.
    private func withTag(_ bytes: [UInt8]) -> [UInt8] {
        self.request.removeAll(keepingCapacity: true)
        guard let star = bytes.firstIndex(of: UInt8(ascii: "*")) else { return bytes }
        self.request.append(contentsOf: bytes[..<star])
        self.request.append(contentsOf: self.toTag)
        self.request.append(contentsOf: bytes[(star + 1)...])
        return self.request
    }

    private static func requestText(_ method: String, cSeq: Int) -> String {
        """
        \(method) sip:204@192.0.2.44:5060;transport=udp SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK-524287-\(cSeq)---07########;rport
        Max-Forwards: 70
        To: "Front Desk" <sip:204@pbx.example>*
        From: "Warehouse, Gate 2" <sip:101@pbx.example>;tag=77########
        Call-ID: PbX1GzT8sQnU########
        CSeq: \(cSeq) \(method)
        Content-Length: 0


        """
    }
}
