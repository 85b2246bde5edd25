import CoreTypes
import RTPCore

/// Keys: payloads of any bytes, packets in any order to the receiver, and keys said by one session to another through a
/// network that loses, repeats and swaps packets.
enum TelephoneEventTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        switch input.choice(3) {
        case 0: self.payload(input.rest())
        case 1: self.receiver(&input)
        default: self.call(&input)
        }
    }

    private static func payload(_ bytes: [UInt8]) {
        guard let event = TelephoneEvent(bytes.span) else {
            check(bytes.count < 4, "four bytes are no event")
            return
        }
        var written: [UInt8] = []
        event.append(to: &written)
        check(written.count == 4 && TelephoneEvent(written.span) == event, "\(event) is read as another")
        if let digit = event.digit { check(TelephoneEvent.code(of: digit) == event.code, "\(digit) has another code") }
    }

    private static func receiver(_ input: inout FuzzInput) {
        var receiver = TelephoneEventReceiver()
        var now = Instant.zero
        var told: [[UInt32]] = []
        while !input.isEmpty {
            let command = input.byte()
            now += .milliseconds(Int(command >> 3))
            let timestamp = UInt32(input.byte() & 0x1F) &* 800
            let code = input.byte() & 0x0F
            let event = TelephoneEvent(code: code, isEnd: command & 1 != 0, duration: input.number16())
            let source = UInt32(command >> 1 & 1)
            let begun = receiver.receive(event, source: source, timestamp: Wrapping(timestamp), now: now)
            if command & 4 != 0 { receiver.audioResumed() }
            _ = receiver.held(now: now)
            guard begun != nil else { continue }
            // It remembers the last eight, so that an event that was told is not told again before as many others came.
            let key = [source, timestamp, UInt32(code)]
            check(!told.suffix(1).contains(key), "an event was told twice in a row")
            told.append(key)
        }
    }

    /// Of each key at least one packet arrives, in order: it is heard once.
    private static func call(_ input: inout FuzzInput) {
        var random = SeededRandom(seed: 5)
        let addresses = [UInt32(0xC000_0201), 0xC000_0202].map { TransportAddress(host: .v4($0), port: 4000) }
        var speaker = MediaSession(self.parameters(remote: addresses[1]), random: &random)
        var hearer = MediaSession(self.parameters(remote: addresses[0]), random: &random)
        var listener = Listener()
        let keys = Array("0123456789*#ABCD")
        var pressed: [Character] = []
        for _ in 0..<(1 + input.choice(8)) {
            let key = keys[input.choice(keys.count)]
            if speaker.sendDTMF(key) { pressed.append(key) }
        }
        var now = Instant.zero
        var datagram: [UInt8] = []
        var lostInARow = 0
        let silence = [Int16](repeating: 0, count: 160)
        for tick in 0..<200 {
            now += .milliseconds(20)
            speaker.send(silence.span, now: now)
            guard speaker.pollTransmit(now: now, into: &datagram)?.component == .rtp,
                MediaDatagramKind(datagram.span) == .rtp
            else { continue }
            let fate = input.byte()
            // The first packets let the latch learn; an event has at least seven packets, so that six may be lost.
            if tick > 4, fate & 3 == 3, lostInARow < 6 {
                lostInARow += 1
                continue
            }
            lostInARow = 0
            hearer.receive(datagram, from: addresses[0], now: now + .milliseconds(Int(fate >> 4)))
            if fate & 4 != 0, !isBrokenOnPurpose || pressed.count < 5 {
                hearer.receive(datagram, from: addresses[0], now: now + .milliseconds(16))
            } else if fate & 4 != 0 {
                hearer.receive(self.renumbered(datagram), from: addresses[0], now: now + .milliseconds(16))
            }
            listener.listen(to: &hearer, now: now + .milliseconds(16))
            if speaker.hasSentDigits, tick > 8 { break }
        }
        check(speaker.hasSentDigits, "four seconds were not enough for \(pressed.count) keys")
        check(listener.digits == pressed, "\(String(pressed)) was pressed, \(String(listener.digits)) heard")
    }

    /// A key's packet that looks like another key press.
    private static func renumbered(_ datagram: [UInt8]) -> [UInt8] {
        var other = datagram
        other[3] &+= 100
        other[7] &+= 100
        return other
    }

    private static func parameters(remote: TransportAddress) -> MediaParameters {
        MediaParameters(
            codec: .pcmu,
            sendPayloadType: 0,
            receivePayloadTypes: [0],
            telephoneEventSend: 101,
            telephoneEventReceive: 101,
            remote: remote
        )
    }
}
