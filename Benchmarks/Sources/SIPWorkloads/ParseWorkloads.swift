public import BenchmarkKit
import CMeasure
import SIPCore

/// Reading messages, ours.
public enum ParseWorkloads {
    /// What is read: all messages in turn, or one again and again.
    public static func make(_ messages: [Corpus.Message]) -> [Workload] {
        let spans = messages.map(\.bytes)
        func check() throws { try self.check(messages) }
        return [
            Workload(
                "Svetlana, typed core",
                scope: "indexes all headers; types start line, Request-URI, all Vias, From, To, Call-ID, CSeq, Contact,"
                    + " routes, Max-Forwards, Content-Length with URIs and parameters; on the receive buffer",
                isOurs: true,
                cycle: spans.count,
                check: check,
                run: { self.parseCore(spans, $0) }
            ),
            Workload(
                "Svetlana, owned SIPMessage",
                scope: "the same, then bytes and index copied into a value of its own",
                isOurs: true,
                cycle: spans.count,
                check: check,
                run: { self.parseOwned(spans, $0) }
            ),
        ]
    }

    /// What our parser finds.
    public static func facts(_ message: Corpus.Message) throws -> MessageFacts {
        let parsed = try SIPMessage(Span(_unsafeElements: message.bytes))
        return MessageFacts(
            cSeq: parsed.cSeq.number,
            branch: parsed.topVia.branch ?? "",
            callID: parsed.callID,
            fromTag: parsed.fromTag ?? "",
            vias: parsed.vias.count,
            contacts: parsed.contacts.count
        )
    }

    /// Compares with the text itself, looked through in the plainest way.
    private static func check(_ messages: [Corpus.Message]) throws {
        for message in messages {
            let facts = try self.facts(message)
            let text = String(decoding: message.bytes, as: UTF8.self)
            guard text.contains("\r\nCSeq: \(facts.cSeq) "), text.contains("\r\nCall-ID: \(facts.callID)\r\n"),
                text.contains(";branch=\(facts.branch);"), text.contains(";tag=\(facts.fromTag)\r\n"), facts.vias > 0
            else { throw WrongResult("\(message.name): \(facts)") }
        }
    }

    private static func parseCore(_ messages: [UnsafeBufferPointer<UInt8>], _ iterations: Int) {
        // One parser for all messages, as an event loop has one.
        var parser = SIPParser()
        var next = 0
        var accepted: UInt64 = 0
        for _ in 0..<iterations {
            if (try? parser.parse(Span(_unsafeElements: messages[next]))) != nil { accepted &+= 1 }
            next += 1
            if next == messages.count { next = 0 }
        }
        precondition(accepted == UInt64(iterations), "a message was refused")
        measure_keep(accepted)
    }

    private static func parseOwned(_ messages: [UnsafeBufferPointer<UInt8>], _ iterations: Int) {
        var next = 0
        var sum: UInt64 = 0
        for _ in 0..<iterations {
            guard let message = try? SIPMessage(Span(_unsafeElements: messages[next])) else { continue }
            sum &+= UInt64(truncatingIfNeeded: message.length)
            next += 1
            if next == messages.count { next = 0 }
        }
        measure_keep(sum)
    }
}
