import CoreTypes
import Testing

@testable import RTPCore

struct ExtendedReportTests {
    private static let blocks: [ExtendedReportBlock] = {
        var metrics = VoIPMetrics()
        metrics.source = 0x0102_0304
        metrics.lossRate = 5
        metrics.discardRate = 6
        metrics.burstDensity = 7
        metrics.gapDensity = 8
        metrics.burstDuration = 0x0910
        metrics.gapDuration = 0x1112
        metrics.roundTripDelay = 0x1314
        metrics.endSystemDelay = 0x1516
        metrics.signalLevel = -23
        metrics.noiseLevel = -70
        metrics.residualEchoReturnLoss = 24
        metrics.rating = 80
        metrics.externalRating = 81
        metrics.listeningScore = 41
        metrics.conversationalScore = 42
        metrics.receiverConfiguration = 0xB0
        metrics.jitterBufferNominal = 0x2526
        metrics.jitterBufferMaximum = 0x2728
        metrics.jitterBufferAbsoluteMaximum = 0x2930
        return [
            .receiverReferenceTime(0x0102_0304_0506_0708),
            .delaySinceLastReceiverReport([
                .init(source: 1, lastReport: 2, delay: 3), .init(source: 4, lastReport: 5, delay: 6),
            ]),
            .voIPMetrics(metrics),
        ]
    }()

    @Test func blocksSurviveTheRoundTrip() throws {
        var bytes: [UInt8] = []
        RTCPPacket.extendedReport(source: 9, ExtendedReportTests.blocks).append(to: &bytes)
        #expect(bytes.count == 8 + 12 + 28 + 36)
        #expect(RTCPPacket.parse(bytes) == [.extendedReport(source: 9, ExtendedReportTests.blocks)])
        // The places of RFC 3611 section 4.7: block type, length in words, source, and the reserved octet.
        let block = Array(bytes[48...])
        #expect(block.prefix(8) == [7, 0, 0, 8, 1, 2, 3, 4])
        #expect(block[29] == 0 && block[30] == 0x25)
    }

    @Test func blocksThatAreNotKnownAreSteppedOver() {
        let bytes: [UInt8] = [0x80, 207, 0, 3, 0, 0, 0, 1, 99, 0, 0, 1, 1, 2, 3, 4]
        #expect(RTCPPacket.parse(bytes) == [.extendedReport(source: 1, [.other(type: 99)])])
    }

    @Test(
        arguments: [
            // No room for the source, for a block's header, for its content; metrics that are too short.
            [0x80, 207, 0, 0],
            [0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 2],
            [0x80, 207, 0, 3, 0, 0, 0, 1, 7, 0, 0, 1, 0, 0, 0, 0],
            [0x80, 207, 0, 3, 0, 0, 0, 1, 5, 0, 0, 1, 0, 0, 0, 0],
        ] as [[UInt8]]
    )
    func brokenReports(bytes: [UInt8]) {
        #expect(RTCPPacket.parse(bytes) == nil)
    }

    @Test func mutatedReportsNeverTrap() {
        var bytes: [UInt8] = []
        RTCPPacket.extendedReport(source: 9, ExtendedReportTests.blocks).append(to: &bytes)
        var random = SeededRandom(seed: 1)
        var accepted = 0
        for _ in 0..<20_000 {
            var mutant = bytes
            for _ in 0..<(1 + Int(random.next() & 3)) {
                mutant[Int(random.next() % UInt64(mutant.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if RTCPPacket.parse(Array(mutant.prefix(Int(random.next() % UInt64(mutant.count + 1))))) != nil {
                accepted += 1
            }
        }
        #expect(accepted < 20_000)
    }
}

struct LossBurstsTests {
    @Test func lossThatComesAloneIsNoBurst() {
        var meter = LossBursts()
        for _ in 0..<10 {
            meter.hear(20)
            meter.lose()
        }
        meter.hear(20)
        #expect(meter.lost == 10 && meter.heard == 220 && meter.bursts == 0)
        #expect(meter.burstDensity == 0 && abs(meter.gapDensity - 10.0 / 230) < 1e-9)
        #expect(meter.burstRatio == 1)
    }

    @Test func aBurstEndsWithSixteenInARow() {
        var meter = LossBursts()
        meter.hear(100)
        meter.lose(2)
        meter.hear(LossBursts.minimumGap - 1)
        meter.lose(3)
        #expect(meter.bursts == 0)
        meter.hear(LossBursts.minimumGap - 1)
        #expect(meter.bursts == 0)
        meter.hear()
        #expect(meter.bursts == 1)
        #expect(meter.burstLength == 20 && meter.burstDensity == 5.0 / 20 && meter.gapDensity == 0)
        meter.hear(50)
        meter.lose(1)
        meter.hear(50)
        #expect(meter.bursts == 1 && meter.gapDensity > 0)
    }

    @Test func longRunsOfLossHaveAHighRatio() {
        var meter = LossBursts()
        for _ in 0..<10 {
            meter.hear(90)
            meter.lose(10)
        }
        #expect(abs(meter.burstRatio - 9) < 1e-9)
    }
}

struct StreamQualityTests {
    @Test func aCleanStreamIsAsGoodAsItsCodec() throws {
        var statistics = MediaStatistics()
        #expect(statistics.inboundQuality(codec: .pcmu) == nil && statistics.outboundQuality(codec: .pcmu) == nil)
        statistics.bursts.hear(1_000)
        statistics.audioReceived = .seconds(20)
        let clean = try #require(statistics.inboundQuality(codec: .pcmu))
        #expect(clean.lossRate == 0 && clean.meanOpinionScore > 4.3)
        statistics.bursts.lose(20)
        statistics.bursts.hear(980)
        let lossy = try #require(statistics.inboundQuality(codec: .pcmu))
        #expect(lossy.lossRate == 0.01 && lossy.meanOpinionScore < clean.meanOpinionScore)
        statistics.roundTrip = .seconds(1)
        #expect(try #require(statistics.inboundQuality(codec: .pcmu)).rating < lossy.rating - 20)
    }
}

struct ExtendedReportSessionTests {
    /// Twenty seconds of talk over a line, with the metrics asked for by the right side only.
    private func talk(loss: Double) -> VirtualLine {
        let line = VirtualLine(codec: .pcmu, impairment: .init(loss: loss, jitterMilliseconds: 5), seed: 4)
        var parameters = VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress)
        parameters.sendsExtendedReports = true
        line.left.update(parameters)
        for frame in MediaSessionTests.voice(.pcmu, frames: 1_000) { line.tick(left: frame, right: frame) }
        return line
    }

    @Test func whoAsksHearsHowItIsHeard() throws {
        let line = self.talk(loss: 0.1)
        let told = try #require(line.right.statistics.remoteMetrics)
        #expect(line.left.statistics.remoteMetrics == nil)
        let real = try #require(line.left.statistics.inboundQuality(codec: .pcmu))
        #expect(abs(Double(told.lossRate) / 256 - real.lossRate) < 0.03 && real.lossRate > 0.05)
        #expect(told.rating < 93 && told.conversationalScore < 45)
        let outbound = try #require(line.right.statistics.outboundQuality(codec: .pcmu))
        #expect(abs(outbound.lossRate - Double(told.lossRate) / 256) < 0.001)
        let trip = try #require(line.right.statistics.roundTrip)
        #expect(trip >= .milliseconds(55) && trip < .milliseconds(80))
    }

    @Test func restartedQualityForgetsWhatWas() throws {
        let line = self.talk(loss: 0.3)
        #expect(try #require(line.left.statistics.inboundQuality(codec: .pcmu)).lossRate > 0.2)
        line.left.restartQuality()
        #expect(line.left.statistics.inboundQuality(codec: .pcmu) == nil)
        line.impairment.loss = 0
        for frame in MediaSessionTests.voice(.pcmu, frames: 100) { line.tick(left: frame, right: frame) }
        #expect(try #require(line.left.statistics.inboundQuality(codec: .pcmu)).lossRate < 0.05)
    }
}
