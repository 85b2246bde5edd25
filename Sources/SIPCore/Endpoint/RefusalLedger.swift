import CoreTypes

/// Sums up refusals, so that a flood of them makes a few reports: the first of a source is reported at once, then once an
/// interval how many there were; a source that was silent for an interval is forgotten.
///
/// So many sources are reported one by one; all others are one number, which is reported once an interval.
struct RefusalLedger: Sendable {
    private enum Key: Hashable, Sendable {
        /// A source; the reason is `nil` where one report for all reasons is enough.
        case source(IPAddress, RefusalReason?)
        case others
    }

    private struct Entry: Sendable {
        var latest: RefusalReport
        /// How many have not been reported.
        var waiting: Int
    }

    private let interval: Duration
    private let maximumSources: Int
    private let tellsReasonsApart: Bool
    private var entries: [Key: Entry] = [:]
    private var deadlines = DeadlineQueue<Key>()

    init(interval: Duration, maximumSources: Int, tellsReasonsApart: Bool) {
        self.interval = interval
        self.maximumSources = maximumSources
        self.tellsReasonsApart = tellsReasonsApart
    }

    /// How many sources are reported one by one, and the others as one.
    var count: Int { self.entries.count }

    /// When `popExpired` has something to do.
    var deadline: Instant? { self.deadlines.earliest }

    /// Counts a refusal; the report of it when it is reported at once.
    mutating func add(_ report: RefusalReport, now: Instant) -> RefusalReport? {
        guard self.interval > .zero, let source = report.source else { return report }
        let key = Key.source(source.host.accountable, self.tellsReasonsApart ? report.reason : nil)
        if let place = self.entries.index(forKey: key) {
            self.entries.values[place].latest = report
            self.entries.values[place].waiting += 1
            return nil
        }
        guard self.entries.count < self.maximumSources else {
            var waiting = report
            waiting.source = nil
            waiting.method = nil
            self.entries[.others, default: Entry(latest: waiting, waiting: 0)].waiting += 1
            if self.deadlines.deadline(of: .others) == nil {
                self.deadlines.schedule(.others, at: now + self.interval)
            }
            return nil
        }
        self.entries[key] = Entry(latest: report, waiting: 0)
        self.deadlines.schedule(key, at: now + self.interval)
        return report
    }

    /// The next report that is due.
    mutating func popExpired(_ now: Instant) -> RefusalReport? {
        while let key = self.deadlines.popExpired(now) {
            guard let entry = self.entries[key] else { continue }
            guard entry.waiting > 0, key != .others else {
                self.entries[key] = nil
                guard entry.waiting > 0 else { continue }
                return self.report(entry)
            }
            self.entries[key]?.waiting = 0
            self.deadlines.schedule(key, at: now + self.interval)
            return self.report(entry)
        }
        return nil
    }

    private func report(_ entry: Entry) -> RefusalReport {
        var report = entry.latest
        report.count = entry.waiting
        return report
    }
}
