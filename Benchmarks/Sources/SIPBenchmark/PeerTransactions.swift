import BenchmarkKit
import CMeasure
import CPeers
import SIPWorkloads

/// Non-INVITE server transactions of osip2: the one peer whose machines run without a network.
///
/// It has no table by key: it compares with every transaction that lives, so that only small numbers are tried.
enum PeerTransactions {
    static let sizes = [100, 1000]

    static func make() -> [Workload] {
        peer_osip_start()
        return self.sizes.map { self.workload(live: $0) }
    }

    private static func workload(live: Int) -> Workload {
        let driver = OsipDriver(live: live)
        driver.run(live + live / 10)
        return Workload(
            "osip2, \(decimal(Double(live))) live",
            scope: "osip_parse, osip_transaction_find, create, 200, encode; the oldest is freed",
            isOurs: false,
            check: {
                guard driver.count == live, driver.step() > 200 else { throw WrongResult("\(driver.count) live") }
            },
            run: { driver.run($0) }
        )
    }
}

/// Feeds osip2 with the messages that our endpoint gets.
final class OsipDriver {
    private let transactions: OpaquePointer?
    private var options = PeerMessages.options
    private var number = 0

    init(live: Int) {
        self.transactions = peer_osip_transactions_make(live)
    }

    deinit {
        peer_osip_transactions_free(self.transactions)
    }

    /// How many live.
    var count: Int {
        peer_osip_transactions_count(self.transactions)
    }

    /// One transaction; the bytes that it sent.
    func step() -> Int {
        self.number += 1
        self.options.number(self.number)
        return self.options.bytes.withUnsafeBytes {
            peer_osip_transactions_step(self.transactions, $0.baseAddress.chars, $0.count)
        }
    }

    /// So many transactions.
    func run(_ steps: Int) {
        var sum: UInt64 = 0
        for _ in 0..<steps { sum &+= UInt64(self.step()) }
        measure_keep(sum)
    }
}
