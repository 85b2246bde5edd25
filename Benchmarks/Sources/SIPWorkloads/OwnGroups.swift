public import BenchmarkKit

/// Our own paths alone: those whose instructions have thresholds.
public enum OwnGroups {
    /// The groups; of transactions only those with few live, for a path's length does not depend on it.
    public static func make(_ corpus: Corpus) -> [WorkloadGroup] {
        [
            WorkloadGroup("parse", title: "Reading", unit: "message") { ParseWorkloads.make(corpus.messages) },
            WorkloadGroup("reply", title: "Answering", unit: "message") { try ReplyWorkloads.make(corpus) },
            TransactionWorkloads.lives(1000),
            TransactionWorkloads.retransmissions(),
            WorkloadGroup("call", title: "A whole call", unit: "call") { try CallWorkloads.make() },
            WorkloadGroup("digest", title: "Digest", unit: "response") { DigestWorkloads.make() },
        ]
    }
}
