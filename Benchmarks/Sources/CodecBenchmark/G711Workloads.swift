import BenchmarkKit
import CCodecs
import CMeasure
import RTPCore

/// G.711: our tables beside the same tables in C.
enum G711Workloads {
    private typealias Encode = (UnsafePointer<Int16>?, UnsafeMutablePointer<UInt8>?, Int) -> Void
    private typealias Decode = (UnsafePointer<UInt8>?, UnsafeMutablePointer<Int16>?, Int) -> Void

    static func groups() -> [WorkloadGroup] {
        peer_g711_start()
        return [
            WorkloadGroup("PCMU encode", title: "G.711 µ-law, encoding 160 samples", unit: "frame") {
                self.encoding(.mu, peer_g711_encode_mu)
            },
            WorkloadGroup("PCMU decode", title: "G.711 µ-law, decoding 160 samples", unit: "frame") {
                self.decoding(.mu, peer_g711_decode_mu)
            },
            WorkloadGroup("PCMA encode", title: "G.711 A-law, encoding 160 samples", unit: "frame") {
                self.encoding(.a, peer_g711_encode_a)
            },
            WorkloadGroup("PCMA decode", title: "G.711 A-law, decoding 160 samples", unit: "frame") {
                self.decoding(.a, peer_g711_decode_a)
            },
        ]
    }

    private static func encoding(_ law: G711.Law, _ encode: @escaping Encode) -> [Workload] {
        let frames = Speech.frames(8_000)
        var ours: [UInt8] = []
        var theirs = [UInt8](repeating: 0, count: 160)
        var codec = G711Codec(law)
        return [
            Workload(
                "Svetlana, G711Codec",
                scope: "a table of 16,384 (8,192) codes, appended to an array that is used again",
                isOurs: true,
                cycle: frames.count,
                check: {
                    for sample in Int16.min...Int16.max {
                        var code: UInt8 = 0
                        withUnsafePointer(to: sample) { encode($0, &code, 1) }
                        guard code == G711.encode(sample, law: law) else { throw WrongResult("\(law) of \(sample)") }
                    }
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        ours.removeAll(keepingCapacity: true)
                        let frame = frames[index % 50]
                        _ = codec.encode(frame.span, appendingTo: &ours)
                        sum &+= UInt64(ours[0])
                    }
                    measure_keep(sum)
                }
            ),
            Workload(
                "a loop in C, clang -O2",
                scope: "the same table, into a buffer",
                isOurs: false,
                cycle: frames.count,
                check: {
                    frames[3].withUnsafeBufferPointer { encode($0.baseAddress, &theirs, 160) }
                    ours.removeAll()
                    let frame = frames[3]
                    _ = codec.encode(frame.span, appendingTo: &ours)
                    guard ours == theirs else { throw WrongResult("\(law) differs from C") }
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        frames[index % 50].withUnsafeBufferPointer { encode($0.baseAddress, &theirs, 160) }
                        sum &+= UInt64(theirs[0])
                    }
                    measure_keep(sum)
                }
            ),
        ]
    }

    private static func decoding(_ law: G711.Law, _ decode: @escaping Decode) -> [Workload] {
        let payloads = Speech.frames(8_000).map { $0.map { G711.encode($0, law: law) } }
        var ours: [Int16] = []
        var theirs = [Int16](repeating: 0, count: 160)
        var codec = G711Codec(law)
        return [
            Workload(
                "Svetlana, G711Codec",
                scope: "a table of 256 samples, into an array that is used again",
                isOurs: true,
                cycle: payloads.count,
                check: {
                    for code in UInt8.min...UInt8.max {
                        var sample: Int16 = 0
                        withUnsafePointer(to: code) { decode($0, &sample, 1) }
                        guard sample == G711.decode(code, law: law) else { throw WrongResult("\(law) of \(code)") }
                    }
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        let payload = payloads[index % 50]
                        _ = codec.decode(payload.span, into: &ours)
                        sum &+= UInt64(truncatingIfNeeded: ours[0])
                    }
                    measure_keep(sum)
                }
            ),
            Workload(
                "a loop in C, clang -O2",
                scope: "the same table, into a buffer",
                isOurs: false,
                cycle: payloads.count,
                check: {
                    payloads[3].withUnsafeBufferPointer { decode($0.baseAddress, &theirs, 160) }
                    let payload = payloads[3]
                    _ = codec.decode(payload.span, into: &ours)
                    guard ours == theirs else { throw WrongResult("\(law) differs from C") }
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    for index in 0..<iterations {
                        payloads[index % 50].withUnsafeBufferPointer { decode($0.baseAddress, &theirs, 160) }
                        sum &+= UInt64(truncatingIfNeeded: theirs[0])
                    }
                    measure_keep(sum)
                }
            ),
        ]
    }
}
