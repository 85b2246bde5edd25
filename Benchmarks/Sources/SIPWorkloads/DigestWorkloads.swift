public import BenchmarkKit
import CMeasure
import CoreTypes
import SIPCore

/// Computing and checking digests, ours.
public enum DigestWorkloads {
    /// The response to the fixed challenge with MD5, for peers to agree with.
    public static var md5Response: String {
        self.response(.md5)
    }

    private static func response(_ algorithm: DigestAlgorithm) -> String {
        DigestResponse.compute(
            algorithm: algorithm,
            credentials: DigestCredentials(username: "204", password: "secret"),
            realm: "pbx.example",
            nonce: "67a0c1f85b:7d1b0c3df24599e0a6",
            method: .register,
            uri: "sip:pbx.example;transport=udp",
            protection: DigestResponse.Protection(qop: "auth", count: "00000001", clientNonce: "c8e91b0d44f3"),
            clientNonce: "c8e91b0d44f3"
        )
    }

    /// The workloads.
    public static func make() -> [Workload] {
        [self.workload("Svetlana, MD5", .md5), self.workload("Svetlana, SHA-256", .sha256)]
    }

    private static func workload(_ name: String, _ algorithm: DigestAlgorithm) -> Workload {
        Workload(
            name,
            scope: "response with qop=auth from name, realm, password, nonce and URI",
            isOurs: true,
            check: {
                let digits = self.response(algorithm).utf8.count
                guard digits == (algorithm == .md5 ? 32 : 64) else { throw WrongResult("\(digits) digits") }
            },
            run: { iterations in
                var sum: UInt64 = 0
                for _ in 0..<iterations { sum &+= UInt64(self.response(algorithm).utf8.count) }
                measure_keep(sum)
            }
        )
    }
}
