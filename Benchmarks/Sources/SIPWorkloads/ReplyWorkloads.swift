public import BenchmarkKit
import CMeasure
public import CoreTypes
import SIPCore

/// A 200 to an INVITE that was read before, ours.
public enum ReplyWorkloads {
    /// The request that is answered: of the corpus the INVITE, which came from another address than its Via says.
    public static let request = "03-invite"
    /// The tag of To that each answer gets.
    public static let toTag = "4f0d12b7e8a96633"

    /// Where it came from.
    public static let source = TransportAddress(host: .v4(0xCB00_7107), port: 5060)

    /// The workloads.
    public static func make(_ corpus: Corpus) throws -> [Workload] {
        let invite = try corpus.message(self.request).bytes
        return [try self.writer(invite), try self.builder(invite)]
    }

    private static func writer(_ invite: UnsafeBufferPointer<UInt8>) throws -> Workload {
        Workload(
            "Svetlana, ResponseWriter",
            scope: "copies the header lines by their offsets into the send buffer, with received, rport and To tag",
            isOurs: true,
            // A run reads the request once: so many answers that this does not show.
            cycle: 1000,
            check: {
                try self.withWriter(invite, iterations: 1) { bytes in
                    try self.check((0..<bytes.count).map { bytes[$0] })
                }
            },
            run: { iterations in
                try? self.withWriter(invite, iterations: iterations) { _ in }
            }
        )
    }

    /// Reads the INVITE once, answers it so often into one send buffer, and shows the last answer.
    private static func withWriter(
        _ invite: UnsafeBufferPointer<UInt8>,
        iterations: Int,
        _ body: (Span<UInt8>) throws -> Void
    ) throws {
        let datagram = Span(_unsafeElements: invite)
        var parser = SIPParser()
        try parser.parse(datagram)
        let memory = self.sendBuffer
        var length = 0
        var sum: UInt64 = 0
        for _ in 0..<iterations {
            var buffer = MutableSpan(_unsafeElements: memory)
            let writer = try ResponseWriter(
                200,
                to: parser,
                datagram,
                from: self.source,
                toTag: self.toTag,
                into: &buffer
            )
            length = try writer.finish(into: &buffer)
            sum &+= UInt64(truncatingIfNeeded: length)
        }
        measure_keep(sum)
        try body(Span(_unsafeElements: UnsafeBufferPointer(memory)).extracting(first: length))
    }

    /// The send buffer, which an event loop would have; it stays.
    nonisolated(unsafe) private static let sendBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4096)

    private static func builder(_ invite: UnsafeBufferPointer<UInt8>) throws -> Workload {
        let request = try SIPMessage(Span(_unsafeElements: invite))
        return Workload(
            "Svetlana, SIPMessageBuilder",
            scope: "keeps the request, writes with ResponseWriter, reads it back as a SIPMessage of its own",
            isOurs: true,
            check: {
                let builder = SIPMessageBuilder(response: 200, to: request, toTag: self.toTag)
                try self.check(try builder.build().bytes, source: nil)
            },
            run: { iterations in
                var sum: UInt64 = 0
                for _ in 0..<iterations {
                    let builder = SIPMessageBuilder(response: 200, to: request, toTag: self.toTag)
                    guard let message = try? builder.build() else { continue }
                    sum &+= UInt64(truncatingIfNeeded: message.length)
                }
                measure_keep(sum)
            }
        )
    }

    /// Reads an answer and looks that it has what a 200 to that INVITE must have. Throws when it has not.
    ///
    /// Without `source` nothing is asked of `received` and `rport`: the builder gets a request that has them already.
    public static func check(_ bytes: [UInt8], source: TransportAddress? = Self.source) throws {
        let message = try SIPMessage(bytes)
        guard message.statusCode == 200, message.vias.count == 2, message.recordRoutes.count == 2,
            message.toTag == self.toTag, message.cSeq.number == 1, message.cSeq.method == .invite,
            message.fromTag == "77ab31f0",
            source == nil || String(decoding: bytes, as: UTF8.self).contains(";received=203.0.113.7"),
            source == nil || String(decoding: bytes, as: UTF8.self).contains(";rport=5060")
        else { throw WrongResult("not the 200 that was wanted: \(String(decoding: bytes, as: UTF8.self))") }
    }
}
