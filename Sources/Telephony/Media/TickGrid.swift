import CoreTypes

/// What a ``TickGrid`` makes tick.
protocol TickingLeg: AnyObject {
    /// Room that all legs share for the length of a turn.
    associatedtype Scratch
    /// Where it is in the grid; the grid's own notes.
    var place: TickPlace { get set }
    /// Whether its next frame would be silence.
    var isSilent: Bool { get }
    /// The turn of a leg is near: it asks for the memory of the leg itself, of which nothing is read.
    static func fetch(_ leg: UnsafeRawPointer)
    /// Its turn is next: it may ask for other memory that it will want.
    func prepare()
    /// Sends the next frame.
    func tick(now: Instant, _ scratch: inout Scratch)
    /// Lets frames pass for which it is too late.
    func skip(frames: Int)
}

/// Where a leg is in the grid.
struct TickPlace: Equatable {
    /// In which of the four steps of a frame it ticks.
    var phase = 0
    /// How many steps its frames run ahead of their time since the last one that left at once, 0 to 3.
    var lead = 0
    /// The step of its latest tick.
    var latest: Int64 = .min
}

/// An absolute grid of 5 ms steps in which every leg has a frame each 20 ms, the legs spread over four phases.
///
/// When the thread wakes late, at most three frames are caught up and the rest is skipped, so that no stall is followed by
/// a burst. A silent leg that gets something to say does not wait for its turn: the frame leaves at once and the leg's
/// phase moves to it. What it then runs ahead it gives back in the next silence, so that it never sends faster than its
/// audio is long.
struct TickGrid<Leg: TickingLeg> {
    /// The legs of each phase.
    private var phases: [[Leg]] = [[], [], [], []]
    /// The next step that has to be taken.
    private var next: Int64 = 0
    /// How late ticks were.
    private(set) var lateness = TickLateness()

    /// How many legs tick.
    var count: Int { self.phases.reduce(0) { $0 + $1.count } }

    /// When ``advance(to:clock:)`` has to be called next; `nil` while there are no legs.
    var deadline: Instant? {
        self.count == 0 ? nil : Instant(nanoseconds: self.next * TickGrid.step)
    }

    /// Puts a leg into the phase with the fewest.
    mutating func add(_ leg: Leg, now: Instant) {
        if self.count == 0 { self.next = now.nanoseconds / TickGrid.step + 1 }
        let phase = self.phases.indices.min { self.phases[$0].count < self.phases[$1].count } ?? 0
        leg.place = TickPlace(phase: phase)
        self.phases[phase].append(leg)
    }

    /// Takes a leg out.
    mutating func remove(_ leg: Leg) {
        self.phases[leg.place.phase].removeAll { $0 === leg }
    }

    /// Takes all steps up to `now`; `clock` tells the time again while many legs tick.
    mutating func advance(to now: Instant, _ scratch: inout Leg.Scratch, clock: () -> Instant) {
        let current = now.nanoseconds / TickGrid.step
        let frames = (current - self.next) / 4
        if frames > TickGrid.mostCaughtUp {
            let skipped = Int(frames - TickGrid.mostCaughtUp)
            for phase in self.phases {
                for leg in phase { leg.skip(frames: skipped) }
            }
            self.lateness.skipped += UInt64(skipped * self.count)
            self.next += Int64(skipped) * 4
        }
        while self.next <= current {
            self.take(self.next, &scratch, clock: clock)
            self.next += 1
        }
    }

    /// Lets a silent leg's frame leave at once, for there is something to say.
    mutating func begin(_ leg: Leg, now: Instant, _ scratch: inout Leg.Scratch, clock: () -> Instant) {
        self.advance(to: now, &scratch, clock: clock)
        let current = self.next - 1
        let due = leg.place.latest + 4
        // A leg that ran ahead already, that never ticked or whose turn it is anyway waits for its turn.
        guard leg.place.lead == 0, leg.place.latest != .min, due > current, due - current <= 3, !leg.isSilent
        else { return }
        self.move(leg, to: Int(current & 3))
        leg.place.lead = Int(due - current)
        leg.place.latest = current
        leg.tick(now: now, &scratch)
    }

    private mutating func take(_ step: Int64, _ scratch: inout Leg.Scratch, clock: () -> Instant) {
        let due = Instant(nanoseconds: step * TickGrid.step)
        var now = due
        let legs = self.phases[Int(step & 3)]
        for (index, leg) in legs.enumerated() {
            if index + 3 < legs.count { Self.fetch(index + 3, of: legs) }
            if index + 1 < legs.count { legs[index + 1].prepare() }
            // A leg that moved here in this frame has had its turn.
            guard leg.place.latest == .min || step - leg.place.latest >= 4 else { continue }
            if index & 7 == 0 { now = clock() }
            if leg.place.lead > 0, leg.isSilent {
                // It waits as long as it ran ahead; its turn comes in a later step of this frame.
                self.move(leg, to: Int((step + Int64(leg.place.lead)) & 3))
                leg.place.lead = 0
                continue
            }
            leg.place.latest = step
            self.lateness.count(now - due)
            leg.tick(now: now, &scratch)
        }
    }

    /// Asks for the memory of a leg without a use of the reference: to hold the object is to wait for its first line.
    private static func fetch(_ index: Int, of legs: [Leg]) {
        legs.withUnsafeBytes { references in
            let reference = references.load(
                fromByteOffset: index * MemoryLayout<Leg>.stride,
                as: UnsafeRawPointer?.self
            )
            if let reference { Leg.fetch(reference) }
        }
    }

    private mutating func move(_ leg: Leg, to phase: Int) {
        guard phase != leg.place.phase else { return }
        self.phases[leg.place.phase].removeAll { $0 === leg }
        self.phases[phase].append(leg)
        leg.place.phase = phase
    }

    /// The length of a step in nanoseconds.
    static var step: Int64 { 5_000_000 }
    /// How many frames are caught up after a stall.
    static var mostCaughtUp: Int64 { 3 }
}

/// How late the ticks of a loop were: a histogram of quarters of a millisecond.
public struct TickLateness: Sendable, Equatable {
    /// Ticks by lateness: one place for each 250 µs; the last one is for all beyond.
    public private(set) var histogram = [UInt64](repeating: 0, count: 65)
    /// Frames that were left out after a stall.
    public var skipped: UInt64 = 0
    /// The worst.
    public private(set) var longest: Duration = .zero

    /// Makes an empty one.
    public init() {}

    /// All ticks.
    public var ticks: UInt64 { self.histogram.reduce(0, +) }

    /// The share of ticks that were less than `limit` late, of those that came and those that were left out; 1 without any.
    public func share(below limit: Duration) -> Double {
        let places = min(max(Int(limit / .microseconds(250)), 0), 64)
        let all = self.ticks + self.skipped
        guard all > 0 else { return 1 }
        return Double(self.histogram[..<places].reduce(0, +)) / Double(all)
    }

    mutating func count(_ lateness: Duration) {
        let place = Int(max(lateness.nanoseconds, 0) / 250_000)
        self.histogram[min(place, 64)] += 1
        self.longest = max(self.longest, lateness)
    }
}
