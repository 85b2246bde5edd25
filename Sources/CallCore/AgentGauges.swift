/// What an agent holds at the moment; after a drain every figure is 0.
public struct AgentGauges: Sendable, Equatable, Codable {
    /// Calls that have not ended.
    public var calls = 0
    /// Dialogs, those included that wait for their BYE to be answered.
    public var dialogs = 0
    /// Requests of ours without a final answer, or that still absorb retransmissions of it.
    public var clientTransactions = 0
    /// Requests of others that are not answered, or that still absorb retransmissions.
    public var serverTransactions = 0
    /// Accounts that hold a binding at their registrar.
    public var registrations = 0
    /// RTP ports in use.
    public var ports = 0
    /// Legs on the media loop.
    public var mediaLegs = 0

    /// Makes gauges that read 0.
    public init() {}
}
