import CMeasure
import Foundation
import RTPCore
import Telephony

/// What the carrier tells when it is asked, as a line of JSON.
struct Snapshot: Encodable {
    /// Ticks by lateness, in quarters of a millisecond.
    var ticks: [UInt64]
    var skipped: UInt64
    var longestMilliseconds: Double
    /// Calls of the allocator by the whole process since the last snapshot was told, when they are counted.
    var allocations: UInt64?
    /// Bytes that are allocated, when they are counted.
    var liveBytes: UInt64?
    var residentBytes: UInt64
    /// Bytes of one leg's encoder and decoder, when they are counted.
    var codecBytes: Double?
    /// Sums over all legs.
    var packetsReceived: UInt64
    var packetsSent: UInt64
    var packetsLost: UInt64
    var late: UInt64
    /// Milliseconds of all legs that were made up, and those that were not.
    var concealedMilliseconds: Double
    var heardMilliseconds: Double

    init(of loop: MediaLoop, legs: [MediaLegID], codecBytes: Double?, allocations: UInt64?) async {
        let lateness = await loop.lateness()
        self.ticks = lateness.histogram
        self.skipped = lateness.skipped
        self.longestMilliseconds = lateness.longest / .milliseconds(1)
        self.allocations = allocations
        self.liveBytes = measure_live_bytes() == .max ? nil : measure_live_bytes()
        self.residentBytes = Self.residentBytes
        self.codecBytes = codecBytes
        self.packetsReceived = 0
        self.packetsSent = 0
        self.packetsLost = 0
        self.late = 0
        self.concealedMilliseconds = 0
        self.heardMilliseconds = 0
        // All at once: a busy loop looks at its questions once a millisecond.
        let all = await withTaskGroup(of: MediaStatistics?.self) { group in
            for leg in legs { group.addTask { await loop.statistics(leg) } }
            var all: [MediaStatistics] = []
            for await statistics in group {
                if let statistics { all.append(statistics) }
            }
            return all
        }
        for statistics in all {
            self.packetsReceived += statistics.packetsReceived
            self.packetsSent += statistics.packetsSent
            self.packetsLost += statistics.packetsLost
            self.late += statistics.late
            self.concealedMilliseconds += statistics.audioConcealed / .milliseconds(1)
            self.heardMilliseconds += statistics.audioReceived / .milliseconds(1)
        }
    }

    private static var residentBytes: UInt64 {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
