import AudioCore
import CallCore
import CoreTypes
import RTPCore
import SIPCore
import Synchronization
import Testing

@testable import Telephony

/// Two user agents on this machine, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct LoopbackCallTests {
    @Test(arguments: [AudioCodec.pcmu, .pcma, .opus]) func `A call with audio both ways and DTMF digits`(
        codec: AudioCodec
    ) async throws {
        let callee = try Phones.callee(codecs: [codec])
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress), codecs: [codec])
        try await caller.start()
        let statuses = Mutex<[Int]>([])
        try await Phones.serving(callee) { incoming in
            try await Phones.echo(incoming)
        } _: {
            let (loudness, reason, statistics) = try await caller.call(
                "200",
                onRinging: { status in statuses.withLock { $0.append(status) } }
            ) { call in
                #expect(call.media?.codec == codec)
                #expect(call.audio.outbound.sampleRate == codec.audioRate)
                let loudness = try await Phones.loudness(of: call)
                for digit: Character in ["1", "2", "#"] { call.sendDTMF(digit) }
                let reason = await call.ended()
                return (loudness, reason, await call.statistics())
            }
            #expect(abs(loudness + 12) < 5)
            #expect(reason == .remoteHangup)
            // A repeated INVITE gets its 180 again.
            #expect(Set(statuses.withLock { $0 }) == [180])
            #expect((statistics?.packetsReceived ?? 0) > 20)
            #expect(statistics?.malformed == 0)
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    @Test func `The caller hangs up by leaving the body`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let reasons = Mutex<[CallEndReason]>([])
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                let reason = await call.ended()
                reasons.withLock { $0.append(reason) }
            }
        } _: {
            for _ in 0..<3 { try await caller.call("200") { _ in } }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        #expect(reasons.withLock { $0 } == [.remoteHangup, .remoteHangup, .remoteHangup])
        await caller.stop()
    }

    @Test func `A call is held and resumed`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            try await Phones.echo(incoming)
        } _: {
            try await caller.call("200") { call in
                _ = try await Phones.loudness(of: call)
                #expect(await call.hold())
                try await Phones.until { call.media?.receives == false }
                #expect(call.media?.sends == true)
                // What was under way may still come in; then nothing does.
                let before = await call.statistics()?.packetsReceived
                var tone = Tone.sine(600, sampleRate: call.audio.outbound.sampleRate)
                try await call.audio.outbound.play(tone.next(.milliseconds(500)))
                let held = await call.statistics()?.packetsReceived
                #expect(try #require(held) <= (try #require(before)) + 5)
                while !(await call.resume()), !Task.isCancelled { await Task.yield() }
                try await Phones.until { call.media?.receives == true }
                let loudness = try await Phones.loudness(of: call)
                #expect(abs(loudness + 12) < 5)
                call.sendDTMF("#")
                #expect(await call.ended() == .remoteHangup)
                #expect(await !call.hold())
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    /// The peer holds: the application is told, once for each change, and the end of the call ends that too.
    @Test func `Who is put on hold is told`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let flows = Mutex<[AudioFlow]>([])
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                for await flow in call.audio.flow { flows.withLock { $0.append(flow) } }
            }
        } _: {
            try await caller.call("200") { call in
                while !(await call.hold()), !Task.isCancelled { await Task.yield() }
                try await Phones.until { flows.withLock { $0 } == [.held] }
                while !(await call.resume()), !Task.isCancelled { await Task.yield() }
                try await Phones.until { flows.withLock { $0 } == [.held, .open] }
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    /// A peer that is gone: leg and port are free at once, the call itself when the BYE has timed out.
    @Test func `A BYE that nobody answers frees the media at once`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let peer = try RTPSocket(host: Phones.loopback, port: 42_840)
        let address = try #require(callee.localAddress)
        let offer = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 42842 RTP/AVP 0\r\n"
        func request(_ method: String, tag: String = "", body: String = "") -> [UInt8] {
            Array(
                [
                    "\(method) sip:200@\(address) SIP/2.0",
                    "Via: SIP/2.0/UDP 127.0.0.1:42840;branch=z9hG4bK\(method)", "Max-Forwards: 70",
                    "From: <sip:gone@127.0.0.1>;tag=gone", "To: <sip:200@127.0.0.1>\(tag)", "Call-ID: gone",
                    "CSeq: 1 \(method)", "Contact: <sip:gone@127.0.0.1:42840>",
                ].joined(separator: "\r\n").utf8
            )
                + Array(
                    ((body.isEmpty ? "" : "\r\nContent-Type: application/sdp")
                        + "\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8
                )
        }
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                try await Phones.until { await callee.gauges().mediaLegs == 1 }
                call.hangUp()
                for await _ in call.audio.inbound {}
                _ = await call.ended()
            }
        } _: {
            peer.send(request("INVITE", body: offer), to: address)
            var buffer = [UInt8](repeating: 0, count: 4_096)
            var tag = ""
            while tag.isEmpty, !Task.isCancelled {
                await Task.yield()
                guard let (count, _) = peer.receive(into: &buffer),
                    let response = try? SIPMessage(Array(buffer[..<count])), response.statusCode == 200
                else { continue }
                tag = response.to.tag.map { ";tag=\($0)" } ?? ""
            }
            peer.send(request("ACK", tag: tag), to: address)
            // The BYE comes; it gets no answer.
            var hasEnded = false
            while !hasEnded, !Task.isCancelled {
                await Task.yield()
                guard let (count, _) = peer.receive(into: &buffer),
                    let message = try? SIPMessage(Array(buffer[..<count]))
                else { continue }
                hasEnded = message.isRequest && message.method == .bye
            }
            try await Phones.until {
                let gauges = await callee.gauges()
                return gauges.mediaLegs == 0 && gauges.ports == 0 || gauges.calls == 0
            }
            #expect(await callee.gauges().calls == 1)
            await Phones.untilIdle(callee)
        }
    }

    @Test func `The first word is not lost, whatever the codec's rate`() async throws {
        let callee = try Phones.callee(codecs: [.opus])
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress), codecs: [.opus])
        try await caller.start()
        let heard = Mutex(Duration.zero)
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in
                call.audio.hearEverything()
                for await frame in call.audio.inbound where Level.rms(frame) > -40 {
                    heard.withLock { $0 += frame.duration }
                }
            }
        } _: {
            try await caller.call("200") { call in
                var tone = Tone.sine(600, sampleRate: 24_000)
                try await call.audio.outbound.play(tone.next(.milliseconds(500)))
            }
            await Phones.untilIdle(callee)
        }
        #expect(heard.withLock { $0 } > .milliseconds(400))
        await caller.stop()
    }

    @Test func `Refused, dropped and not served`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        await #expect(throws: TelephonyError.callFailed(.rejected(status: 480, reason: "Temporarily Unavailable"))) {
            try await caller.call("200") { _ in }
        }
        let count = Mutex(0)
        try await Phones.serving(callee) { incoming in
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number == 1 { incoming.reject() }
        } _: {
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 486, reason: "Busy Here"))) {
                try await caller.call("200") { _ in }
            }
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 480, reason: "Temporarily Unavailable")))
            {
                try await caller.call("200") { _ in }
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    @Test func `Nobody answers in time`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            incoming.ring()
            let control = incoming.control
            _ = await control.ended()
            #expect(control.endReason == .cancelled)
        } _: {
            await #expect(throws: TelephonyError.callFailed(.noAnswer)) {
                try await caller.call("200", timeout: .seconds(2)) { _ in }
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    @Test func `A cancelled task hangs up`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in _ = await call.ended() }
        } _: {
            let task = Task {
                try await caller.call("200") { call in
                    for await _ in call.audio.inbound {}
                    try Task.checkCancellation()
                }
            }
            while !Task.isCancelled, await callee.gauges().mediaLegs == 0 { await Task.yield() }
            task.cancel()
            _ = await task.result
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }

    @Test func `Stopping ends the calls on both sides`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { call in _ = await call.ended() }
        } _: {
            let reason = try await caller.call("200") { call in
                let stopping = Task { await callee.stop() }
                let reason = await call.ended()
                await stopping.value
                return reason
            }
            #expect(reason == .remoteHangup)
            await Phones.untilIdle(caller)
        }
        await caller.stop()
        await #expect(throws: TelephonyError.notRunning) { try await caller.call("200") { _ in } }
        // Serving a stopped agent returns at once.
        try await callee.serve { _ in }
    }

    @Test func `No port for media: the caller is told, and a call that comes in is refused`() async throws {
        let callee = try Phones.callee(rtpPorts: 41_401...41_401)
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        let poor = try Phones.caller(at: try #require(callee.localAddress), rtpPorts: 41_403...41_403)
        try await poor.start()
        try await Phones.serving(callee) { incoming in
            try await incoming.answer { _ in }
        } _: {
            await #expect(throws: TelephonyError.callFailed(.rejected(status: 503, reason: "Service Unavailable"))) {
                try await caller.call("200") { _ in }
            }
            await #expect(throws: TelephonyError.self) { try await poor.call("200") { _ in } }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
            await Phones.untilIdle(poor)
        }
        await caller.stop()
        await poor.stop()
    }

    @Test func `A taken port is told`() async throws {
        let first = try Phones.callee()
        try await first.start()
        let port = try #require(first.localAddress).port
        let second = try UserAgent(UserAgentConfiguration(transport: .udp(host: Phones.loopback, port: port)))
        await #expect(throws: TelephonyError.addressInUse(port: port)) { try await second.start() }
        await first.stop()
    }

    @Test func `Twenty calls at once leave nothing behind`() async throws {
        let callee = try Phones.callee()
        try await callee.start()
        let caller = try Phones.caller(at: try #require(callee.localAddress))
        try await caller.start()
        try await Phones.serving(callee) { incoming in
            try await Phones.echo(incoming)
        } _: {
            try await withThrowingTaskGroup(of: Double.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await caller.call("200") { call in
                            try await Phones.loudness(of: call, until: .milliseconds(200))
                        }
                    }
                }
                for try await loudness in group { #expect(abs(loudness + 12) < 6) }
            }
            await Phones.untilIdle(caller)
            await Phones.untilIdle(callee)
        }
        await caller.stop()
    }
}
