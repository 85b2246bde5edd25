import CallCore
import CoreTypes
import Synchronization
import Testing

@testable import Telephony

/// Handlers of calls as somebody writes them in the first hour. That they compile is half of the test.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HandlerTests {
    private typealias Handler = @Sendable (IncomingCall) async throws -> Void

    private static let handlers: [(name: String, handler: Handler)] = [
        (
            "switch",
            { incoming in
                switch incoming.info.callerNumber {
                case "101": incoming.reject(status: 603)
                case "102": try await incoming.answer { _ in }
                default: incoming.reject()
                }
            }
        ),
        (
            "switch over an optional",
            { incoming in
                switch incoming.info.callerNumber {
                case .some("101"): incoming.reject(status: 603)
                case let number? where number.hasSuffix("2"):
                    incoming.ring()
                    try await incoming.answer { _ in }
                case .some, .none: incoming.reject()
                }
            }
        ),
        (
            "if",
            { incoming in
                if incoming.info.callerNumber == "101" {
                    incoming.reject(status: 603)
                } else if incoming.info.callerNumber == "102" {
                    try await incoming.answer { _ in }
                } else {
                    incoming.reject()
                }
            }
        ),
        (
            "guard",
            { incoming in
                guard let number = incoming.info.callerNumber else {
                    incoming.reject()
                    return
                }
                guard number != "101" else { return incoming.reject(status: 603) }
                guard number == "102" else { return incoming.reject() }
                try await incoming.answer { _ in }
            }
        ),
        (
            "a task of its own",
            { incoming in
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        do {
                            guard incoming.info.callerNumber == "102" else {
                                return incoming.reject(status: incoming.info.callerNumber == "101" ? 603 : 486)
                            }
                            try await incoming.answer { _ in }
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
        ),
        ("a function", { try await HandlerTests.take($0) }),
    ]

    private static func take(_ incoming: consuming IncomingCall) async throws {
        let isWelcome = incoming.info.callerNumber == "102"
        switch (isWelcome, incoming.info.callerNumber) {
        case (true, _): try await incoming.answer { _ in }
        case (false, "101"): incoming.reject(status: 603)
        case (false, _): incoming.reject()
        }
    }

    @Test(arguments: handlers.map(\.name)) func `The obvious handler compiles and does what it says`(
        name: String
    ) async throws {
        let handler = try #require(Self.handlers.first { $0.name == name }).handler
        let callee = try Phones.callee()
        try await callee.start()
        let address = try #require(callee.localAddress)
        try await Phones.serving(callee, handler) {
            var outcomes: [String: String] = [:]
            for number in ["101", "102", "103"] {
                let caller = try Phones.caller(number, at: address)
                try await caller.start()
                do {
                    try await caller.call("200") { _ in }
                    outcomes[number] = "up"
                } catch TelephonyError.callFailed(.rejected(let status, _)) {
                    outcomes[number] = "\(status)"
                }
                await caller.stop()
            }
            #expect(outcomes == ["101": "603", "102": "up", "103": "486"])
        }
    }

    // MARK: The caller gives up

    /// Serves one call that the caller cancels as soon as the handler has begun; what came of it in the handler.
    private func giveUp(_ handler: @escaping Handler) async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let (begins, begun) = AsyncStream<Void>.makeStream()
        let isDone = Mutex(false)
        try await Phones.serving(callee) { incoming in
            incoming.ring()
            begun.yield()
            defer { isDone.withLock { $0 = true } }
            try await handler(incoming)
        } _: {
            let calling = Task { try await caller.call("200") { _ in } }
            for await _ in begins { break }
            calling.cancel()
            _ = await calling.result
            try await Phones.until { isDone.withLock { $0 } }
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    @Test func `A handler that prepares is cancelled when the caller gives up`() async throws {
        let slept = Mutex<(any Error)?>(nil)
        try await self.giveUp { incoming in
            do { try await Task.sleep(for: .seconds(600)) } catch { slept.withLock { $0 = error } }
            #expect(incoming.endReason == .cancelled)
            await #expect(throws: TelephonyError.callFailed(.cancelled)) { try await incoming.answer { _ in } }
        }
        #expect(slept.withLock { $0 } is CancellationError)
    }

    @Test func `A handler may wait for the caller to give up, in a task of its own as well`() async throws {
        let reasons = Mutex<[CallEndReason?]>([])
        try await self.giveUp { incoming in
            let waiting = Task { await incoming.cancelled() }
            let reason = await incoming.cancelled()
            let other = await waiting.value
            reasons.withLock { $0 = [reason, other] }
        }
        #expect(reasons.withLock { $0 } == [.cancelled, .cancelled])
    }

    @Test func `Nobody is cancelled for a call that was rejected or is up, and to decide twice is an error`()
        async throws
    {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let count = Mutex(0)
        try await Phones.serving(callee) { incoming in
            if count.withLock({ $0 }) == 0 {
                incoming.reject(status: 603)
                try await Phones.until { incoming.endReason != nil }
                await #expect(throws: TelephonyError.alreadyDecided) { try await incoming.answer { _ in } }
            } else {
                try await incoming.answer { _ in
                    #expect(await incoming.cancelled() == nil)
                    incoming.reject()
                }
            }
            #expect(await incoming.cancelled() == nil)
            #expect(!Task.isCancelled)
            count.withLock { $0 += 1 }
        } _: {
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 603, reason: "Decline"))) {
                try await caller.call("200") { _ in }
            }
            try await Phones.until { count.withLock { $0 } == 1 }
            let reason = try await caller.call("200") { call in await call.ended() }
            #expect(reason == .remoteHangup)
            try await Phones.until { count.withLock { $0 } == 2 }
        }
        await caller.stop()
    }
}
