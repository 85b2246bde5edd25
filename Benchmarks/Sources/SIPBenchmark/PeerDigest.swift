import BenchmarkKit
import CMeasure
import CPeers
import SIPWorkloads

/// Computing digests, by sofia-sip, with its own MD5.
enum PeerDigest {
    static func make() -> [Workload] {
        [
            Workload(
                "sofia-sip, MD5",
                scope: "auth_digest_a1, auth_digest_response",
                isOurs: false,
                check: {
                    let response = self.response()
                    guard response == DigestWorkloads.md5Response else {
                        throw WrongResult("sofia-sip computes \(response), we \(DigestWorkloads.md5Response)")
                    }
                },
                run: { iterations in
                    var sum: UInt64 = 0
                    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 33) { digits in
                        for _ in 0..<iterations {
                            peer_sofia_digest(digits.baseAddress)
                            sum &+= UInt64(UInt8(bitPattern: digits[0]))
                        }
                    }
                    measure_keep(sum)
                }
            )
        ]
    }

    private static func response() -> String {
        var digits = [CChar](repeating: 0, count: 33)
        peer_sofia_digest(&digits)
        return String(decoding: digits.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
