import BenchmarkKit
import CMeasure
import CPeers
import SIPWorkloads

/// A 200 to an INVITE that was read before, by the peers.
enum PeerReplies {
    private typealias Reply = (UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, Int) -> Int

    static func make(_ corpus: Corpus) throws -> [Workload] {
        let invite = try corpus.message(ReplyWorkloads.request)
        let bytes = UnsafeRawPointer(invite.bytes.baseAddress).chars
        return [
            self.workload(
                "libre, body of sip_replyf",
                "growing buffer, one mbuf_printf for each header that is echoed",
                request: peer_re_request(bytes, invite.bytes.count),
                tag: "4f0d12b7e8a96633",
                peer_re_reply
            ),
            self.workload(
                "sofia-sip, as nta_incoming_treply",
                "sip_add_dup of each header, then msg_prepare",
                request: peer_sofia_request(bytes, invite.bytes.count),
                tag: "4f0d12b7e8a96633",
                peer_sofia_reply
            ),
            self.workload(
                "osip2, clones and osip_message_to_str",
                "clones each header, then text",
                request: peer_osip_request(bytes, invite.bytes.count),
                tag: "4f0d12b7e8a96633",
                peer_osip_reply
            ),
        ]
    }

    private static func workload(
        _ name: String,
        _ scope: String,
        request: UnsafeMutableRawPointer?,
        tag: String,
        _ reply: @escaping Reply
    ) -> Workload {
        Workload(
            name,
            scope: scope,
            isOurs: false,
            check: {
                guard request != nil else { throw WrongResult("\(name) refuses the INVITE") }
                var out = [CChar](repeating: 0, count: 4096)
                let length = reply(request, &out, out.count)
                try ReplyWorkloads.check(out.prefix(length).map { UInt8(bitPattern: $0) })
            },
            run: { iterations in
                var sum: UInt64 = 0
                for _ in 0..<iterations { sum &+= UInt64(reply(request, nil, 0)) }
                measure_keep(sum)
            }
        )
    }
}
