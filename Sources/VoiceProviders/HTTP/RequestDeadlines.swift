/// How long a streamed answer may take. The servers have no deadlines that suit a phone call, so these are ours.
public struct RequestDeadlines: Sendable, Hashable {
    /// From the request to the first word or sample.
    public var firstPart: Duration
    /// Between two signs of life after that.
    public var betweenParts: Duration
    /// From the request to the end.
    public var total: Duration

    /// Makes deadlines.
    public init(firstPart: Duration, betweenParts: Duration, total: Duration) {
        self.firstPart = firstPart
        self.betweenParts = betweenParts
        self.total = total
    }

    /// For a model: tools may run long, and Hermes sends its sign of life every 30 seconds.
    public static let model = RequestDeadlines(
        firstPart: .seconds(30),
        betweenParts: .seconds(45),
        total: .seconds(180)
    )

    /// For a voice: a sentence at a time, the first of which may have to load the model.
    public static let voice = RequestDeadlines(firstPart: .seconds(10), betweenParts: .seconds(10), total: .seconds(60))
}
