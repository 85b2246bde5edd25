import CoreTypes
import SIPCore

/// Sequences of inputs: to the four machines by themselves, or to two endpoints and the network between them.
enum TransactionTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        switch input.choice(8) {
        case 0: self.drive(.inviteClient, &input)
        case 1: self.drive(.nonInviteClient, &input)
        case 2: self.drive(.inviteServer, &input)
        case 3: self.drive(.nonInviteServer, &input)
        default: self.talk(&input)
        }
    }

    // MARK: One machine

    private static func drive(_ kind: TransactionKind, _ input: inout FuzzInput) {
        var now = Instant.zero
        var settings = TimerSettings()
        let manners = input.byte()
        if manners & 2 != 0 { settings.retransmits = false }
        if manners & 4 != 0 { settings.t1 = .milliseconds(1) }
        if manners & 8 != 0 { settings.t2 = .zero }
        let noAnswerAt = manners & 16 != 0 ? now + input.step() : nil
        var machine = DrivenTransaction(kind, isReliable: manners & 1 != 0, settings: settings, noAnswerAt: noAnswerAt)
        var ends = 0
        var commands = 0
        while !input.isEmpty, commands < 256 {
            commands += 1
            let command = input.byte()
            let isOver = ends > 0
            let actions: TransactionAction
            if command & 0x80 != 0 {
                now += input.step()
                actions = self.fire(&machine, now: now, &ends)
            } else {
                actions = machine.apply(Int(command), &input, now: now)
                if actions.contains(.end) { ends += 1 }
            }
            check(!isOver || actions.isEmpty, "\(kind) did \(actions) after its end")
            self.checkStanding(machine, ends: ends)
        }
        // Whatever came, it ends by itself, but for an owner who was asked for an answer: that one is given here.
        for _ in 0..<8 where ends == 0 {
            now += .seconds(400)
            if self.fire(&machine, now: now, &ends).contains(.respondForTransactionUser) {
                let actions = machine.respondForTransactionUser(now: now)
                if actions.contains(.end) { ends += 1 }
            }
        }
        check(ends == 1, "\(kind) ended \(ends) times")
        self.checkStanding(machine, ends: ends)
    }

    private static func fire(
        _ machine: inout DrivenTransaction,
        now: Instant,
        _ ends: inout Int
    ) -> TransactionAction {
        var all: TransactionAction = []
        // Virtual time: each timer fires when it is due, so that repetitions do not all fire now.
        var rounds = 0
        while let deadline = machine.deadline, deadline <= now {
            rounds += 1
            check(rounds < 500_000, "\(machine.kind) does not come to rest")
            let actions = machine.handleTimeout(now: deadline)
            check(machine.deadline != deadline || !actions.isEmpty, "\(machine.kind): the deadline was met in vain")
            if actions.contains(.end) { ends += 1 }
            all.formUnion(actions)
        }
        return all
    }

    private static func checkStanding(_ machine: DrivenTransaction, ends: Int) {
        check(ends <= 1, "\(machine.kind) ended twice")
        check(machine.isTerminated == (ends == 1), "\(machine.kind) is terminated without saying so")
        check((machine.deadline == nil) == machine.isTerminated, "\(machine.kind) waits without a limit")
    }

    // MARK: Two endpoints

    private static let addresses = [
        TransportAddress(host: .v4(0xC000_0201), port: 5060), TransportAddress(host: .v4(0xC000_0202), port: 5060),
    ]

    private static func talk(_ input: inout FuzzInput) {
        let manners = input.byte()
        let transport: TransportProtocol = manners & 1 == 0 ? .udp : .tcp
        var configuration = SIPEndpoint.Configuration()
        configuration.maximumServerTransactions = manners & 2 == 0 ? 16 : 3
        configuration.maximumClientTransactions = manners & 4 == 0 ? 16 : 3
        var caller = WatchedEndpoint(configuration, seed: 11)
        var callee = WatchedEndpoint(configuration, seed: 13)
        let bindings = self.addresses.map { LocalBinding(transport: transport, address: $0) }
        let destination = Destination(address: self.addresses[1], binding: bindings[0])
        let methods: [SIPMethod] = [.invite, .options, .bye, .message, .invite, .info]
        let statuses = [100, 180, 183, 200, 202, 302, 404, 486, 487, 500, 603]
        var requests: [ClientTransactionID] = []
        var received: [ServerTransactionID] = []
        var flying: [(toCallee: Bool, bytes: [UInt8])] = []
        var number: UInt32 = 0
        var commands = 0
        while !input.isEmpty, commands < 128 {
            commands += 1
            switch input.choice(10) {
            case 0:
                number += 1
                let builder = EndpointTarget.request(methods[input.choice(methods.count)], number: number)
                let limit = manners & 8 == 0 ? nil : input.step()
                if let id = caller.send(builder, to: destination, noAnswerLimit: limit) { requests.append(id) }
            case 1: if !requests.isEmpty { caller.cancel(requests[input.choice(requests.count)]) }
            case 2:
                let status = statuses[input.choice(statuses.count)]
                if !received.isEmpty { callee.respond(received[input.choice(received.count)], status) }
            case 3, 4:
                // One message arrives; a flag says whether it is also still under way.
                guard !flying.isEmpty else { break }
                let index = input.choice(flying.count)
                let message = flying[index]
                if !input.flag() { flying.remove(at: index) }
                if message.toCallee {
                    callee.receive(message.bytes, from: self.addresses[0], on: bindings[1])
                } else {
                    caller.receive(message.bytes, from: self.addresses[1], on: bindings[0])
                }
            case 5: if !flying.isEmpty { flying.remove(at: input.choice(flying.count)) }
            case 6:
                let step = input.step()
                caller.advance(step)
                callee.advance(step)
            case 7: caller.fail(to: self.addresses[1])
            case 8: callee.fail(to: self.addresses[0])
            default: flying.removeAll()
            }
            for case .request(let id, _, from: _, on: _) in callee.takeEvents() { received.append(id) }
            self.acknowledge(caller.takeEvents(), at: &caller, destination)
            let sent =
                caller.takeTransmits().map { (true, $0.bytes) } + callee.takeTransmits().map { (false, $0.bytes) }
            flying += sent.prefix(max(64 - flying.count, 0)).map { (toCallee: $0.0, bytes: $0.1) }
        }
        caller.finish()
        callee.finish()
    }

    /// The owner's ACK to each 2xx to an INVITE.
    private static func acknowledge(
        _ events: [SIPEndpointEvent],
        at caller: inout WatchedEndpoint,
        _ destination: Destination
    ) {
        for case .response(_, let response) in events
        where response.method == .invite && (200..<300).contains(response.statusCode) {
            var ack = SIPMessageBuilder(request: .ack, uri: SIPURI(host: "pbx.example"))
            do {
                try ack.add(.from, response.from)
                try ack.add(.to, response.to)
                try ack.add(.callID, response.callID)
                try ack.add(.cSeq, CSeq(number: response.cSeq.number, method: .ack))
            } catch { fatalError("an ACK cannot be made: \(error)") }
            caller.sendWithoutTransaction(ack, to: destination)
        }
    }
}
