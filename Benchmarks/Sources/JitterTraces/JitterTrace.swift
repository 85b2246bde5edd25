internal import CoreTypes

/// What a network did to a stream of packets of 20 ms.
///
/// Times are microseconds of the receiver's clock.
public struct JitterTrace: Sendable {
    /// How much audio a packet holds.
    public static let packetTime: Int64 = 20_000

    /// What the table calls it.
    public var name: String
    /// When packet `i` came, or `nil` when it never did.
    public var arrivals: [Int64?]
    /// By how many parts per million the sender's clock is slower than the receiver's.
    public var drift: Double

    /// Makes a trace.
    public init(name: String, arrivals: [Int64?], drift: Double = 0) {
        self.name = name
        self.arrivals = arrivals
        self.drift = drift
    }

    /// When the audio at a place of the stream was said.
    public func said(_ position: Int64) -> Int64 {
        position + Int64((Double(position) * self.drift / 1e6).rounded())
    }

    /// How long the fastest packet was under way.
    public var fastest: Int64 {
        var fastest = Int64.max
        for (index, arrival) in self.arrivals.enumerated() {
            guard let arrival else { continue }
            fastest = min(fastest, arrival - self.said(Int64(index) * JitterTrace.packetTime))
        }
        return fastest == .max ? 0 : fastest
    }

    /// The share of packets that never came.
    public var loss: Double {
        Double(self.arrivals.count { $0 == nil }) / Double(max(self.arrivals.count, 1))
    }

    /// Packets in the order in which they came.
    public var inOrderOfArrival: [(arrival: Int64, index: Int)] {
        var packets: [(arrival: Int64, index: Int)] = []
        for (index, arrival) in self.arrivals.enumerated() {
            if let arrival { packets.append((arrival, index)) }
        }
        packets.sort { ($0.arrival, $0.index) < ($1.arrival, $1.index) }
        return packets
    }

    /// Whether the packet that holds a place of the stream never came.
    public func isLost(at position: Int64) -> Bool {
        let index = Int(max(position, 0) / JitterTrace.packetTime)
        return index < self.arrivals.count && self.arrivals[index] == nil
    }

    /// A trace that was recorded: lines of `arrival_ms,sequence_number,rtp_timestamp,…`, repeated `times` times.
    public init?(name: String, recorded text: String, clockRate: Int = 8_000, times: Int) {
        var packets: [(arrival: Int64, sequence: Int64)] = []
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",")
            guard fields.count >= 3, let arrival = Int64(fields[0]), let sequence = Int64(fields[1]) else { return nil }
            packets.append((arrival * 1_000, sequence))
        }
        guard let first = packets.map(\.sequence).min(), let last = packets.map(\.sequence).max() else { return nil }
        let length = Int(last - first + 1)
        guard length < 1_000_000 else { return nil }
        var arrivals = [Int64?](repeating: nil, count: length * times)
        for round in 0..<times {
            for packet in packets {
                let index = Int(packet.sequence - first) + round * length
                arrivals[index] = packet.arrival + Int64(round * length) * JitterTrace.packetTime
            }
        }
        self.init(name: name, arrivals: arrivals)
    }
}

extension Xoshiro {
    /// A number from 0 up to 1.
    mutating func unit() -> Double { Double(self.next() >> 11) / Double(1 << 53) }

    /// A number of the normal distribution, by Box and Muller.
    mutating func normal() -> Double {
        let radius = (-2 * logarithm(max(self.unit(), 1e-300))).squareRoot()
        return radius * cosine(2 * .pi * self.unit())
    }
}
