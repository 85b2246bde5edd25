import BenchmarkKit
import CAudioPeers
import CCodecs
import CMeasure
import RTPCore

/// G.722 at 64 kbit/s: ours beside the same blocks in C, and spandsp's.
enum G722Workloads {
    static func groups() -> [WorkloadGroup] {
        [
            WorkloadGroup("G722 encode", title: "G.722, encoding 320 samples", unit: "frame") { try self.encoding() },
            WorkloadGroup("G722 decode", title: "G.722, decoding 160 octets", unit: "frame") { try self.decoding() },
        ]
    }

    /// A codec in C, of ours or of spandsp, that goes on from frame to frame.
    private final class Peer {
        private let plain = UnsafeMutablePointer<peer_g722>.allocate(capacity: 1)
        private let encoder: UnsafeMutableRawPointer?
        private let decoder: UnsafeMutableRawPointer?
        var codes = [UInt8](repeating: 0, count: 160)
        var samples = [Int16](repeating: 0, count: 320)

        init() throws {
            peer_g722_start(self.plain)
            self.encoder = peer_spandsp_encoder_make()
            self.decoder = peer_spandsp_decoder_make()
            guard self.encoder != nil, self.decoder != nil else { throw WrongResult("spandsp makes no codec") }
        }

        deinit {
            self.plain.deallocate()
            peer_spandsp_encoder_free(self.encoder)
            peer_spandsp_decoder_free(self.decoder)
        }

        func encode(_ frame: [Int16]) {
            frame.withUnsafeBufferPointer { peer_g722_encode(self.plain, $0.baseAddress, &self.codes, 160) }
        }

        func encodeBySpandsp(_ frame: [Int16]) -> Int {
            frame.withUnsafeBufferPointer { peer_spandsp_encode(self.encoder, $0.baseAddress, 320, &self.codes) }
        }

        func decode(_ payload: [UInt8]) {
            payload.withUnsafeBufferPointer { peer_g722_decode(self.plain, $0.baseAddress, &self.samples, 160) }
        }

        func decodeBySpandsp(_ payload: [UInt8]) -> Int {
            payload.withUnsafeBufferPointer { peer_spandsp_decode(self.decoder, $0.baseAddress, 160, &self.samples) }
        }
    }

    private static func payloads(_ frames: [[Int16]]) -> [[UInt8]] {
        var encoder = G722Encoder()
        return frames.map { frame in
            var payload: [UInt8] = []
            _ = encoder.encode(frame.span, appendingTo: &payload)
            return payload
        }
    }

    private static func encoding() throws -> [Workload] {
        let frames = Speech.frames(16_000)
        let expected = self.payloads(frames)
        var encoder = G722Encoder()
        var ours: [UInt8] = []
        let (plain, spandsp) = try (Peer(), Peer())
        return [
            Workload(
                "Svetlana, G722Encoder",
                scope: "mirror filter, both sub-bands",
                isOurs: true,
                cycle: frames.count,
                check: {},
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        ours.removeAll(keepingCapacity: true)
                        let frame = frames[index % 50]
                        _ = encoder.encode(frame.span, appendingTo: &ours)
                        sum &+= UInt64(ours[0])
                    }
                    measure_keep(sum)
                }
            ),
            Workload(
                "the blocks in C, clang -O2",
                scope: "the same, block by block as the recommendation draws it",
                isOurs: false,
                cycle: frames.count,
                check: {
                    let fresh = try Peer()
                    for (frame, payload) in zip(frames, expected) {
                        fresh.encode(frame)
                        guard fresh.codes == payload else { throw WrongResult("G.722 differs from C") }
                    }
                },
                run: { iterations in
                    for index in 0..<iterations { plain.encode(frames[index % 50]) }
                    measure_keep(UInt64(plain.codes[0]))
                }
            ),
            Workload(
                "spandsp, g722_encode",
                scope: "the same",
                isOurs: false,
                cycle: frames.count,
                check: {
                    let fresh = try Peer()
                    for (frame, payload) in zip(frames, expected) {
                        guard fresh.encodeBySpandsp(frame) == 160, fresh.codes == payload else {
                            throw WrongResult("G.722 differs from spandsp's")
                        }
                    }
                },
                run: { iterations in
                    var sum = 0
                    for index in 0..<iterations { sum &+= spandsp.encodeBySpandsp(frames[index % 50]) }
                    measure_keep(UInt64(sum))
                }
            ),
        ]
    }

    private static func decoding() throws -> [Workload] {
        let payloads = self.payloads(Speech.frames(16_000))
        var decoder = G722Decoder()
        var ours: [Int16] = []
        let (plain, spandsp) = try (Peer(), Peer())
        return [
            Workload(
                "Svetlana, G722Decoder",
                scope: "both sub-bands, mirror filter",
                isOurs: true,
                cycle: payloads.count,
                check: {},
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        let payload = payloads[index % 50]
                        _ = decoder.decode(payload.span, into: &ours)
                        sum &+= UInt64(truncatingIfNeeded: ours[0])
                    }
                    measure_keep(sum)
                }
            ),
            Workload(
                "the blocks in C, clang -O2",
                scope: "the same, block by block as the recommendation draws it",
                isOurs: false,
                cycle: payloads.count,
                check: {
                    let fresh = try Peer()
                    var other = G722Decoder()
                    for payload in payloads {
                        fresh.decode(payload)
                        guard fresh.samples == self.decoded(payload, &other) else {
                            throw WrongResult("G.722 differs from C")
                        }
                    }
                },
                run: { iterations in
                    for index in 0..<iterations { plain.decode(payloads[index % 50]) }
                    measure_keep(UInt64(truncatingIfNeeded: plain.samples[0]))
                }
            ),
            Workload(
                "spandsp, g722_decode",
                scope: "the same",
                isOurs: false,
                cycle: payloads.count,
                check: {
                    let fresh = try Peer()
                    var other = G722Decoder()
                    for payload in payloads {
                        let samples = self.decoded(payload, &other)
                        guard fresh.decodeBySpandsp(payload) == 320, fresh.samples == samples else {
                            throw WrongResult("G.722 differs from spandsp's")
                        }
                    }
                },
                run: { iterations in
                    var sum = 0
                    for index in 0..<iterations { sum &+= spandsp.decodeBySpandsp(payloads[index % 50]) }
                    measure_keep(UInt64(sum))
                }
            ),
        ]
    }

    private static func decoded(_ payload: [UInt8], _ decoder: inout G722Decoder) -> [Int16] {
        var samples: [Int16] = []
        _ = decoder.decode(payload.span, into: &samples)
        return samples
    }
}
