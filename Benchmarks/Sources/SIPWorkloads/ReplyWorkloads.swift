public import BenchmarkKit
import CMeasure
import SIPCore

/// A 200 to an INVITE that was read before, ours.
public enum ReplyWorkloads {
    /// The request that is answered: of the corpus the INVITE, whose top Via got its `received` and `rport`.
    public static let request = "03-invite"

    /// The workloads.
    public static func make(_ corpus: Corpus) throws -> [Workload] {
        let invite = try corpus.message(self.request)
        let request = try SIPMessage(Span(_unsafeElements: invite.bytes))
        return [
            Workload(
                "Svetlana, ResponseWriter",
                scope: "lines copied into a send buffer that is used again",
                isOurs: true,
                check: { try self.check(try self.write(request)) },
                run: { iterations in
                    var storage = [UInt8](repeating: 0, count: 4_096)
                    var buffer = storage.mutableSpan
                    var sum: UInt64 = 0
                    for _ in 0..<iterations {
                        guard
                            let writer = try? ResponseWriter(
                                200,
                                to: request,
                                from: nil,
                                toTag: "4f0d12b7e8a96633",
                                into: &buffer
                            ),
                            let count = try? writer.finish(into: &buffer)
                        else { continue }
                        sum &+= UInt64(truncatingIfNeeded: count)
                    }
                    measure_keep(sum)
                }
            ),
            Workload(
                "Svetlana, SIPMessageBuilder",
                scope: "builder, checked by reading it back, as a SIPMessage",
                isOurs: true,
                check: {
                    let builder = SIPMessageBuilder(response: 200, to: request, toTag: "4f0d12b7e8a96633")
                    try self.check(try builder.build().bytes)
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    for _ in 0..<iterations {
                        let builder = SIPMessageBuilder(response: 200, to: request, toTag: "4f0d12b7e8a96633")
                        guard let message = try? builder.build() else { continue }
                        sum &+= UInt64(truncatingIfNeeded: message.length)
                    }
                    measure_keep(sum)
                }
            ),
        ]
    }

    /// The answer as the writer makes it.
    private static func write(_ request: SIPMessage) throws -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: 4_096)
        var buffer = storage.mutableSpan
        let writer = try ResponseWriter(200, to: request, from: nil, toTag: "4f0d12b7e8a96633", into: &buffer)
        let count = try writer.finish(into: &buffer)
        return Array(storage[..<count])
    }

    /// Reads an answer and looks that it has what a 200 to that INVITE must have. Throws when it has not.
    public static func check(_ bytes: [UInt8]) throws {
        let message = try SIPMessage(bytes)
        guard message.statusCode == 200, message.vias.count == 2, message.recordRoutes.count == 2,
            message.toTag == "4f0d12b7e8a96633", message.cSeq.number == 1, message.cSeq.method == .invite,
            message.fromTag == "77ab31f0"
        else { throw WrongResult("not the 200 that was wanted: \(String(decoding: bytes, as: UTF8.self))") }
    }
}
