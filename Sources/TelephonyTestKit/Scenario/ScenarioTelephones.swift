import CallCore
import CoreTypes
import SIPCore

/// Does things at chosen instants: what no host of a simulation does by itself.
final class ScenarioDirector: SimulatedHost {
    let address = IPAddress.v4(0)
    private var actions: [(at: Instant, serial: Int, body: () -> Void)] = []

    /// Plans something.
    func at(_ instant: Instant, _ body: @escaping () -> Void) {
        self.actions.append((instant, self.actions.count, body))
        self.actions.sort { ($0.at, $0.serial) > ($1.at, $1.serial) }
    }

    var deadline: Instant? { self.actions.last?.at }

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {}

    func handleTimeout(now: Instant) {
        while let action = self.actions.last, action.at <= now {
            self.actions.removeLast()
            action.body()
        }
    }

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? { nil }
}

/// Two telephones that call each other: set up, talk, and hang up from either end, or from both at once.
final class ScenarioTelephones {
    private struct Expected {
        var caller: Int
        var call: CallID?
        var mustBeAnswered: Bool
    }

    private let phones: [SimulatedAgent]
    private let ledger: ScenarioLedger
    private var expected: [Expected] = []

    init(
        _ calls: Scenario.Calls,
        addresses: [IPAddress],
        simulation: Simulation,
        director: ScenarioDirector,
        ledger: ScenarioLedger,
        random: inout Xoshiro
    ) {
        let phones = addresses.prefix(2).map { address in
            SimulatedAgent(simulation, at: address, seed: random.next() >> 1, peers: addresses)
        }
        self.phones = phones
        self.ledger = ledger
        let uri = SIPURI(user: "phone", host: "pbx.example")
        let accounts = phones.indices.map { index in
            phones[index].add(Identity(addressOfRecord: uri), at: phones[1 - index].signaling)
        }
        for number in 0..<calls.count {
            let caller = Int(random.next() & 1)
            let start = Instant.zero + Self.instant(within: calls.within, &random)
            let isRefused = Double(random.next() >> 11) / Double(1 << 53) < calls.refused
            let answer = Self.instant(within: calls.answeredWithin, &random)
            let hangUp = Self.instant(within: calls.hungUpWithin, &random)
            let end = [[caller], [1 - caller], [0, 1]][Int(random.next() % 3)]
            // A hang-up by the callee comes to nothing while the INVITE is on its way.
            let isLater = hangUp > answer + .seconds(1)
            self.expected.append(Expected(caller: caller, mustBeAnswered: !isRefused && isLater && calls.count == 1))
            director.at(start) { [unowned self] in
                phones[1 - caller].answering = isRefused ? .reject(status: 486) : .answer(after: answer)
                let target = SIPURI(user: "phone", host: addresses[1 - caller].hostText)
                self.expected[number].call = phones[caller].call(target, from: accounts[caller])
            }
            director.at(start + hangUp) { [unowned self] in
                for index in end {
                    simulation.note("hangs up", number, by: phones[index].address)
                    if index == caller, let call = self.expected[number].call { phones[index].hangUp(call) }
                    if index != caller, let call = phones[index].incoming.last?.call { phones[index].hangUp(call) }
                }
            }
        }
        // Whoever did not hang up, or never heard that the other did, does so in the end.
        director.at(.zero + calls.within + calls.hungUpWithin + .seconds(60)) { [unowned self] in
            for phone in phones {
                for (call, _) in phone.incoming where phone.ended[call] == nil { phone.hangUp(call) }
                for case let call? in self.expected.map(\.call) where phone.ended[call] == nil { phone.hangUp(call) }
            }
        }
    }

    private static func instant(within duration: Duration, _ random: inout Xoshiro) -> Duration {
        .milliseconds(Int64.random(in: 0...max(duration.milliseconds, 0), using: &random))
    }

    /// The requests that were sent, retransmissions left out.
    var requests: Int { self.expected.count }

    func close(isLossless: Bool, now: Instant) {
        let verdicts = self.ledger.verdicts
        for phone in self.phones {
            verdicts.require(
                phone.gauges == AgentGauges() && phone.deadline == nil,
                .gaugesAreZero,
                now,
                "\(phone.address) holds \(phone.gauges)"
            )
            for (call, _) in phone.incoming {
                verdicts.require(
                    phone.endings[call] == 1,
                    .endsOnceAtServer,
                    now,
                    "\(call) of \(phone.address) ended \(phone.endings[call] ?? 0) times"
                )
            }
            if Set(phone.incoming.map(\.call)).count != phone.incoming.count {
                verdicts.require(false, .servedOnce, now, "a call came in twice")
            }
        }
        for expected in self.expected {
            let caller = self.phones[expected.caller]
            let callee = self.phones[1 - expected.caller]
            guard let call = expected.call else { continue }
            verdicts.require(
                caller.endings[call] == 1,
                .endsOnceAtClient,
                now,
                "\(call) of \(caller.address) ended \(caller.endings[call] ?? 0) times"
            )
            let other = callee.incoming.last?.call
            let isAnswered = caller.answered[call] != nil && other.map { callee.answered[$0] != nil } ?? false
            if isAnswered { self.ledger.tally.calls += 1 }
            if isLossless, expected.mustBeAnswered {
                verdicts.require(isAnswered, .asPlanned, now, "the call was not answered at both sides")
            }
        }
    }
}
