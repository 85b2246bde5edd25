import CoreTypes
import SIPDiagnostics

/// What is known of the bot's registration: what was asked for, what came of it, and when.
struct RegistrationState: Sendable {
    /// How far it is.
    enum Phase: Sendable {
        /// Nothing was done yet.
        case idle
        /// The configuration wants none; why, for a person.
        case off(String)
        /// The PBX cannot be asked yet; why.
        case waiting(String)
        /// It was asked, and has not responded.
        case asking(since: ContinuousClock.Instant)
        /// It said yes, for this long from then on.
        case confirmed(at: ContinuousClock.Instant, granted: Duration)
        /// It failed, and is tried again.
        case failed(Diagnosis, ExitStatus, retryAt: ContinuousClock.Instant?)
        /// The bot took it back.
        case removed
    }

    /// How far it is.
    var phase = Phase.idle
    /// Who is registered where, such as `200 at 192.168.1.10:5060`.
    var account = ""
    /// Where the PBX is.
    var peer: TransportAddress?
    /// When the PBX said yes last, and for how long.
    var confirmation: (at: ContinuousClock.Instant, granted: Duration)?
    /// The other devices that the PBX held at that time.
    var others: [OtherDevice] = []

    /// What is known, in words and figures, at some time.
    struct Account: Sendable, Equatable {
        var text: String
        var advice: [String] = []
        var isRegistered = false
        var refusal: ExitStatus?
        /// Seconds since the PBX said yes last.
        var confirmedSecondsAgo: Double?
    }

    /// What is known now. A registration counts for as long as it was granted, and not until it is found to be gone.
    func account(at now: ContinuousClock.Instant) -> Account {
        let ago = self.confirmation.map { (now - $0.at).inSeconds }
        let name = self.account.isEmpty ? "" : " as \(self.account)"
        func last() -> String { ago.map { "; last confirmed \(Self.seconds($0)) ago" } ?? "" }
        switch self.phase {
        case .idle: return Account(text: "not registered yet")
        case .off(let why): return Account(text: why)
        case .waiting(let why): return Account(text: "not registered: \(why)", refusal: .noResponse)
        case .asking(let since):
            return Account(
                text:
                    "not registered yet: registering\(name) for \(Self.seconds((now - since).inSeconds)), no response so far"
                    + last(),
                confirmedSecondsAgo: ago
            )
        case .confirmed(let at, let granted):
            guard now - at < granted else {
                return Account(
                    text: "not registered any more\(name): confirmed \(Self.seconds((now - at).inSeconds)) ago for "
                        + "\(Self.seconds(granted.inSeconds)), and not refreshed since",
                    advice: ["the PBX may have stopped, or the network is down: see the bot's log"],
                    refusal: .noResponse,
                    confirmedSecondsAgo: ago
                )
            }
            return Account(
                text: "registered\(name), confirmed \(Self.seconds((now - at).inSeconds)) ago",
                isRegistered: true,
                confirmedSecondsAgo: ago
            )
        case .failed(let diagnosis, let status, retryAt: let retryAt):
            let next = retryAt.map { "; tried again in \(Self.seconds(max(0, ($0 - now).inSeconds)))" } ?? ""
            return Account(
                text: "not registered\(name): \(diagnosis.summary)\(next)\(last())",
                advice: diagnosis.advice,
                refusal: status,
                confirmedSecondsAgo: ago
            )
        case .removed: return Account(text: "unregistered", confirmedSecondsAgo: ago)
        }
    }

    private static func seconds(_ seconds: Double) -> String {
        seconds < 120 ? "\(Int(seconds)) s" : seconds < 7_200 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3_600)) h"
    }
}
