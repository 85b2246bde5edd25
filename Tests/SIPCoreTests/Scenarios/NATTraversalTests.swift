import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// An endpoint with a public or private address: sends OPTIONS, answers 200, keeps bindings.
private final class Probe: SimulatedHost {
    let address: IPAddress
    private(set) var statuses: [Int] = []
    private(set) var failures: [TransactionFailure] = []
    private(set) var sources: [TransportAddress] = []
    private var endpoint: SIPEndpoint
    private var registrar = Registrar(configuration: .init(minimumExpires: .seconds(10)))
    private let simulation: Simulation

    init(_ simulation: Simulation, at address: IPAddress, seed: UInt64) {
        self.address = address
        self.simulation = simulation
        var configuration = SIPEndpoint.Configuration()
        configuration.allowedMethods.append(.register)
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: seed))
        simulation.add(self)
    }

    var signaling: TransportAddress { TransportAddress(host: self.address, port: 5_060) }
    var binding: LocalBinding { LocalBinding(transport: .udp, address: self.signaling) }
    var deadline: Instant? { self.endpoint.deadline }

    func bindings(of user: String) -> [TransportAddress?] {
        self.registrar.bindings(of: SIPURI(user: user, host: "pbx.example"), now: self.simulation.now).map(\.source)
    }

    /// Asks for options, and lets forty seconds pass.
    func ask(_ peer: TransportAddress) throws {
        var request = SIPMessageBuilder(request: .options, uri: SIPURI(host: peer.host.hostText))
        try request.add(.from, "<sip:probe@pbx.example>;tag=a")
        try request.add(.to, "<sip:peer@pbx.example>")
        try request.add(.callID, "probe-\(self.address)-\(self.simulation.now.nanoseconds)")
        try request.add(.cSeq, "1 OPTIONS")
        let destination = Destination(address: peer, binding: self.binding)
        _ = try self.endpoint.send(request, to: destination, now: self.simulation.now)
        self.simulation.run(for: .seconds(40))
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {
        self.endpoint.receive(bytes, from: source, on: self.binding, now: now)
        self.drain(now)
    }

    func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        self.drain(now)
    }

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        self.endpoint.pollTransmit().map { ($0.bytes, self.signaling, $0.to) }
    }

    private func drain(_ now: Instant) {
        while let event = self.endpoint.pollEvent() {
            switch event {
            case .request(let id, let request, from: let source, on: _):
                self.sources.append(source)
                if request.method == .register {
                    let (response, _) = self.registrar.handle(request, from: source, toTag: "registrar", now: now)
                    self.endpoint.respond(id, response, now: now)
                } else if let response = self.endpoint.makeResponse(200, to: id) {
                    self.endpoint.respond(id, response, now: now)
                }
            case .response(_, let response): self.statuses.append(response.statusCode)
            case .failed(_, let failure): self.failures.append(failure)
            case .acknowledged, .cancelled, .serverTransactionEnded, .undeliverable, .malformed, .refused: break
            }
        }
    }
}

/// Requests and answers find their way through translators by `rport` and `received` (RFC 3581), and by contacts that
/// a registrar learned from the source of a REGISTER; where no way leads, that is told.
@Suite("Through NATs")
struct NATTraversalTests {
    private let simulation = Simulation(seed: 1, conditions: .init(latency: .milliseconds(20)))
    private let privateAddress = IPAddress.v4(0x0A00_000A)
    private let outside = IPAddress.v4(0xCB00_7101)

    private func addNAT(_ kind: SimulatedNAT.Kind, hairpins: Bool = false) {
        let translator = SimulatedNAT(at: self.outside, kind: kind, timeout: .seconds(120), hairpins: hairpins)
        self.simulation.move(self.privateAddress, behind: self.simulation.addNAT(translator))
    }

    @Test(arguments: SimulatedNAT.Kind.allCases)
    func answersComeBackAndRequestsOnlyWhereTheyMay(_ kind: SimulatedNAT.Kind) throws {
        self.addNAT(kind)
        let client = Probe(self.simulation, at: self.privateAddress, seed: 2)
        let server = Probe(self.simulation, at: .v4(0xC000_0201), seed: 3)
        let stranger = Probe(self.simulation, at: .v4(0xC000_0209), seed: 4)
        try client.ask(server.signaling)
        #expect(client.statuses == [200] && client.failures.isEmpty)
        let learned = try #require(server.sources.first)
        #expect(learned.host == self.outside)
        // The server that was asked may ask back by the same way.
        try server.ask(learned)
        #expect(server.statuses == [200])
        // Another one only through a full cone; through the others nothing comes, and that is told.
        try stranger.ask(learned)
        #expect(stranger.statuses == (kind == .fullCone ? [200] : []))
        #expect(stranger.failures == (kind == .fullCone ? [] : [.timeout]))
        // Without a keep-alive the mapping runs out, and then nobody comes through.
        self.simulation.run(for: .seconds(200))
        try server.ask(learned)
        #expect(server.statuses == [200] && server.failures == [.timeout])
    }

    @Test(arguments: SimulatedNAT.Kind.allCases)
    func aRefreshTeachesTheRegistrarTheNewPort(_ kind: SimulatedNAT.Kind) throws {
        self.addNAT(kind)
        let registrar = Probe(self.simulation, at: .v4(0xC000_0201), seed: 3)
        let phone = SimulatedAgent(self.simulation, at: self.privateAddress, seed: 5)
        let identity = Identity(
            addressOfRecord: SIPURI(user: "100", host: "pbx.example"),
            registration: .enabled(expires: .seconds(60))
        )
        _ = phone.add(identity, at: registrar.signaling)
        self.simulation.run(for: .seconds(1))
        let before = try #require(registrar.bindings(of: "100").first ?? nil)
        try registrar.ask(before)
        #expect(registrar.statuses == [200])
        self.simulation.translators[0].rebind()
        // 41 s have passed, the refresh comes after 55; what is sent to the old port until then is lost.
        try registrar.ask(before)
        #expect(registrar.statuses == [200] && registrar.failures == [.timeout])
        let after = try #require(registrar.bindings(of: "100").first ?? nil)
        #expect(registrar.bindings(of: "100").count == 1)
        #expect(after.host == self.outside && after.port != before.port)
        try registrar.ask(after)
        #expect(registrar.statuses == [200, 200])
    }

    @Test(arguments: [true, false])
    func neighborsMeetAtThePublicAddressOnlyWithHairpin(_ hairpins: Bool) throws {
        self.addNAT(.fullCone, hairpins: hairpins)
        let neighborAddress = IPAddress.v4(0x0A00_000B)
        self.simulation.move(neighborAddress, behind: 0)
        let client = Probe(self.simulation, at: self.privateAddress, seed: 2)
        let neighbor = Probe(self.simulation, at: neighborAddress, seed: 3)
        let server = Probe(self.simulation, at: .v4(0xC000_0201), seed: 4)
        try neighbor.ask(server.signaling)
        let learned = try #require(server.sources.first)
        try client.ask(learned)
        #expect(client.statuses == (hairpins ? [200] : []))
        #expect(client.failures == (hairpins ? [] : [.timeout]))
        // Inside of the network they need no translator.
        try client.ask(neighbor.signaling)
        #expect(client.statuses.last == 200)
    }
}
