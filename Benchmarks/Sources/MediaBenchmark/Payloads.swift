import BenchmarkKit
import Foundation
import JitterTraces
import RTPCore

/// How the legs speak.
enum Speech: String, CaseIterable, Codable {
    case pcmu
    case g722
    case opus

    /// What the table calls it.
    var title: String {
        switch self {
        case .pcmu: "PCMU"
        case .g722: "G.722"
        case .opus: "Opus"
        }
    }

    /// The payload type.
    var type: Int {
        switch self {
        case .pcmu: 0
        case .g722: 9
        case .opus: 96
        }
    }

    /// Ticks of the RTP clock in 20 ms.
    var ticks: Int {
        switch self {
        case .pcmu, .g722: 160
        case .opus: 960
        }
    }

    /// What the offer's rtpmap says.
    var coding: String {
        switch self {
        case .pcmu: "PCMU/8000"
        case .g722: "G722/8000"
        case .opus: "opus/48000/2"
        }
    }

    /// Ten seconds of something like speech, encoded, into a file of that folder: each packet behind its length.
    func write(to folder: String) throws -> String {
        var bytes: [UInt8] = []
        switch self {
        case .pcmu:
            var encoder = G711Codec(.mu)
            try self.encode(8_000, into: &bytes) { encoder.encode($0, appendingTo: &$1) }
        case .g722:
            var encoder = G722Encoder()
            try self.encode(16_000, into: &bytes) { encoder.encode($0, appendingTo: &$1) }
        case .opus:
            guard var encoder = OpusEncoder(OpusSettings(complexity: 5)) else {
                throw WrongResult("no memory for Opus")
            }
            try self.encode(16_000, into: &bytes) { encoder.encode($0, appendingTo: &$1) }
        }
        let file = "\(folder)/\(self.rawValue).packets"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    private func encode(
        _ rate: Int,
        into bytes: inout [UInt8],
        _ encode: (Span<Int16>, inout [UInt8]) -> Bool
    ) throws {
        let samples = SyntheticSpeech.make(seconds: 10, rate: rate)
        let frame = rate / 50
        var packet: [UInt8] = []
        for start in stride(from: 0, to: samples.count - frame + 1, by: frame) {
            packet.removeAll(keepingCapacity: true)
            guard encode(samples.span.extracting(start..<start + frame), &packet) else {
                throw WrongResult("\(self.title) does not encode")
            }
            bytes.append(UInt8(packet.count & 0xFF))
            bytes.append(UInt8(packet.count >> 8))
            bytes += packet
        }
    }
}
