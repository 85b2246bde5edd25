import CoreTypes
import Foundation

/// Which program of this machine holds a UDP port, as far as /proc shows it to this user.
enum PortHolder {
    /// The program and its process, such as `EchoPhone (process 77)`; nil when it is not seen, or is this one.
    static func name(ofPort port: UInt16) -> String? {
        let inodes = Self.inodes(ofPort: port)
        guard !inodes.isEmpty else { return nil }
        let own = ProcessInfo.processInfo.processIdentifier
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        for process in processes.prefix(Self.mostProcesses) where process != own {
            let folder = "/proc/\(process)/fd"
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for file in files.prefix(Self.mostFiles) {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)")
                guard let target, target.hasPrefix("socket:["), inodes.contains(String(target.dropFirst(8).dropLast()))
                else { continue }
                let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "a program"
                return "\(PlainText.line(name, limit: 32)) (process \(process))"
            }
        }
        return nil
    }

    private static func inodes(ofPort port: UInt16) -> Set<String> {
        var found: Set<String> = []
        for table in ["/proc/net/udp", "/proc/net/udp6"] {
            found.formUnion(Self.inodes(ofPort: port, in: (try? String(contentsOfFile: table, encoding: .utf8)) ?? ""))
        }
        return found
    }

    /// The sockets of a port in the text of `/proc/net/udp`.
    static func inodes(ofPort port: UInt16, in table: String) -> Set<String> {
        var found: Set<String> = []
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, let colon = fields[1].lastIndex(of: ":"),
                UInt16(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            else { continue }
            found.insert(String(fields[9]))
        }
        found.remove("0")
        return found
    }

    private static let mostProcesses = 8_192
    private static let mostFiles = 4_096
}
