import CallCore
import CoreTypes
import Foundation
import RTPCore
import SIPCore
import Synchronization
import Telephony
import Testing

/// Ctrl-C: a phone must not go on ringing, and nobody must stay in a call that is over. Played with the program itself.
@Suite(.timeLimit(.minutes(3)), .serialized) struct InterruptionTests {
    /// A PBX and phone in one, on the loopback: rings, or answers and listens.
    private final class Phone: Sendable {
        let agent: UserAgent
        let port: UInt16
        private let news: AsyncStream<String>
        private let record: Lines
        private let task: Task<Void, any Error>
        private let listener = Listener()

        init(answers: Bool) async throws {
            let (news, continuation) = AsyncStream<String>.makeStream()
            self.news = news
            let record = Lines()
            self.agent = try UserAgent(
                UserAgentConfiguration(
                    transport: .udp(host: .v4(0x7F00_0001), port: 0),
                    peers: [.v4(0x7F00_0001)],
                    codecs: [.pcmu],
                    rtpPorts: 43_000...43_099,
                    trace: SIPTrace { entry in
                        let text = String(decoding: entry.bytes, as: UTF8.self)
                        let line = text.prefix { !$0.isNewline }
                        let way = entry.direction == .sent ? "sent" : "got"
                        let word = line.hasPrefix("SIP/2.0") ? line.dropFirst(8).prefix(3) : line.prefix { $0 != " " }
                        record.add("\(way) \(word)")
                        continuation.yield("\(way) \(word)")
                    }
                )
            )
            self.record = record
            try await self.agent.start()
            let agent = self.agent
            self.port = try #require(agent.localAddress?.port)
            let listener = self.listener
            self.task = Task {
                try await agent.serve { incoming in
                    incoming.ring()
                    guard answers else {
                        let (never, _) = AsyncStream<Void>.makeStream()
                        for await _ in never {}
                        return
                    }
                    try await incoming.answer { call in
                        for await _ in call.audio.inbound where listener.hears() { return }
                    }
                }
            }
        }

        var seen: [String] { self.record.all }

        /// Returns when a message was seen.
        func saw(_ message: String) async {
            guard !self.seen.contains(message) else { return }
            for await one in self.news where one == message { return }
        }

        /// Hangs up when it has listened for so many frames more.
        func hangUp(afterFrames count: Int) { self.listener.hangUp(after: count) }

        func stop() async {
            await self.agent.stop()
            self.task.cancel()
        }
    }

    /// Counts the frames that are heard; enough, once it is told how many are.
    private final class Listener: Sendable {
        private let frames = Mutex((heard: 0, enough: Int.max))
        func hangUp(after count: Int) { self.frames.withLock { $0.enough = $0.heard + count } }
        func hears() -> Bool {
            self.frames.withLock { frames in
                frames.heard += 1
                return frames.heard >= frames.enough
            }
        }
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { self.lines.withLock { $0.append(line) } }
        var all: [String] { self.lines.withLock { $0 } }
    }

    /// The program, with a configuration for a phone and a control socket of its own.
    private final class Program: Sendable {
        private let process: Process
        private let ended: AsyncStream<Void>
        let output: Lines

        init(_ arguments: [String], folder: String) throws {
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
            let program = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("svetlana")
            self.process = Process()
            self.process.executableURL = program
            self.process.arguments = arguments + ["--config", folder + "/svetlana.yaml"]
            let pipe = Pipe()
            self.process.standardOutput = pipe
            self.process.standardError = pipe
            let output = Lines()
            self.output = output
            pipe.fileHandleForReading.readabilityHandler = { handle in
                output.add(String(decoding: handle.availableData, as: UTF8.self))
            }
            let (ended, continuation) = AsyncStream<Void>.makeStream()
            self.ended = ended
            self.process.terminationHandler = { _ in continuation.finish() }
            try self.process.run()
        }

        func interrupt() { kill(self.process.processIdentifier, SIGINT) }
        func end() { self.process.terminate() }
        var text: String { self.output.all.joined() }

        func wait() async -> Int32 {
            for await _ in self.ended {}
            return self.process.terminationStatus
        }
    }

    private final class Folder: Sendable {
        let path = NSTemporaryDirectory() + "svetlana-interrupt-\(UUID().uuidString.prefix(8))"
        init(port: UInt16, own: UInt16 = 45_060) throws {
            try FileManager.default.createDirectory(
                atPath: self.path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let yaml = """
                owner: {name: Ann, extension: 100}
                sip: {pbx: "127.0.0.1:\(port)", extension: 200, register: false, port: \(own), rtp_ports: "44000-44099"}
                control: {socket: \(self.path)/control.sock}
                """
            try Data(yaml.utf8).write(to: URL(fileURLWithPath: self.path + "/svetlana.yaml"))
        }
        deinit { try? FileManager.default.removeItem(atPath: self.path) }
    }

    private static let text = Array(repeating: "This is a long story about the house.", count: 20).joined(
        separator: " "
    )

    @Test(arguments: [false, true])
    func `A call without a running bot is cancelled, or ended, before the program ends`(answers: Bool) async throws {
        let phone = try await Phone(answers: answers)
        let folder = try Folder(port: phone.port)
        let program = try Program(["call", "100", "--say", Self.text], folder: folder.path)
        await phone.saw(answers ? "got ACK" : "sent 180")
        program.interrupt()
        let status = await program.wait()
        #expect(status == 130, "\(program.text)")
        #expect(phone.seen.contains(answers ? "got BYE" : "got CANCEL"), "\(phone.seen) \(program.text)")
        await phone.stop()
    }

    @Test(arguments: [false, true])
    func `So it is through a running bot`(answers: Bool) async throws {
        let phone = try await Phone(answers: answers)
        let folder = try Folder(port: phone.port)
        let bot = try Program(["run"], folder: folder.path)
        while !FileManager.default.fileExists(atPath: folder.path + "/control.sock") { await Task.yield() }
        let program = try Program(["call", "100", "--say", Self.text], folder: folder.path)
        await phone.saw(answers ? "got ACK" : "sent 180")
        program.interrupt()
        let status = await program.wait()
        #expect(status == 130, "\(program.text)")
        #expect(phone.seen.contains(answers ? "got BYE" : "got CANCEL"), "\(phone.seen) \(program.text) \(bot.text)")
        bot.end()
        #expect(await bot.wait() == 0, "\(bot.text)")
        #expect(bot.text.contains(answers ? "call 1 out to …0 (Ann), " : "call 1 out to …0 (Ann), not answered: "))
        await phone.stop()
    }

    @Test func `A call that the bot placed goes on while it drains`() async throws {
        let phone = try await Phone(answers: true)
        let folder = try Folder(port: phone.port)
        let bot = try Program(["run", "--drain", "600"], folder: folder.path)
        while !FileManager.default.fileExists(atPath: folder.path + "/control.sock") { await Task.yield() }
        let program = try Program(["call", "100", "--say", Self.text], folder: folder.path)
        await phone.saw("got ACK")
        bot.interrupt()
        while !bot.text.contains("draining") { await Task.yield() }
        phone.hangUp(afterFrames: 50)
        #expect(await bot.wait() == 0, "\(bot.text)")
        #expect(phone.seen.contains("sent BYE"), "\(phone.seen)")
        #expect(bot.text.contains("the called party hung up"), "\(bot.text)")
        #expect(bot.text.contains("drained"), "\(bot.text)")
        _ = await program.wait()
        await phone.stop()
    }

    @Test func `A second Ctrl-C ends a bot in a call at once, with BYE`() async throws {
        let phone = try await Phone(answers: true)
        let folder = try Folder(port: phone.port)
        let bot = try Program(["run", "--drain", "600"], folder: folder.path)
        while !FileManager.default.fileExists(atPath: folder.path + "/control.sock") { await Task.yield() }
        let program = try Program(["call", "100", "--say", Self.text], folder: folder.path)
        await phone.saw("got ACK")
        bot.interrupt()
        while !bot.text.contains("draining") { await Task.yield() }
        bot.interrupt()
        let began = ContinuousClock.now
        #expect(await bot.wait() == 0, "\(bot.text)")
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(phone.seen.contains("got BYE"))
        #expect(bot.text.contains("ended because the bot stops"), "\(bot.text)")
        _ = await program.wait()
        await phone.stop()
    }
}
