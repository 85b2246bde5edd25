import AudioCore
import CLinux
import CoreTypes
import RTPCore

/// One call's media on its loop: socket, session, and where its audio goes. Touched by the loop's thread only.
final class MediaLeg: TickingLeg {
    /// Where the frames of an application's leg go and come from; shared with the application's side.
    struct Endpoints: Sendable {
        let frames: FrameRing
        let speech: SpeechRing
        let digits: AsyncStream<Character>.Continuation
        var recorder: CallRecorder?
        /// Called once when nothing was heard for the loop's inactivity limit though something should be.
        let onInactive: @Sendable () -> Void

        /// Tells both sides that no more audio comes.
        func close() {
            self.frames.finish()
            self.speech.close()
            self.digits.finish()
        }
    }

    let socket: RTPSocket
    var place = TickPlace()
    private var session: MediaSession
    private var parameters: MediaParameters
    /// Where frames go and come from, unless a processor that runs here has them.
    private let endpoints: Endpoints?
    private var stage: ProcessorStage?
    /// The leg that this one passes its packets on to, while it is relayed.
    // Not weak, for that makes every use of the object slower; both let go of each other when one of them ends it.
    private var partner: MediaLeg?
    private var isRelayed = false
    private var frame: [Int16]
    private var heard: [Int16] = []
    private var packet: [UInt8] = []
    /// Where packets went last, in the form that the system wants.
    private var destination: TransportAddress?
    private var address = RawSocketAddress()
    private var lastHeard: Instant
    private let inactivityLimit: Duration?
    private var toldInactive = false
    /// What the recorder gets of the other side.
    private var recorded: [Int16] = []

    init(
        socket: RTPSocket,
        parameters: MediaParameters,
        source: MediaLegSource,
        inactivityLimit: Duration?,
        random: inout SeededRandom,
        now: Instant
    ) {
        let rate = parameters.codec.audioRate
        self.socket = socket
        self.parameters = parameters
        self.session = MediaSession(parameters, random: &random)
        self.frame = [Int16](repeating: 0, count: rate / 50)
        self.lastHeard = now
        self.inactivityLimit = inactivityLimit
        switch source {
        case .application(let endpoints):
            self.endpoints = endpoints
            self.stage = nil
            endpoints.speech.change(sampleRate: rate)
            self.session.setRecorded(endpoints.recorder != nil)
        case .processor(let processor):
            self.endpoints = nil
            self.stage = ProcessorStage(processor, codecRate: rate)
        }
        self.packet.reserveCapacity(1_500)
    }

    var statistics: MediaStatistics { self.session.statistics }

    var isSilent: Bool {
        self.endpoints?.speech.isIdle ?? false
    }

    func update(_ parameters: MediaParameters, now: Instant) {
        self.session.update(parameters)
        if parameters.codec != self.parameters.codec {
            let rate = parameters.codec.audioRate
            self.frame = [Int16](repeating: 0, count: rate / 50)
            self.endpoints?.speech.change(sampleRate: rate)
            self.stage?.change(codecRate: rate)
        }
        self.parameters = parameters
        self.lastHeard = now
    }

    func sendDigit(_ digit: Character) {
        self.session.sendDigit(digit)
    }

    /// Takes one datagram; while more are waiting the poller says so again.
    func receive(_ buffer: inout [UInt8], now: Instant) {
        guard let (count, source) = self.socket.receive(into: &buffer), count <= buffer.count else { return }
        self.session.receive(buffer.span.extracting(0..<count), from: source, now: now)
        if self.isRelayed { self.passOn(now: now) } else { self.deliver(now: now) }
    }

    /// Takes what came to the port of RTCP.
    func receiveControl(_ buffer: inout [UInt8], now: Instant) {
        guard let control = self.socket.control else { return }
        guard let (count, source) = control.receive(into: &buffer), count <= buffer.count else { return }
        self.session.receiveControl(buffer.span.extracting(0..<count), from: source, now: now)
    }

    /// The call was answered: how it rang is no part of how it sounds.
    func answered(now: Instant) {
        self.session.restartQuality()
        self.lastHeard = now
    }

    func tick(now: Instant) {
        if !self.isRelayed { self.speak(now: now) }
        if self.session.pollRTCP(now: now, into: &self.packet) { self.sendReport() }
        // A peer that holds the call may send music or nothing: who may not be spoken to need not speak.
        if let inactivityLimit, self.parameters.receives, self.parameters.sends, !self.toldInactive,
            now - self.lastHeard > inactivityLimit
        {
            self.toldInactive = true
            self.endpoints?.onInactive()
        }
    }

    func prepare(isNear: Bool) {
        if isNear {
            self.session.prefetch(svetlana_prefetch)
        } else {
            // The object, session included; to be asked for a little more does no harm.
            svetlana_prefetch(Unmanaged.passUnretained(self).toOpaque(), 3_500)
        }
    }

    func skip(frames: Int) {
        if !self.isRelayed { self.session.skip(frames: frames) }
    }

    func stop(now: Instant) -> MediaStatistics {
        if self.session.goodbye(now: now, into: &self.packet) { self.sendReport() }
        self.endpoints?.close()
        self.relay(to: nil)
        return self.session.statistics
    }

    /// Passes packets on to `partner` as they are, or ends that.
    func relay(to partner: MediaLeg?) {
        if let old = self.partner, old !== partner {
            self.partner = nil
            if old.partner === self { old.relay(to: nil) }
        }
        self.partner = partner
        self.isRelayed = partner != nil
        self.session.setRelayed(self.isRelayed)
    }

    private func speak(now: Instant) {
        self.deliver(now: now)
        _ = self.endpoints?.speech.pop(into: &self.frame) ?? self.process(now: now)
        // Silence is sent too: it keeps NAT bindings and the latches of others open, and PBXs take no audio for a
        // dead call.
        if self.session.send(self.frame.span, now: now, into: &self.packet) { self.sendPacket() }
        if let recorder = self.endpoints?.recorder {
            _ = self.session.popRecording(self.frame.count, into: &self.recorded, now: now)
            recorder.append(
                inbound: self.recorded,
                outbound: self.frame,
                sampleRate: self.parameters.codec.audioRate
            )
        }
    }

    private func process(now: Instant) -> Bool {
        let played = self.session.popPlayout(self.frame.count, into: &self.heard, now: now)
        if played.concealed + played.comfortNoise < self.frame.count { self.lastHeard = now }
        return self.stage?.run(self.heard, into: &self.frame) ?? false
    }

    private func sendPacket() {
        guard let destination = self.session.destination else { return }
        if destination != self.destination {
            self.destination = destination
            self.address = RawSocketAddress(destination)
        }
        self.socket.send(self.packet, to: self.address)
    }

    /// RTCP leaves from the port that the peer expects it from.
    private func sendReport() {
        guard let destination = self.session.rtcpDestination else { return }
        let socket = self.parameters.multiplexesRTCP ? self.socket : self.socket.control ?? self.socket
        socket.send(self.packet, to: destination)
    }

    private func passOn(now: Instant) {
        guard let partner else { return }
        while self.session.relayNext(to: &partner.session, now: now, into: &partner.packet) {
            self.lastHeard = now
            partner.sendPacket()
        }
    }

    private func deliver(now: Instant) {
        while let digit = self.session.popDigit() {
            self.endpoints?.digits.yield(digit)
        }
        guard let endpoints else { return }
        while let audio = self.session.popAudio(into: &self.heard, now: now) {
            self.lastHeard = now
            endpoints.frames.push(
                self.heard.span,
                sampleRate: audio.sampleRate,
                missingBefore: audio.missingBefore
            )
        }
    }
}
