public import CoreTypes

/// One request on its way, above its client transactions: finds where it goes, and tries one target after the other
/// (RFC 3263 section 4.3).
///
/// A leaf machine: its owner asks, sends and cancels as it says. A request that is tried again is the same but for its branch,
/// which the endpoint writes.
public struct Dispatch: Sendable {
    /// Where the request stands.
    public enum State: Hashable, Sendable {
        /// The addresses of a name are asked for.
        case resolving(TargetQuestion, port: UInt16)
        /// It is on its way to the present target of the list.
        case trying(TargetList)
        /// The present target has sent a provisional response: it works on the request, and nobody else is to begin.
        case proceeding(TargetList)
        /// It is to be canceled: nobody else is tried.
        case canceled
        /// A final response came, or it failed.
        case finished
    }

    /// What is to be done.
    public enum Action: Hashable, Sendable {
        /// Nothing.
        case nothing
        /// The addresses of a name are to be found.
        case ask(TargetQuestion)
        /// The request is to be sent in a client transaction of its own.
        case send(Target)
        /// The living client transaction is to be canceled.
        case cancel
        /// The response is for the transaction user.
        case deliver
        /// The request got no final response.
        case fail(TransactionFailure)
    }

    /// Where the request stands.
    public private(set) var state: State
    /// The request, as long as it may have to be sent again.
    public private(set) var request: SIPMessageBuilder?
    /// Where it was sent last.
    public private(set) var target: Target?

    /// Makes the dispatch of a request to a known target, with others behind it; ``start()`` begins.
    public init(_ request: SIPMessageBuilder, to targets: TargetList) {
        self.request = request
        self.state = .trying(targets)
    }

    /// Makes the dispatch of a request to a name; ``start()`` begins.
    public init(_ request: SIPMessageBuilder, to question: TargetQuestion, port: UInt16) {
        self.request = request
        self.state = .resolving(question, port: port)
    }

    /// The name that is asked for.
    public var question: TargetQuestion? {
        if case .resolving(let question, port: _) = self.state { return question }
        return nil
    }

    /// Begins.
    public mutating func start() -> Action {
        switch self.state {
        case .resolving(let question, port: _): return .ask(question)
        case .trying(let targets):
            guard let target = targets.current else { return self.fail(.transport(TransportFault(.unresolved))) }
            return self.send(to: target)
        case .proceeding, .canceled, .finished: return .nothing
        }
    }

    /// Takes the addresses of the name, none where it has none or nobody could be asked; then it goes to `fallback`, if that is given.
    public mutating func handleResolved(_ addresses: [IPAddress], fallback: TransportAddress? = nil) -> Action {
        guard case .resolving(_, port: let port) = self.state else { return .nothing }
        var targets = addresses.map { Target(TransportAddress(host: $0, port: port)) }
        if targets.isEmpty, let fallback { targets = [Target(fallback)] }
        self.state = .trying(TargetList(targets))
        return self.start()
    }

    /// Takes the status of a response.
    public mutating func handleResponse(_ status: Int) -> Action {
        switch self.state {
        case .trying(let targets), .proceeding(let targets):
            if status == 503, targets.hasNext { return self.advance(targets, .timeout) }
            if status >= 200 {
                self.finish()
            } else {
                self.state = .proceeding(targets)
            }
        case .canceled: if status >= 200 { self.finish() }
        // A 2xx to INVITE that comes again, or from another fork.
        case .finished: break
        case .resolving: return .nothing
        }
        return .deliver
    }

    /// Takes the news that the client transaction ended without a final response.
    public mutating func handleFailure(_ failure: TransactionFailure) -> Action {
        switch self.state {
        case .trying(let targets):
            switch failure {
            case .timeout, .transport: return self.advance(targets, failure)
            case .noAnswer, .overloaded: return self.fail(failure)
            }
        case .resolving, .proceeding, .canceled: return self.fail(failure)
        case .finished: return .nothing
        }
    }

    /// The transaction user wants it canceled.
    public mutating func cancel() -> Action {
        switch self.state {
        // Nothing was sent that could be canceled.
        case .resolving: return self.fail(.noAnswer)
        case .trying, .proceeding:
            self.state = .canceled
            return .cancel
        case .canceled, .finished: return .nothing
        }
    }

    private mutating func advance(_ targets: TargetList, _ failure: TransactionFailure) -> Action {
        var targets = targets
        guard let target = targets.advance() else { return self.fail(failure) }
        self.state = .trying(targets)
        return self.send(to: target)
    }

    private mutating func send(to target: Target) -> Action {
        self.target = target
        return .send(target)
    }

    private mutating func fail(_ failure: TransactionFailure) -> Action {
        self.finish()
        return .fail(failure)
    }

    private mutating func finish() {
        self.state = .finished
        self.request = nil
    }
}
