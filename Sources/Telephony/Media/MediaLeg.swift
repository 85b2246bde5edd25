import AudioCore
import CoreTypes
import RTPCore

/// One call's media on its loop: socket, session, rings. Touched by the loop's thread only.
final class MediaLeg {
    /// Where a leg's frames go and come from; shared with the application's side.
    struct Endpoints: Sendable {
        let frames: FrameRing
        let speech: SpeechRing
        let digits: AsyncStream<Character>.Continuation
        var recorder: CallRecorder?
        /// Called once when nothing was heard for ``MediaLoop/inactivityLimit`` though something should be.
        let onInactive: @Sendable () -> Void

        /// Tells both sides that no more audio comes.
        func close() {
            self.frames.finish()
            self.speech.close()
            self.digits.finish()
        }
    }

    let socket: RTPSocket
    let endpoints: Endpoints
    /// Which of the four 5 ms steps of a frame this leg ticks in.
    let phase: Int
    private var session: MediaSession
    private var parameters: MediaParameters
    private var frame: [Int16]
    private var heard: [Int16] = []
    private var packet: [UInt8] = []
    private var lastHeard: Instant
    private var toldInactive = false
    /// Inbound audio on its way to the recorder, which wants it by the clock.
    private var unrecorded: [Int16] = []

    init(
        socket: RTPSocket,
        parameters: MediaParameters,
        endpoints: Endpoints,
        phase: Int,
        random: inout SeededRandom,
        now: Instant
    ) {
        self.socket = socket
        self.parameters = parameters
        self.endpoints = endpoints
        self.phase = phase
        self.session = MediaSession(parameters, random: &random)
        self.frame = [Int16](repeating: 0, count: parameters.codec.audioRate / 50)
        self.lastHeard = now
        self.packet.reserveCapacity(1_500)
        endpoints.speech.change(sampleRate: parameters.codec.audioRate)
    }

    var statistics: MediaStatistics { self.session.statistics }

    func update(_ parameters: MediaParameters, now: Instant) {
        self.session.update(parameters)
        if parameters.codec != self.parameters.codec {
            self.frame = [Int16](repeating: 0, count: parameters.codec.audioRate / 50)
            self.unrecorded.removeAll()
            self.endpoints.speech.change(sampleRate: parameters.codec.audioRate)
        }
        self.parameters = parameters
        self.lastHeard = now
    }

    func sendDigit(_ digit: Character) {
        self.session.sendDigit(digit)
    }

    func receive(_ buffer: inout [UInt8], now: Instant) {
        // A bound on one socket's share of the thread; what is left keeps the socket ready.
        for _ in 0..<32 {
            guard let (count, source) = self.socket.receive(into: &buffer) else { break }
            guard count <= buffer.count else { continue }
            self.session.receive(buffer.span.extracting(0..<count), from: source, now: now)
        }
        self.deliver(now: now)
    }

    /// Takes what came to the port of RTCP.
    func receiveControl(_ buffer: inout [UInt8], now: Instant) {
        guard let control = self.socket.control else { return }
        for _ in 0..<8 {
            guard let (count, source) = control.receive(into: &buffer) else { break }
            guard count <= buffer.count else { continue }
            self.session.receiveControl(buffer.span.extracting(0..<count), from: source, now: now)
        }
    }

    /// The call was answered: how it rang is no part of how it sounds.
    func answered(now: Instant) {
        self.session.restartQuality()
        self.lastHeard = now
    }

    func tick(now: Instant) {
        self.deliver(now: now)
        let hasSpeech = self.endpoints.speech.pop(into: &self.frame)
        // Silence is sent too: it keeps NAT bindings and the latches of others open, and PBXs take no audio for a
        // dead call.
        if self.session.send(self.frame.span, now: now, into: &self.packet), let destination = self.session.destination
        {
            self.socket.send(self.packet, to: destination)
        }
        if self.session.pollRTCP(now: now, into: &self.packet) { self.sendReport() }
        if let recorder = self.endpoints.recorder { self.record(recorder, hasSpeech: hasSpeech) }
        if self.parameters.receives, !self.toldInactive, now - self.lastHeard > MediaLoop.inactivityLimit {
            self.toldInactive = true
            self.endpoints.onInactive()
        }
    }

    func skip(frames: Int) {
        self.session.skip(frames: frames)
    }

    func stop(now: Instant) -> MediaStatistics {
        if self.session.goodbye(now: now, into: &self.packet) { self.sendReport() }
        self.endpoints.close()
        return self.session.statistics
    }

    /// RTCP leaves from the port that the peer expects it from.
    private func sendReport() {
        guard let destination = self.session.rtcpDestination else { return }
        let socket = self.parameters.multiplexesRTCP ? self.socket : self.socket.control ?? self.socket
        socket.send(self.packet, to: destination)
    }

    private func deliver(now: Instant) {
        while let audio = self.session.popAudio(into: &self.heard, now: now) {
            self.lastHeard = now
            self.endpoints.frames.push(
                AudioFrame(samples: self.heard, sampleRate: audio.sampleRate, missingBefore: audio.missingBefore)
            )
            if self.endpoints.recorder != nil, self.unrecorded.count < audio.sampleRate {
                self.unrecorded += self.heard
            }
        }
        while let digit = self.session.popDigit() {
            self.endpoints.digits.yield(digit)
        }
    }

    private func record(_ recorder: CallRecorder, hasSpeech: Bool) {
        let count = min(self.unrecorded.count, self.frame.count)
        var inbound = Array(self.unrecorded[..<count])
        self.unrecorded.removeFirst(count)
        inbound += repeatElement(0, count: self.frame.count - count)
        recorder.append(inbound: inbound, outbound: self.frame, sampleRate: self.parameters.codec.audioRate)
    }
}
