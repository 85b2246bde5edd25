internal import CoreTypes
import SIPCore

/// One scenario played once: with one seed, one loss, and maybe one fault.
///
/// The same seed gives the same story, message by message.
public final class ScenarioRun {
    /// What went wrong; empty when every invariant held.
    public private(set) var violations: [Violation] = []
    /// What happened, for the tables.
    public var tally: ScenarioTally { self.ledger.tally }
    /// The requests that were made.
    public var requests: Int { self.ledger.requests.count + (self.telephones?.requests ?? 0) }
    /// The messages that were sent, lost ones included.
    public var messages: Int { self.simulation.sent.count }
    /// The virtual time that it took.
    public var duration: Duration { self.simulation.now - .zero }
    /// What happened as a sequence diagram.
    public var ladder: Ladder {
        Ladder(self.simulation, hosts: zip(self.scenario.hosts, self.addresses).map { ($0.name, $1) })
    }

    private let scenario: Scenario
    private let loss: Int
    private let simulation: Simulation
    private let ledger: ScenarioLedger
    private let director = ScenarioDirector()
    private var addresses: [IPAddress] = []
    private var hosts: [any SimulatedHost] = []
    private var telephones: ScenarioTelephones?
    private var calmFrom = Instant.zero
    private var random: Xoshiro

    /// Sets the scene; `loss` is in percent.
    public init(_ scenario: Scenario, seed: UInt64, loss: Int, fault: Fault? = nil) {
        self.scenario = scenario
        self.loss = loss
        self.random = Xoshiro(seed: seed &* 1_000 &+ UInt64(clamping: loss))
        let conditions = Self.conditions(loss: Double(loss) / 100, isBursty: self.random.next() & 1 == 0)
        self.simulation = Simulation(seed: self.random.next(), conditions: conditions)
        self.ledger = ScenarioLedger(self.simulation)
        for (index, host) in scenario.hosts.enumerated() { self.addresses.append(self.place(host, index)) }
        for index in scenario.hosts.indices { self.make(index, fault: fault) }
        if let calls = scenario.calls {
            self.telephones = ScenarioTelephones(
                calls,
                addresses: self.addresses,
                simulation: self.simulation,
                director: self.director,
                ledger: self.ledger,
                random: &self.random
            )
        }
        for traffic in scenario.traffic {
            let to = TransportAddress(host: self.addresses[traffic.to], port: 5_060)
            (self.hosts[traffic.from] as? ScenarioUser)?.plan(traffic, to: to)
        }
        for disturbance in scenario.disturbances { self.plan(disturbance) }
        self.simulation.add(self.director)
    }

    /// Plays it to its end, and judges it.
    public func play() {
        let isOver = self.simulation.runUntilQuiet(limit: self.scenario.limit)
        let now = self.simulation.now
        let verdicts = self.ledger.verdicts
        verdicts.require(isOver, .comesToAnEnd, now, "something is still to happen")
        verdicts.require(self.simulation.network.inFlight == 0, .gaugesAreZero, now, "messages are on their way")
        let isLossless = self.loss == 0
        var isPlanned = isLossless
        switch self.scenario.expectation {
        case .answersAsPlanned: break
        case .bound, .callsAnswered: isPlanned = false
        }
        self.ledger.close(isLossless: isPlanned, calmFrom: self.calmFrom, now: now)
        for case let host as ScenarioHost in self.hosts {
            host.closeBooks(now: now)
            host.close(isLossless: isLossless, now: now)
        }
        self.telephones?.close(isLossless: isLossless, now: now)
        self.judgeWire()
        self.violations = verdicts.violations
    }

    private func judgeWire() {
        var forks: Set<IPAddress> = []
        var streams: Set<IPAddress> = []
        for (host, address) in zip(self.scenario.hosts, self.addresses) {
            if case .fork = host.role { forks.insert(address) }
            if host.transport.isReliable { streams.insert(address) }
        }
        var rules = WireRules(
            self.simulation,
            verdicts: self.ledger.verdicts,
            forks: forks,
            streams: streams,
            hasSessions: self.scenario.calls != nil,
            hasLimits: self.scenario.hosts.contains { $0.limits != nil }
        )
        rules.judge()
    }

    // MARK: Setting the scene

    private static func conditions(loss: Double, isBursty: Bool) -> SimulatedNetwork.Conditions {
        var conditions = SimulatedNetwork.Conditions(
            latency: .milliseconds(20),
            jitter: .milliseconds(30),
            loss: loss,
            duplication: loss / 4,
            reordering: loss / 2,
            reorderingDelay: .milliseconds(700)
        )
        // The same loss, but some three datagrams at a time.
        if loss > 0, isBursty {
            conditions.loss = 0
            conditions.bursts = .init(begin: loss / (3 * (1 - loss)), end: 1.0 / 3)
        }
        return conditions
    }

    private func place(_ host: Scenario.Host, _ index: Int) -> IPAddress {
        let number = UInt32(index)
        guard host.isBehindNAT else { return .v4(0xC000_0201 + number) }
        let kind = SimulatedNAT.Kind.allCases.randomElement(using: &self.random) ?? .symmetric
        let translator = SimulatedNAT(at: .v4(0xCB00_7101 + number), kind: kind, timeout: .seconds(400))
        let address = IPAddress.v4(0x0A00_000A + number << 8)
        self.simulation.move(address, behind: self.simulation.addNAT(translator))
        return address
    }

    private func make(_ index: Int, fault: Fault?) {
        let host = self.scenario.hosts[index]
        let address = self.addresses[index]
        let made: any SimulatedHost
        switch host.role {
        case .user(let answers):
            made = ScenarioUser(
                answers,
                at: address,
                host: host,
                ledger: self.ledger,
                random: &self.random,
                expectedRefusals: self.expectedRefusals(of: index),
                fault: fault
            )
        case .fork(to: let ways):
            let ways = ways.map { TransportAddress(host: self.addresses[$0], port: 5_060) }
            made = ScenarioFork(at: address, ways: ways)
        case .registrar(let configuration):
            made = ScenarioRegistrar(
                configuration,
                at: address,
                host: host,
                ledger: self.ledger,
                random: &self.random,
                fault: fault
            )
        case .registrant(at: let registrar, expires: let expires, until: let until):
            made = ScenarioRegistrant(
                registrar: TransportAddress(host: self.addresses[registrar], port: 5_060),
                expires: expires,
                until: until,
                at: address,
                host: host,
                ledger: self.ledger,
                random: &self.random,
                fault: fault
            )
        case .telephone: return
        }
        self.hosts.append(made)
        self.simulation.add(made)
    }

    /// Requests that come twice by a fork, or to a full table.
    private func expectedRefusals(of index: Int) -> Set<Int> {
        var result: Set<Int> = self.scenario.hosts[index].limits == nil ? [] : [503]
        for host in self.scenario.hosts {
            if case .fork(to: let ways) = host.role, ways.contains(index) { result.insert(482) }
        }
        return result
    }

    private func plan(_ disturbance: Scenario.Disturbance) {
        switch disturbance {
        case .partition(let one, let other, within: let within, longest: let longest):
            let start = Instant.zero + self.chosen(within)
            let end = start + self.chosen(longest)
            let (one, other) = (self.addresses[one], self.addresses[other])
            let ways = self.random.next() % 3
            if ways != 1 { self.simulation.network.cut(from: one, to: other, during: start..<end) }
            if ways != 2 { self.simulation.network.cut(from: other, to: one, during: start..<end) }
            self.director.at(start) { [unowned self] in self.simulation.note("cut in ways", ways == 0 ? 2 : 1) }
            self.director.at(end) { [unowned self] in self.simulation.note("healed") }
            self.calmFrom = max(self.calmFrom, end)
        case .rebinding(within: let within):
            let start = Instant.zero + self.chosen(within)
            self.director.at(start) { [unowned self] in
                self.simulation.note("rebinding")
                for index in self.simulation.translators.indices { self.simulation.translators[index].rebind() }
            }
            self.calmFrom = max(self.calmFrom, start)
        case .brokenConnection(let one, let other, within: let within):
            let start = Instant.zero + self.chosen(within)
            self.director.at(start) { [unowned self] in
                self.simulation.note("connection breaks")
                self.simulation.breakConnections(between: self.hosts[one], and: self.hosts[other])
            }
            self.calmFrom = max(self.calmFrom, start)
        }
    }

    private func chosen(_ duration: Duration) -> Duration {
        .milliseconds(Int64.random(in: 0...max(duration.milliseconds, 0), using: &self.random))
    }
}
