/// Something that the figures have to reach.
public struct Target: Codable, Sendable {
    /// What is asked, in words.
    public var name: String
    /// What was measured.
    public var value: Double
    /// What it must not exceed.
    public var limit: Double

    /// Makes a target from its parts.
    public init(_ name: String, value: Double, limit: Double) {
        self.name = name
        self.value = value
        self.limit = limit
    }

    /// Whether it is reached.
    public var passes: Bool {
        self.value <= self.limit
    }

    /// One line: PASS or FAIL, what, and by how much.
    public var line: String {
        "\(self.passes ? "PASS" : "FAIL")  \(self.name): \(decimal(self.value, 3)) (at most \(decimal(self.limit, 3)))"
    }
}
