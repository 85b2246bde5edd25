public import BenchmarkKit
import CMeasure

/// Whole lives of transactions through `SIPEndpoint`'s public API, ours.
public enum TransactionWorkloads {
    /// How many transactions live meanwhile.
    private static let sizes = [100, 1000, 10_000, 100_000]

    /// The flows in one group each, with at most so many transactions that live.
    public static func groups(upTo most: Int) -> [WorkloadGroup] {
        EndpointDriver.Flow.allCases.map { flow in
            WorkloadGroup(self.name(flow), title: self.title(flow), unit: "transaction") {
                try self.sizes.filter { $0 <= most }.map { try self.workload(flow, live: $0) }
            }
        }
    }

    /// Each flow with that many live, in one group.
    public static func lives(_ live: Int) -> WorkloadGroup {
        WorkloadGroup("transaction", title: "Transactions, \(decimal(Double(live))) live", unit: "transaction") {
            try EndpointDriver.Flow.allCases.map { try self.workload($0, live: live, name: self.name($0)) }
        }
    }

    /// Transactions whose memory is counted.
    public static func memory(upTo most: Int) -> [MemoryProbe] {
        [10_000, 100_000].filter { $0 <= most }.flatMap { count in
            EndpointDriver.Flow.allCases.map { flow in
                MemoryProbe("\(self.name(flow)), \(decimal(Double(count))) live", count: count) { count in
                    let driver = try EndpointDriver(flow, live: count)
                    driver.run(count)
                    guard driver.live == count else { throw WrongResult("\(driver.live) live, not \(count)") }
                    return driver
                }
            }
        }
    }

    /// Retransmissions that a transaction absorbs.
    public static func retransmissions() -> WorkloadGroup {
        WorkloadGroup(
            "retransmission",
            title: "A retransmission that is absorbed, 1,000 transactions live",
            unit: "retransmission"
        ) {
            let ringing = try EndpointDriver(.inviteServer, live: 1000)
            ringing.run(1000)
            ringing.ring()
            return [
                try self.retransmission(.optionsServer, "OPTIONS again", "its 200 is sent again"),
                self.retransmission(of: ringing, "INVITE again, ringing", "its 180 is sent again"),
                try self.retransmission(.inviteServer, "INVITE again, accepted", "nothing is sent"),
                try self.retransmission(.optionsClient, "200 to OPTIONS again", "nothing is sent"),
            ]
        }
    }

    private static func workload(_ flow: EndpointDriver.Flow, live: Int, name: String? = nil) throws -> Workload {
        let driver = try EndpointDriver(flow, live: live)
        // Some more than live: then the oldest end as new ones start.
        driver.run(live + live / 10 + 100)
        let (sent, told) = self.perStep(flow)
        return Workload(
            name ?? "\(decimal(Double(live))) live",
            scope: self.title(flow),
            isOurs: true,
            isCounted: live <= 10_000,
            check: {
                guard abs(driver.live - live) <= 1 else { throw WrongResult("\(driver.live) live, not \(live)") }
                let step = driver.countStep()
                guard step.sent == sent, step.told == told else { throw WrongResult("\(flow): \(step)") }
            },
            run: { driver.run($0) }
        )
    }

    private static func retransmission(_ flow: EndpointDriver.Flow, _ name: String, _ scope: String) throws -> Workload
    {
        let driver = try EndpointDriver(flow, live: 1000)
        driver.run(1000)
        return self.retransmission(of: driver, name, scope)
    }

    private static func retransmission(of driver: EndpointDriver, _ name: String, _ scope: String) -> Workload {
        Workload(
            name,
            scope: scope,
            isOurs: true,
            check: { guard driver.repeatLatest() else { throw WrongResult("\(name) is not absorbed") } },
            run: { iterations in
                var absorbed: UInt64 = 0
                for _ in 0..<iterations where driver.repeatLatest() { absorbed += 1 }
                measure_keep(absorbed)
            }
        )
    }

    private static func name(_ flow: EndpointDriver.Flow) -> String {
        switch flow {
        case .optionsServer: "OPTIONS server"
        case .inviteServer: "INVITE server"
        case .optionsClient: "OPTIONS client"
        case .inviteClient: "INVITE client"
        }
    }

    private static func title(_ flow: EndpointDriver.Flow) -> String {
        switch flow {
        case .optionsServer: "Server transaction: OPTIONS in, 200 out, ended by timer J"
        case .inviteServer: "Server transaction: INVITE in, 100, 180, 200 out, ACK in, ended by timer L"
        case .optionsClient: "Client transaction: OPTIONS out, 200 in, ended by timer K"
        case .inviteClient: "Client transaction: INVITE out, 100, 180, 200 in, ACK out, ended by timer M"
        }
    }

    /// Messages that leave and events that are told in a step; the end of the oldest transaction is one of them.
    private static func perStep(_ flow: EndpointDriver.Flow) -> (sent: Int, told: Int) {
        switch flow {
        case .optionsServer: (1, 2)
        case .inviteServer: (3, 3)
        case .optionsClient: (1, 1)
        case .inviteClient: (2, 3)
        }
    }
}
