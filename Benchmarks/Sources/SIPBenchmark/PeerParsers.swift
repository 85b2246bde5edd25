import BenchmarkKit
import CMeasure
import CPeers
import SIPWorkloads

/// Reading messages, by the peers.
enum PeerParsers {
    static func make(_ messages: [Corpus.Message]) -> [Workload] {
        peer_sofia_start()
        peer_osip_start()
        let inputs = messages.map { (bytes: UnsafeRawPointer($0.bytes.baseAddress).chars, length: $0.bytes.count) }
        let buffers = inputs.map { peer_re_buffer($0.bytes, $0.length) }
        let count = messages.count
        return [
            Workload(
                "sofia-sip, msg_make",
                scope: "copies the bytes, types every header that it knows; msg_destroy",
                isOurs: false,
                cycle: count,
                check: {
                    try self.check("sofia-sip", messages) { index, facts in
                        peer_sofia_facts(inputs[index].bytes, inputs[index].length, facts)
                    }
                },
                run: { iterations in
                    self.round(iterations, count) { peer_sofia_parse(inputs[$0].bytes, inputs[$0].length) }
                }
            ),
            Workload(
                "osip2, osip_message_parse",
                scope: "types and copies each piece of the headers that it knows; osip_message_free",
                isOurs: false,
                cycle: count,
                check: {
                    try self.check("osip2", messages) { index, facts in
                        peer_osip_facts(inputs[index].bytes, inputs[index].length, facts)
                    }
                },
                run: { iterations in
                    self.round(iterations, count) { peer_osip_parse(inputs[$0].bytes, inputs[$0].length) }
                }
            ),
            Workload(
                "libre, sip_msg_decode",
                scope:
                    "types Request-URI, top Via, From, To, CSeq, Call-ID; lists all; Contact and routes raw; mem_deref",
                isOurs: false,
                cycle: count,
                check: {
                    try self.check("libre", messages) { index, facts in peer_re_facts(buffers[index], facts) }
                },
                run: { iterations in self.round(iterations, count) { peer_re_parse(buffers[$0]) } }
            ),
        ]
    }

    @inline(__always)
    private static func round(_ iterations: Int, _ count: Int, _ parse: (Int) -> UInt32) {
        var next = 0
        var sum: UInt64 = 0
        for _ in 0..<iterations {
            sum &+= UInt64(parse(next))
            next += 1
            if next == count { next = 0 }
        }
        measure_keep(sum)
    }

    private static func check(
        _ peer: String,
        _ messages: [Corpus.Message],
        _ parse: (Int, UnsafeMutablePointer<peer_facts>) -> Int32
    ) throws {
        for (index, message) in messages.enumerated() {
            var found = peer_facts()
            guard parse(index, &found) == 0 else { throw WrongResult("\(peer) refuses \(message.name)") }
            let facts = MessageFacts(
                cSeq: found.cseq,
                branch: self.text(found.branch),
                callID: self.text(found.call_id),
                fromTag: self.text(found.from_tag),
                vias: Int(found.vias),
                contacts: Int(found.headers_with_contact)
            )
            let ours = try ParseWorkloads.facts(message)
            guard facts == ours else { throw WrongResult("\(message.name): \(peer) says \(facts), we say \(ours)") }
        }
    }

    /// A C array of characters that ends with a zero.
    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Optional where Wrapped == UnsafeRawPointer {
    /// The same bytes as C's characters.
    var chars: UnsafePointer<CChar>? {
        self?.assumingMemoryBound(to: CChar.self)
    }
}
