import CoreTypes
import Foundation
import RTPCore
import Testing

struct TelephoneEventTests {
    struct Rig {
        var receiver = TelephoneEventReceiver()
        var now = Instant.zero
        var digits = ""

        mutating func take(_ code: UInt8, _ timestamp: UInt32, duration: UInt16, end: Bool = false, source: UInt32 = 1)
        {
            self.now += .milliseconds(20)
            let event = TelephoneEvent(code: code, isEnd: end, duration: duration)
            let begun = self.receiver.receive(event, source: source, timestamp: Wrapping(timestamp), now: self.now)
            if let digit = begun?.digit { self.digits.append(digit) }
        }
    }

    @Test func payloadsSurviveTheRoundTrip() {
        for code in UInt8(0)...20 {
            let event = TelephoneEvent(
                code: code,
                isEnd: code % 2 == 0,
                volume: code * 3,
                duration: UInt16(code) * 1_000
            )
            var bytes: [UInt8] = []
            event.append(to: &bytes)
            #expect(TelephoneEvent(bytes) == event)
            #expect(event.digit.flatMap(TelephoneEvent.code(of:)) == (code < 16 ? code : nil))
        }
        #expect(TelephoneEvent([1, 2, 3]) == nil)
        #expect(TelephoneEvent.code(of: "d") == 15)
        #expect(TelephoneEvent.code(of: "x") == nil)
        #expect(TelephoneEvent.code(of: "é") == nil)
    }

    @Test func aKeyIsToldOnceAndAtItsFirstPacket() {
        var rig = Rig()
        rig.take(5, 1_000, duration: 160)
        #expect(rig.digits == "5")
        for duration in stride(from: UInt16(320), through: 1_600, by: 160) { rig.take(5, 1_000, duration: duration) }
        #expect(rig.receiver.held(now: rig.now) == "5")
        for _ in 0..<3 { rig.take(5, 1_000, duration: 1_600, end: true) }
        #expect(rig.receiver.held(now: rig.now) == nil)
        rig.take(5, 1_000, duration: 1_440)
        #expect(rig.digits == "5")
    }

    @Test func onlyTheLastEndArrives() {
        var rig = Rig()
        rig.take(11, 1_000, duration: 800, end: true)
        #expect(rig.digits == "#")
    }

    @Test func theSameKeyAgainAfterALostEndIsAnotherKey() {
        var rig = Rig()
        rig.take(7, 1_000, duration: 160)
        rig.take(7, 1_000, duration: 320)
        // The end is lost; the next press of the same key lasts longer than the first.
        rig.take(7, 3_000, duration: 480)
        rig.take(7, 3_000, duration: 640, end: true)
        #expect(rig.digits == "77")
    }

    @Test func aKeyOfAnotherStreamIsAnotherKey() {
        var rig = Rig()
        rig.take(7, 1_000, duration: 800, end: true, source: 1)
        rig.take(7, 1_000, duration: 800, end: true, source: 2)
        #expect(rig.digits == "77")
    }

    @Test func aLongKeyInSegmentsIsOneKey() {
        var rig = Rig()
        var timestamp: UInt32 = .max - 5_000
        for segment in 0..<3 {
            for duration in stride(from: 8_000, through: 64_000, by: 8_000) {
                rig.take(1, timestamp, duration: UInt16(duration))
            }
            rig.take(1, timestamp, duration: .max, end: segment == 2)
            timestamp &+= 0xFFFF
        }
        #expect(rig.digits == "1")
    }

    @Test func anEventWithoutEndIsOverBySilenceOrByAudio() {
        var rig = Rig()
        rig.take(1, 1_000, duration: 160)
        #expect(rig.receiver.held(now: rig.now + .milliseconds(149)) == "1")
        #expect(rig.receiver.held(now: rig.now + .milliseconds(150)) == nil)
        rig.take(2, 9_000, duration: 160)
        rig.receiver.audioResumed()
        #expect(rig.receiver.held(now: rig.now) == nil)
        rig.take(2, 9_000, duration: 320)
        #expect(rig.digits == "12")
    }

    /// Any loss that leaves one packet of each key, any repetition and neighboring swaps: each key once, in order.
    @Test(arguments: 0..<30)
    func lossRepetitionAndReorderingNeverChangeTheKeys(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let keys = "1234#*00998D".map { $0 }
        var packets: [(code: UInt8, timestamp: UInt32, duration: UInt16, end: Bool)] = []
        for (index, key) in keys.enumerated() {
            guard let code = TelephoneEvent.code(of: key) else { continue }
            var own: [(code: UInt8, timestamp: UInt32, duration: UInt16, end: Bool)] = []
            for step in 1...8 {
                let duration = UInt16(min(step, 6)) * 160
                own.append((code, UInt32(index) * 2_400 &+ 4_294_960_000, duration, step >= 6))
            }
            var kept = own.filter { _ in Bool.random(using: &random) }
            if kept.isEmpty { kept = [own[7]] }
            if let again = kept.randomElement(using: &random) { kept.append(again) }
            if kept.count > 2 { kept.swapAt(0, 1) }
            packets += kept
        }
        var rig = Rig()
        for packet in packets {
            rig.take(packet.code, packet.timestamp, duration: packet.duration, end: packet.end)
        }
        #expect(rig.digits == "1234#*00998D")
    }
}

/// Recorded keys of a real phone, when the captures are there.
struct TelephoneEventCaptureTests {
    static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"]
        return named.map { URL(fileURLWithPath: $0).appendingPathComponent("dtmf") }
            .flatMap { FileManager.default.fileExists(atPath: $0.path) ? $0 : nil }
    }()

    /// The UDP payloads of a pcap file with Ethernet or raw IPv4 frames.
    static func datagrams(_ file: [UInt8]) -> [[UInt8]] {
        guard file.count > 24 else { return [] }
        let isLittle = file[0] == 0xD4
        func word(_ offset: Int) -> Int {
            let bytes = file[offset..<(offset + 4)].map(Int.init)
            return (isLittle ? bytes.reversed() : bytes).reduce(0) { $0 << 8 | $1 }
        }
        let link = word(20)
        var result: [[UInt8]] = []
        var offset = 24
        while offset + 16 <= file.count {
            let length = word(offset + 8)
            let frame = Array(file[(offset + 16)..<min(offset + 16 + length, file.count)])
            offset += 16 + length
            let header = link == 1 ? 14 : link == 113 ? 16 : 0
            guard frame.count > header + 28, frame[header] >> 4 == 4, frame[header + 9] == 17 else { continue }
            let payload = header + Int(frame[header] & 15) * 4 + 8
            result.append(Array(frame[payload...]))
        }
        return result
    }

    @Test(
        .enabled(if: TelephoneEventCaptureTests.folder != nil, "SVETLANA_TEST_DATA has no dtmf"),
        arguments: [("0", "0"), ("1", "1"), ("5", "5"), ("9", "9"), ("pound", "#"), ("star", "*")]
    )
    func aRecordedKeyIsHeardOnce(name: String, key: Character) throws {
        let folder = try #require(TelephoneEventCaptureTests.folder)
        let file = try [UInt8](Data(contentsOf: folder.appendingPathComponent("rfc2833_\(name).pcap")))
        let datagrams = TelephoneEventCaptureTests.datagrams(file)
        try #require(!datagrams.isEmpty)
        let packets = datagrams.compactMap { bytes in RTPPacket(bytes).map { (bytes, $0) } }
        let type = try #require(packets.first { $0.1.payload.count == 4 }?.1.payloadType)
        let peer = SourceLatchTests.address("192.0.2.1:4000")
        let leg = Leg(
            MediaParameters(
                codec: .pcmu,
                sendPayloadType: 0,
                receivePayloadTypes: [0],
                telephoneEventReceive: type,
                remote: peer
            )
        )
        var heard: [Character] = []
        var now = Instant.zero
        for (bytes, _) in packets {
            now += .milliseconds(20)
            leg.receive(bytes, from: peer, now: now)
            while let digit = leg.popDigit() { heard.append(digit) }
        }
        #expect(heard == [key])
    }
}
