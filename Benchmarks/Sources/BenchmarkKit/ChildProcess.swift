import Foundation

/// A program that we started: lines in, lines out, and the processor time of its threads.
public final class ChildProcess {
    private let name: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending: [UInt8] = []

    /// Starts a program; `counter` is a library that is loaded ahead of the allocator.
    public init(_ program: String, _ arguments: [String], counter: String? = nil, logs: String? = nil) throws {
        self.name = (program as NSString).lastPathComponent
        var environment = ProcessInfo.processInfo.environment
        environment["LD_PRELOAD"] = counter
        self.process.executableURL = URL(fileURLWithPath: program)
        self.process.arguments = arguments
        self.process.environment = environment
        self.process.standardInput = self.input
        if let logs {
            _ = FileManager.default.createFile(atPath: logs, contents: nil)
            let file = FileHandle(forWritingAtPath: logs)
            self.process.standardOutput = file
            self.process.standardError = file
        } else {
            self.process.standardOutput = self.output
        }
        try self.process.run()
    }

    /// The next line that it writes.
    public func line(within seconds: Double) throws -> String {
        let descriptor = self.output.fileHandleForReading.fileDescriptor
        var block = [UInt8](repeating: 0, count: 4_096)
        while true {
            if let end = self.pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { self.pending.removeFirst(end + 1) }
                return String(decoding: self.pending[..<end], as: UTF8.self)
            }
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(seconds * 1_000)) > 0 else {
                throw WrongResult("\(self.name) said nothing for \(decimal(seconds)) s")
            }
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { throw WrongResult("\(self.name) ended early") }
            self.pending += block[..<count]
        }
    }

    /// Gives it a line.
    public func say(_ line: String) {
        self.input.fileHandleForWriting.write(Data((line + "\n").utf8))
    }

    /// Nanoseconds that its threads of that name ran, all of them when there is no name.
    public func cpuNanoseconds(thread name: String?) -> Double {
        let folder = "/proc/\(self.process.processIdentifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.reduce(0) { sum, thread in
            if let name {
                let own = try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8)
                guard own?.trimmingCharacters(in: .newlines) == name else { return sum }
            }
            let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
            return sum + (text?.split(separator: " ").first.flatMap { Double($0) } ?? 0)
        }
    }

    /// Its process.
    public var identifier: Int32 { self.process.processIdentifier }

    /// Its thread of that name.
    public func thread(_ name: String) -> Int? {
        let folder = "/proc/\(self.process.processIdentifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.first { thread in
            let own = try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8)
            return own?.trimmingCharacters(in: .newlines) == name
        }.flatMap { Int($0) }
    }

    /// How often its threads gave their processor to others, by their own wish or not.
    public var switches: Double {
        let folder = "/proc/\(self.process.processIdentifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.reduce(0) { sum, thread in
            let text = (try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8)) ?? ""
            let counts = text.split(separator: "\n").filter { $0.contains("ctxt_switches:") }
            return counts.reduce(sum) { $0 + ($1.split(separator: "\t").last.flatMap { Double($0) } ?? 0) }
        }
    }

    /// Waits until it ends by itself, and gives its exit status; `nil` when it did not within that time.
    public func end(within seconds: Double) -> Int32? {
        let end = Date(timeIntervalSinceNow: seconds)
        while self.process.isRunning {
            guard Date() < end else { return nil }
            usleep(20_000)
        }
        return self.process.terminationStatus
    }

    /// How many threads it has.
    public var threads: Int {
        let folder = "/proc/\(self.process.processIdentifier)/task"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count ?? 0
    }

    /// Bytes of it that are in memory.
    public var residentBytes: Double {
        let file = "/proc/\(self.process.processIdentifier)/statm"
        let text = try? String(contentsOfFile: file, encoding: .utf8)
        let pages = text?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Ends its input, which ends our own programs, and the program itself if it does not mind that.
    public func stop(kills: Bool = false) {
        try? self.input.fileHandleForWriting.close()
        if kills { kill(self.process.processIdentifier, SIGKILL) }
        self.process.waitUntilExit()
    }
}
