import BenchmarkKit
import CMeasure
import RTPCore

/// What libopus takes for a frame of speech of 16 kHz, as sessions use it: for the record.
enum OpusWorkloads {
    /// Complexities, and the loss in percent that packets are prepared for by in-band FEC.
    static let settings = [(5, 0), (5, 10), (0, 0), (10, 0)]

    static func groups() -> [WorkloadGroup] {
        [
            WorkloadGroup(
                "Opus encode",
                title: "Opus, encoding 320 samples at 24 kbit/s",
                unit: "frame"
            ) {
                self.settings.map { self.encoding($0, loss: $1) }
            },
            WorkloadGroup("Opus decode", title: "Opus, decoding such a packet", unit: "frame") {
                [self.decoding()]
            },
        ]
    }

    /// An encoder and a decoder in a reference, for closures copy what they hold.
    private final class Codec {
        var encoder: OpusEncoder?
        var decoder: OpusDecoder?
        var packet: [UInt8] = []
        var samples: [Int16] = []

        init(_ settings: OpusSettings) {
            self.encoder = OpusEncoder(settings)
            self.decoder = OpusDecoder()
        }

        func encode(_ frame: [Int16]) -> Bool {
            self.packet.removeAll(keepingCapacity: true)
            return self.encoder?.encode(frame.span, appendingTo: &self.packet) ?? false
        }

        func decode(_ packet: [UInt8]) -> Bool {
            self.decoder?.decode(packet.span, into: &self.samples) ?? false
        }
    }

    private static func encoding(_ complexity: Int, loss: Int) -> Workload {
        let frames = Speech.frames(16_000)
        let codec = Codec(OpusSettings(complexity: complexity, expectedLossPercent: loss))
        return Workload(
            "OpusEncoder, complexity \(complexity)" + (loss > 0 ? ", prepared for \(loss) % loss" : ""),
            scope: "libopus, voice, variable bit rate",
            isOurs: true,
            cycle: frames.count,
            check: {
                for frame in frames {
                    guard codec.encode(frame), codec.packet.count < 200 else {
                        throw WrongResult("Opus encodes nothing")
                    }
                }
            },
            run: { iterations in
                for index in 0..<iterations { _ = codec.encode(frames[index % 50]) }
                measure_keep(UInt64(codec.packet.count))
            }
        )
    }

    private static func decoding() -> Workload {
        let codec = Codec(OpusSettings())
        let packets = Speech.frames(16_000).map { frame in
            _ = codec.encode(frame)
            return codec.packet
        }
        return Workload(
            "OpusDecoder",
            scope: "libopus, to 16 kHz",
            isOurs: true,
            cycle: packets.count,
            check: {
                for packet in packets {
                    guard codec.decode(packet), codec.samples.count == 320 else {
                        throw WrongResult("Opus decodes nothing")
                    }
                }
            },
            run: { iterations in
                for index in 0..<iterations { _ = codec.decode(packets[index % 50]) }
                measure_keep(UInt64(codec.samples.count))
            }
        )
    }
}
