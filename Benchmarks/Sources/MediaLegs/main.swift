import CMeasure
import CoreTypes
import Foundation
import RTPCore
import Telephony

// Carries legs on one media loop, and nothing else: each gives back what it hears, at 16 kHz, or passes it on to its
// neighbor. Says "ready" when all legs are there, tells a snapshot for each line of input, and ends when that does.

func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

/// Bytes of an encoder and a decoder, by the counting allocator.
func codecBytes(_ codec: AudioCodec) -> Double? {
    guard measure_live_bytes() != .max else { return nil }
    guard codec == .opus else { return 0 }
    let before = measure_live_bytes()
    let encoder = OpusEncoder()
    let decoder = OpusDecoder()
    guard encoder != nil, decoder != nil else { return nil }
    return Double(measure_live_bytes() - before)
}

let options: Options
do {
    options = try Options(Array(CommandLine.arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}

// Each leg has a socket for RTP and one for RTCP.
let wanted = rlim_t(2 * options.legs + 128)
var limit = rlimit()
getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
limit.rlim_max = max(limit.rlim_max, wanted)
limit.rlim_cur = max(limit.rlim_cur, wanted)
setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)

// What tells snapshots is not to take the processor of the loop, whose thread binds itself.
if options.core != 0 { _ = measure_pin(0) }
let codec = options.kind.codec
let bytesOfCodec = codecBytes(codec)
let loop = try MediaLoop(core: options.core)
let pool = PortPool(range: UInt16(options.port)...UInt16(options.port + 2 * options.legs - 1))
let host = IPAddress.v4(0x7F00_0001)
let telephones = IPAddress.v4(0x7F00_0002)
let payloadType = codec.staticPayloadType ?? 96
// Once ahead of the count of bytes, for what Foundation keeps from then on is no leg's.
let encoder = JSONEncoder()
func text(_ snapshot: Snapshot) -> String {
    String(decoding: (try? encoder.encode(snapshot)) ?? Data(), as: UTF8.self)
}
_ = text(await Snapshot(of: loop, legs: [], codecBytes: bytesOfCodec, allocations: nil))
let empty = await Snapshot(of: loop, legs: [], codecBytes: bytesOfCodec, allocations: nil)
var legs: [(port: UInt16, leg: MediaLegID)] = []
for _ in 0..<options.legs {
    let socket = try pool.open(host: host)
    let parameters = MediaParameters(
        codec: codec,
        sendPayloadType: payloadType,
        receivePayloadTypes: [payloadType],
        remote: TransportAddress(host: telephones, port: socket.port - UInt16(options.port) + UInt16(options.peer)),
        multiplexesRTCP: true
    )
    let leg =
        if let plant = options.plant {
            loop.add(socket, parameters, processor: PlantedEcho(plant))
        } else {
            loop.add(socket, parameters, processor: LoopEcho(sampleRate: options.rate))
        }
    legs.append((socket.port, leg))
}
legs.sort { $0.port < $1.port }
if options.kind == .relay {
    for index in stride(from: 1, to: legs.count, by: 2) { loop.relay(legs[index - 1].leg, legs[index].leg) }
}
let identifiers = legs.map(\.leg)
_ = await loop.lateness()
say("ready")

say(text(empty))
var input = [UInt8](repeating: 0, count: 16)
while true {
    let before = measure_allocations()
    // Blocks: nothing else of this process is to run while the loop is measured.
    let count = read(0, &input, input.count)
    let after = measure_allocations()
    guard count > 0 else { break }
    let allocations = after == .max ? nil : after - before
    say(text(await Snapshot(of: loop, legs: identifiers, codecBytes: bytesOfCodec, allocations: allocations)))
}
