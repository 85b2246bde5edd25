import CMeasure
import Foundation

/// What of the machine matters to figures: its processor, and how much others took of it meanwhile.
public struct Machine: Codable, Sendable {
    /// The processor's name, of how many there are.
    public var processor: String
    /// The kernel's version.
    public var kernel: String
    /// The C library's and the peers' packages with versions.
    public var packages: [String]
    /// The compiler.
    public var compiler: String
    /// The part of the time that the host gave to others while we measured, in percent; filled in at the end.
    public var steal: Double = 0

    private var stolenBefore = 0.0
    private var totalBefore = 0.0

    /// Looks at the machine; `packages` are Debian's names.
    public init(packages: [String]) {
        let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let name = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
        let model = name?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        self.processor = "\(ProcessInfo.processInfo.processorCount) x \(model)"
        let release = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        self.kernel = release?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
        self.packages = packages.compactMap { Self.version(of: $0) }
        self.compiler = ProcessInfo.processInfo.environment["BENCHMARK_COMPILER"] ?? "unknown"
        (self.stolenBefore, self.totalBefore) = Self.times()
    }

    /// Notes how much time was stolen since the beginning.
    public mutating func finish() {
        let (stolen, total) = Self.times()
        self.steal = total > self.totalBefore ? 100 * (stolen - self.stolenBefore) / (total - self.totalBefore) : 0
    }

    /// Binds this process to the last processor, away from what the system likes to put on the first.
    public static func pin() {
        _ = measure_pin(Int32(ProcessInfo.processInfo.processorCount - 1))
    }

    /// The machine in one paragraph.
    public var text: String {
        """
        \(self.processor), Linux \(self.kernel); \(self.compiler); \(self.packages.joined(separator: ", ")). \
        Time that the host gave to others meanwhile (steal): \(decimal(self.steal, 1)) %.
        """
    }

    private static func times() -> (stolen: Double, total: Double) {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let numbers = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        return (numbers.count > 7 ? numbers[7] : 0, numbers.prefix(8).reduce(0, +))
    }

    private static func version(of package: String) -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["dpkg-query", "-W", "-f", "${Package} ${Version}", package]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
