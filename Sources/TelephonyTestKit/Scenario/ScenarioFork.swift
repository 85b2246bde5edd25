import CoreTypes
import SIPCore

/// A proxy that sends every request several ways, without a transaction of its own (RFC 3261 section 16.11).
///
/// Responses of the first way all pass; of the others only what a forking proxy would let pass: provisional ones and 2xx.
/// The other refusals get their ACK here.
final class ScenarioFork: SimulatedHost {
    let address: IPAddress
    private let ways: [TransportAddress]
    private var outbox: [(bytes: [UInt8], to: TransportAddress)] = []
    private var head = 0
    /// Who calls; there is one caller.
    private var back: TransportAddress?

    init(at address: IPAddress, ways: [TransportAddress]) {
        self.address = address
        self.ways = ways
    }

    let deadline: Instant? = nil

    func handleTimeout(now: Instant) {}

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {
        let glance = MessageGlance(bytes)
        if glance.isRequest {
            self.back = source
            // An ACK to a refusal belongs to the first way, for only its refusals pass.
            let ways = glance.method == .ack ? 0..<1 : 0..<self.ways.count
            for way in ways { self.forward(bytes, glance, way) }
        } else {
            self.passBack(bytes, glance)
        }
    }

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        guard self.head < self.outbox.count else { return nil }
        defer { self.head += 1 }
        let (bytes, to) = self.outbox[self.head]
        return (bytes, TransportAddress(host: self.address, port: 5_060), to)
    }

    /// Its Via goes in front of the others; everything else stays as it came.
    private func forward(_ bytes: [UInt8], _ glance: MessageGlance, _ way: Int) {
        guard let line = bytes.firstIndex(of: 0x0A) else { return }
        var copy = Array(bytes[...line])
        copy += "Via: SIP/2.0/UDP \(self.address):5060;branch=".utf8
        copy += bytes[glance.branchRange]
        copy += ".way\(way)\r\n".utf8
        copy += bytes[(line + 1)...]
        self.outbox.append((copy, self.ways[way]))
    }

    private func passBack(_ bytes: [UInt8], _ glance: MessageGlance) {
        guard let last = glance.branchRange.last, let back = self.back else { return }
        guard bytes[last] == 0x30 || glance.status < 300 else {
            if glance.method == .invite, let response = try? SIPMessage(bytes) {
                self.acknowledge(response, response.topVia)
            }
            return
        }
        // Responses start with the Vias, and ours is the first.
        guard let line = bytes.firstIndex(of: 0x0A), let next = bytes[(line + 1)...].firstIndex(of: 0x0A) else {
            return
        }
        self.outbox.append((Array(bytes[...line] + bytes[(next + 1)...]), back))
    }

    private func acknowledge(_ response: SIPMessage, _ via: Via) {
        guard let number = via.branch?.last?.wholeNumberValue, self.ways.indices.contains(number) else { return }
        var ack = SIPMessageBuilder(request: .ack, uri: SIPURI(host: self.ways[number].host.hostText))
        guard (try? ack.add(.from, response.from.description)) != nil,
            (try? ack.add(.to, response.to.description)) != nil, (try? ack.add(.callID, response.callID)) != nil,
            (try? ack.add(.cSeq, "\(response.cSeq.number) ACK")) != nil,
            let message = try? ack.build(
                via: Via(transport: .udp, host: via.host, port: via.port, branch: via.branch ?? "")
            )
        else { return }
        self.outbox.append((message.bytes, self.ways[number]))
    }
}
