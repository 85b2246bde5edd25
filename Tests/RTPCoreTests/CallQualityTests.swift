import RTPCore
import Testing

struct CallQualityTests {
    @Test func aCleanCallIsGood() {
        let quality = CallQuality(codec: .pcmu, lossPercent: 0, delay: .zero)
        #expect(abs(quality.rating - 93.2) < 0.001)
        #expect(abs(quality.meanOpinionScore - 4.41) < 0.01)
    }

    @Test func knownPointsOfTheModel() {
        // Id = 0.024 * 200 + 0.11 * 22.7, Ie_eff = 95 * 2 / (2 + 25.1).
        let quality = CallQuality(codec: .pcma, lossPercent: 2, delay: .milliseconds(200))
        #expect(abs(quality.rating - (93.2 - 4.8 - 2.497 - 7.011)) < 0.01)
    }

    @Test(arguments: AudioCodec.allCases)
    func lossAndDelayOnlyMakeItWorse(codec: AudioCodec) {
        var last = 5.0
        for loss in 0...100 {
            let score = CallQuality(codec: codec, lossPercent: Double(loss), delay: .milliseconds(100)).meanOpinionScore
            #expect(score <= last && score >= 1)
            last = score
        }
        let near = CallQuality(codec: codec, lossPercent: 1, delay: .milliseconds(50))
        let far = CallQuality(codec: codec, lossPercent: 1, delay: .milliseconds(400))
        #expect(near.rating > far.rating)
    }

    @Test func codecsAreFoundByTheirNames() {
        #expect(AudioCodec(encodingName: "pcmu", clockRate: 8_000) == .pcmu)
        #expect(AudioCodec(encodingName: "PCMA", clockRate: 8_000) == .pcma)
        #expect(AudioCodec(encodingName: "OPUS", clockRate: 48_000) == .opus)
        #expect(AudioCodec(encodingName: "PCMU", clockRate: 16_000) == nil)
        #expect(AudioCodec(encodingName: "G729", clockRate: 8_000) == nil)
        #expect(AudioCodec.pcmu.samples(in: .milliseconds(20)) == 160)
        #expect(AudioCodec.opus.samples(in: .milliseconds(20)) == 320)
    }
}
