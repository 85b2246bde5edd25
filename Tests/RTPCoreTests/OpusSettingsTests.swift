import CoreTypes
import RTPCore
import Testing

/// What a description says of Opus (RFC 7587 section 6.1), and what the encoder makes of it.
struct OpusSettingsTests {
    /// The settings that our own become by a peer's a=fmtp.
    private func settings(_ parameters: [String: String], of own: OpusSettings = OpusSettings()) -> OpusSettings {
        own.honoring { parameters[$0] }
    }

    @Test func withoutParametersTheDefaultsOfTheRFCHold() {
        let settings = self.settings([:])
        #expect(!settings.carriesForwardErrorCorrection)
        #expect(!settings.pausesInSilence)
        #expect(!settings.hasConstantBitRate)
        #expect(settings.maximumPlaybackRate == 48_000)
        #expect(settings.bitRate == 24_000)
        #expect(settings.complexity == 5)
    }

    @Test func whatThePeerWantsIsHonored() {
        let settings = self.settings(
            [
                "maxplaybackrate": "8000", "maxaveragebitrate": "12000", "useinbandfec": "1", "usedtx": "1", "cbr": "1",
                "stereo": "1", "sprop-stereo": "1",
            ],
            of: OpusSettings(complexity: 3)
        )
        let expected = OpusSettings(
            complexity: 3,
            bitRate: 12_000,
            carriesForwardErrorCorrection: true,
            pausesInSilence: true,
            hasConstantBitRate: true,
            maximumPlaybackRate: 8_000
        )
        #expect(settings == expected)
    }

    @Test(arguments: [
        ("510000", 24_000), ("20000", 20_000), ("1", 6_000), ("0", 24_000), ("-5", 24_000), ("x", 24_000), ("", 24_000),
        ("99999999999999999999", 24_000), ("9223372036854775807", 24_000),
    ])
    func theBitRateIsNeverMoreThanOurs(value: String, expected: Int) {
        #expect(self.settings(["maxaveragebitrate": value]).bitRate == expected)
    }

    @Test(arguments: [("8000", 8_000), ("1", 8_000), ("-1", 48_000), ("96000", 48_000), ("no", 48_000)])
    func thePlaybackRateIsOneOfOpus(value: String, expected: Int) {
        #expect(self.settings(["maxplaybackrate": value]).maximumPlaybackRate == expected)
    }

    @Test(arguments: ["0", "", "2", "true"])
    func onlyOneTurnsSomethingOn(value: String) {
        let settings = self.settings(["useinbandfec": value, "usedtx": value, "cbr": value])
        #expect(!settings.carriesForwardErrorCorrection && !settings.pausesInSilence && !settings.hasConstantBitRate)
    }

    // MARK: The encoder

    private func packets(_ settings: OpusSettings, frames: [[Int16]] = OpusTests.voice(frames: 60)) throws -> [[UInt8]]
    {
        let opus = try OpusPair(settings)
        return frames.compactMap { opus.encode($0) }
    }

    /// The bandwidth in the first octet of a packet (RFC 6716 section 3.1): "narrow", "medium" or "wide".
    private func bandwidth(_ packet: [UInt8]) -> String {
        switch packet[0] >> 3 {
        case 0...3, 16...19: "narrow"
        case 4...7: "medium"
        case 8...11, 20...23: "wide"
        default: "more"
        }
    }

    @Test(arguments: [(8_000, "narrow"), (12_000, "medium"), (16_000, "wide"), (48_000, "wide")])
    func nothingIsSentThatThePeerDoesNotPlay(rate: Int, expected: String) throws {
        let packets = try self.packets(OpusSettings(maximumPlaybackRate: rate))
        let last = packets.suffix(20).map { self.bandwidth($0) }
        #expect(last.allSatisfy { $0 == expected }, "\(last)")
    }

    @Test func theBitRateIsKept() throws {
        for rate in [8_000, 16_000, 32_000] {
            let packets = try self.packets(OpusSettings(bitRate: rate), frames: OpusTests.voice(frames: 200))
            let bits = 8 * packets.reduce(0) { $0 + $1.count } / 4
            #expect(bits < rate * 5 / 4, "\(bits) of \(rate)")
        }
    }

    @Test func constantBitRateMakesAllPacketsAlike() throws {
        let constant = try self.packets(OpusSettings(hasConstantBitRate: true))
        let variable = try self.packets(OpusSettings())
        #expect(Set(constant.map(\.count)) == [60])
        #expect(Set(variable.map(\.count)).count > 1)
    }

    @Test func silenceIsPausedOnlyWhenAsked() throws {
        let silence = [[Int16]](repeating: [Int16](repeating: 0, count: 320), count: 200)
        let frames = OpusTests.voice(frames: 20) + silence + OpusTests.voice(frames: 5)
        let all = try self.packets(OpusSettings(), frames: frames)
        #expect(all.count == frames.count)
        let some = try self.packets(OpusSettings(pausesInSilence: true), frames: frames)
        // A few at the beginning of the silence, then one in 400 ms, that is 20 frames.
        #expect((30...60).contains(some.count), "\(some.count)")
    }

    @Test func complexityChangesWhatIsMade() throws {
        let (simple, thorough) = try (
            self.packets(OpusSettings(complexity: 0)), self.packets(OpusSettings(complexity: 10))
        )
        #expect(simple != thorough)
        // What is out of its range is brought into it.
        #expect(try self.packets(OpusSettings(complexity: 99)) == thorough)
        #expect(try self.packets(OpusSettings(complexity: -1)) == simple)
    }

    @Test(arguments: [true, false])
    func theNextPacketKnowsOfTheLostOneWhenThatIsWanted(isWanted: Bool) throws {
        let frames = OpusTests.voice(frames: 60)
        let settings = OpusSettings(expectedLossPercent: 20, carriesForwardErrorCorrection: isWanted)
        let (opus, other) = try (OpusPair(settings), OpusPair())
        let packets = try frames.map { try #require(opus.encode($0)) }
        for packet in packets[0..<40] {
            _ = try #require(opus.decode(packet))
            _ = try #require(other.decode(packet))
        }
        let recovered = try #require(opus.recover(from: packets[41], count: 320))
        let concealed = try #require(other.conceal(320))
        #expect((recovered != concealed) == isWanted)
    }

    @Test func settingsChangeWithinAStream() throws {
        let opus = try OpusPair()
        let frames = OpusTests.voice(frames: 80)
        let before = try frames[0..<40].map { try #require(opus.encode($0)) }
        opus.apply(OpusSettings(hasConstantBitRate: true))
        let after = try frames[40..<80].map { try #require(opus.encode($0)) }
        #expect(Set(before.map(\.count)).count > 1 && Set(after.map(\.count)) == [60])
        for packet in before + after { #expect(try #require(opus.decode(packet)).count == 320) }
    }

    // MARK: The session

    @Test func aPauseIsTimeThatPassesAndEndsWithAMarker() throws {
        var parameters = VirtualLine.parameters(.opus, to: VirtualLine.rightAddress)
        parameters.opus = OpusSettings(pausesInSilence: true)
        let leg = Leg(parameters)
        var sent: [(frame: Int, packet: RTPPacket)] = []
        let silence = [[Int16]](repeating: [Int16](repeating: 0, count: 320), count: 45)
        for (index, frame) in (OpusTests.voice(frames: 10) + silence + OpusTests.voice(frames: 5)).enumerated() {
            let now = Instant.zero + .milliseconds(20 * Int64(index))
            guard let bytes = leg.send(frame, now: now) else { continue }
            sent.append((index, try #require(RTPPacket(bytes))))
        }
        #expect(sent.count < 45)
        let first = try #require(sent.first)
        for (index, entry) in sent.enumerated() {
            // The clock runs on during the pause, the numbers do not.
            let ticks = 960 * (entry.frame - first.frame)
            #expect(entry.packet.timestamp == first.packet.timestamp.advanced(by: ticks))
            #expect(entry.packet.sequenceNumber == first.packet.sequenceNumber.advanced(by: index))
            let isAfterPause = index == 0 || entry.frame > sent[index - 1].frame + 1
            #expect(entry.packet.marker == isAfterPause)
        }
        // What changes by a new offer and answer holds from then on.
        parameters.opus = OpusSettings(pausesInSilence: false)
        leg.session.update(parameters)
        for frame in silence { #expect(leg.send(frame, now: .zero + .seconds(2)) != nil) }
    }

    @Test func aPauseOfThePeerIsNoLoss() {
        let line = VirtualLine(codec: .opus)
        var parameters = VirtualLine.parameters(.opus, to: VirtualLine.rightAddress)
        parameters.opus.pausesInSilence = true
        line.left.update(parameters)
        let silence = [[Int16]](repeating: [Int16](repeating: 0, count: 320), count: 100)
        let frames = OpusTests.voice(frames: 20) + silence + OpusTests.voice(frames: 20)
        for frame in frames { line.tick(left: frame, right: nil) }
        line.run(until: line.now + .seconds(1))
        let heard = line.heardByRight
        #expect(line.right.statistics.packetsReceived < 80)
        #expect(line.right.statistics.packetsLost == 0)
        #expect(line.right.statistics.audioConcealed == .zero)
        // Told as a pause, to the sample: a recognizer must not take it for lost speech.
        #expect(heard.suppressed == heard.missing && heard.missing > .seconds(1))
        #expect(heard.timeline == .milliseconds(20 * Int64(frames.count)))
    }
}
