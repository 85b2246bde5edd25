import CallCore
import Foundation
import Logging
import Synchronization
import Testing

@testable import svetlana

/// The control socket: who may use it, and what becomes of a request whose sender hangs up.
@Suite(.timeLimit(.minutes(2))) struct ControlTests {
    /// A folder of our own, removed at the end.
    private final class Folder: Sendable {
        let path: String
        init() throws {
            self.path = NSTemporaryDirectory() + "svetlana-test-\(UUID().uuidString.prefix(8))"
            try PrivateFiles.makeFolder(self.path)
        }
        deinit { try? FileManager.default.removeItem(atPath: self.path) }
        var socket: String { self.path + "/control.sock" }
    }

    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    private static let outcome = CallOutcome(result: .answered, detail: "x", transcript: [])

    private static func serving(
        _ folder: Folder,
        _ handle: @escaping @Sendable (ControlRequest, @escaping @Sendable (ControlReply) async -> Void) async -> Void,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let server = ControlServer(path: folder.socket, logger: Self.quiet, handle: handle)
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            while try !ControlClient.isListening(folder.socket) { await Task.yield() }
            try await body()
            group.cancelAll()
        }
    }

    @Test func `a request gets its lines of progress and its result`() async throws {
        let folder = try Folder()
        let replies = Mutex<[ControlReply]>([])
        try await Self.serving(folder) { request, reply in
            guard case .call(let call) = request else { return }
            await reply(.progress(call.target))
            await reply(.call(Self.outcome))
        } _: {
            let request = CallRequest(target: "100", say: nil, oneWay: false, timeout: 5)
            try await ControlClient.ask(.call(request), at: folder.socket) { reply in
                replies.withLock { $0.append(reply) }
            }
            #expect(replies.withLock { $0 } == [.progress("100"), .call(Self.outcome)])
            let mode = try #require(PrivateFiles.status(of: folder.socket)).mode
            #expect(mode & 0o077 == 0)
        }
        #expect(PrivateFiles.status(of: folder.socket) == nil)
    }

    @Test func `who hangs up cancels what was asked for`() async throws {
        let folder = try Folder()
        let (began, beginning) = AsyncStream<Void>.makeStream()
        let (cancelled, cancelling) = AsyncStream<Void>.makeStream()
        try await Self.serving(folder) { _, _ in
            beginning.yield()
            // Like a call that rings: it ends by itself only when it is cancelled.
            let (never, _) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            if Task.isCancelled { cancelling.yield() }
        } _: {
            let asking = Task {
                let request = CallRequest(target: "100", say: "x", oneWay: true, timeout: 5)
                try await ControlClient.ask(.call(request), at: folder.socket) { _ in }
            }
            for await _ in began { break }
            asking.cancel()
            for await _ in cancelled { break }
            await #expect(throws: (any Error).self) { try await asking.value }
        }
    }

    @Test func `a socket that a killed bot left behind is replaced, and nothing else is`() async throws {
        let folder = try Folder()
        try #require(FileManager.default.createFile(atPath: folder.socket, contents: Data("mine".utf8)))
        let server = ControlServer(path: folder.socket, logger: Self.quiet) { _, _ in }
        await #expect(throws: Failure.self) { try await server.run() }
        #expect(FileManager.default.contents(atPath: folder.socket) == Data("mine".utf8))
    }

    @Test func `a folder that others may write to is not used`() throws {
        let folder = try Folder()
        try ControlFolder.check(folder.socket)
        chmod(folder.path, 0o777)
        #expect(throws: Failure.self) { try ControlFolder.check(folder.socket) }
        #expect(throws: Failure.self) { try ControlFolder.prepare(for: folder.socket) }
        #expect(throws: Failure.self) { try ControlClient.isListening(folder.socket) }
        chmod(folder.path, 0o770)
        #expect(throws: Failure.self) { try ControlFolder.check(folder.socket) }
        chmod(folder.path, 0o750)
        try ControlFolder.check(folder.socket)
        // Ours, seen by another user.
        if geteuid() != 0 {
            #expect(throws: Failure.self) { try ControlFolder.check(folder.socket, user: geteuid() + 1) }
        }
        try ControlFolder.prepare(for: folder.path + "/new/control.sock")
        #expect(try #require(PrivateFiles.status(of: folder.path + "/new")).mode & 0o777 == 0o700)
    }

    @Test func `what listens for another user is told nothing`() throws {
        let folder = try Folder()
        #expect(ControlFolder.isTrusted(1_000, at: folder.socket, user: 1_000))
        #expect(ControlFolder.isTrusted(0, at: folder.socket, user: 1_000))
        #expect(!ControlFolder.isTrusted(1_001, at: folder.socket, user: 1_000))
        // Root asks the service, whose folder the system made; not whoever has one in /tmp.
        #expect(!ControlFolder.isTrusted(1_001, at: folder.socket, user: 0))
    }

    @Test func `the kernel says who is at the other end`() throws {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        #expect(PeerCredentials.user(of: pair[0]) == geteuid())
        #expect(PeerCredentials.user(of: -1) == nil)
    }

    @Test func `recordings and their folder are for nobody else`() throws {
        let folder = try Folder()
        let file = folder.path + "/a/b/call.wav"
        try PrivateFiles.makeFolder(folder.path + "/a/b")
        close(try PrivateFiles.create(file))
        #expect(try #require(PrivateFiles.status(of: folder.path + "/a/b")).mode & 0o777 == 0o700)
        #expect(try #require(PrivateFiles.status(of: file)).mode & 0o777 == 0o600)
        #expect(throws: PrivateFileError.self) { try PrivateFiles.create(file) }
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: file + "x")
        #expect(throws: PrivateFileError.self) { try PrivateFiles.create(folder.path + "/link") }
    }

    @Test func `a secret that everybody may read is told`() throws {
        let folder = try Folder()
        let configuration = folder.path + "/svetlana.yaml"
        let secret = folder.path + "/password"
        func warnings(_ yaml: String, _ mode: mode_t, _ secretMode: mode_t = 0o600) throws -> [String] {
            try Data(yaml.utf8).write(to: URL(fileURLWithPath: configuration))
            try Data("secret\n".utf8).write(to: URL(fileURLWithPath: secret))
            chmod(configuration, mode)
            chmod(secret, secretMode)
            let found = Mutex<[String]>([])
            _ = try BotConfiguration.load(path: configuration, environment: [:]) { text in
                found.withLock { $0.append(text) }
            }
            return found.withLock { $0 }
        }
        #expect(try warnings("sip: {password: secret}", 0o644).count == 1)
        #expect(try warnings("sip: {password: secret}", 0o640).count == 1)
        #expect(try warnings("sip: {password: secret}", 0o600).isEmpty)
        #expect(try warnings("sip: {password_file: password}", 0o644).isEmpty)
        let told = try warnings("sip: {password_file: password}", 0o644, 0o644)
        #expect(told.count == 1 && told[0].contains("chmod 600 \(secret)"))
        #expect(try warnings("sip: {password_file: password}", 0o600, 0o640).count == 1)
    }
}
