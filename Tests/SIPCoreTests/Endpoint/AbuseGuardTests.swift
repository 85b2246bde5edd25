import CoreTypes
import SIPCore
import Testing

@Suite("Abuse guard")
struct AbuseGuardTests {
    @Test func burstThenOneAnInterval() {
        var abuse = AbuseGuard(rate: .init(burst: 3, interval: .seconds(1)))
        let source = IPAddress.v4(1)
        let first = (0..<5).map { _ in abuse.allows(source, now: .zero) }
        #expect(first == [true, true, true, false, false])
        #expect(abuse.allows(source, now: .milliseconds(999)) == false)
        #expect(abuse.allows(source, now: .milliseconds(1000)) == true)
        #expect(abuse.allows(source, now: .milliseconds(1500)) == false)
        #expect(abuse.allows(source, now: .milliseconds(2000)) == true)
        let later = (0..<4).map { _ in abuse.allows(source, now: .milliseconds(60_000)) }
        #expect(later == [true, true, true, false])
        #expect(abuse.allows(.v4(2), now: .milliseconds(60_000)) == true)
    }

    @Test func memoryIsBoundedAndTheCommonBucketHolds() {
        var abuse = AbuseGuard(
            rate: .init(burst: 1, interval: .seconds(10)),
            total: .init(burst: 50, interval: .milliseconds(100)),
            maximumSources: 20
        )
        let allowed = (0..<1000).filter { abuse.allows(.v4(UInt32($0)), now: .zero) }.count
        #expect(allowed == 50)
        #expect(abuse.sources == 20)
        // Much later the full buckets are forgotten, and new sources are counted again.
        #expect(abuse.allows(.v4(5000), now: .milliseconds(100_000)) == true)
        #expect(abuse.sources == 1)
    }

    @Test func clockThatStandsStillOrGoesBackGivesNothing() {
        var abuse = AbuseGuard(rate: .init(burst: 1, interval: .zero))
        #expect(abuse.allows(.v4(1), now: .milliseconds(1000)) == true)
        #expect(abuse.allows(.v4(1), now: .milliseconds(10)) == false)
        var none = AbuseGuard(rate: .init(burst: 0, interval: .seconds(1)))
        #expect(none.allows(.v4(1), now: .milliseconds(5000)) == false)
    }
}
