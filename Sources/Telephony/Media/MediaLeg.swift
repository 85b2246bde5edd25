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
        let digits: EventQueue<Character>
        var recorder: CallRecorder?
        /// Called once when nothing was heard for the loop's inactivity limit though something should be.
        let onInactive: @Sendable () -> Void

        /// Ends both sides: no more audio comes.
        func close() {
            self.frames.finish()
            self.speech.close()
            self.digits.finish()
            self.recorder?.close()
        }
    }

    let socket: RTPSocket
    var place = TickPlace()
    /// Where the loop finds it when its socket has something.
    var pollerPlace = 0
    private var session: MediaSession
    /// How the leg is read while it is not relayed.
    private let reader: MediaReaderKind
    private var parameters: MediaParameters
    /// Where frames go and come from, unless a processor that runs here has them.
    private let endpoints: Endpoints?
    private var stage: ProcessorStage?
    /// The leg that this one passes its packets on to, while it is relayed.
    // Not weak, for that makes every use of the object slower; both let go of each other when one of them ends it.
    private var partner: MediaLeg?
    /// From the rate of another codec that came to that of the agreed one: who listens hears one rate.
    private var conversion: Resampler?
    private var isRelayed = false
    /// Whether the recorder takes more.
    private var isRecorded = false
    /// Samples of 20 ms.
    private var frameLength: Int
    /// Where packets went last, in the form that the system wants.
    private var destination: TransportAddress?
    private var address = RawSocketAddress()
    private var lastHeard: Instant
    /// The hosts that the socket takes datagrams of; everybody's while no stranger has sent any.
    private var hosts: [IPAddress]?
    private var hasStrangers = false
    private let inactivityLimit: Duration?
    private var hasReportedInactive = false

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
        self.session = MediaSession(parameters, reader: source.reader, random: &random)
        self.reader = source.reader
        self.frameLength = rate / 50
        self.lastHeard = now
        self.inactivityLimit = inactivityLimit
        switch source {
        case .application(let endpoints):
            self.endpoints = endpoints
            self.stage = nil
            endpoints.speech.change(sampleRate: rate)
            self.isRecorded = endpoints.recorder != nil
            self.session.setRecorded(self.isRecorded)
        case .processor(let processor):
            self.endpoints = nil
            self.stage = ProcessorStage(processor, codecRate: rate)
        }
    }

    var statistics: MediaStatistics {
        var statistics = self.session.statistics
        statistics.droppedBySystem = self.socket.dropped
        return statistics
    }

    /// Has the system drop what other hosts send, once another has sent something: most calls never need a filter, and
    /// setting one costs more than all else of a call's beginning.
    private func filter() {
        guard self.hasStrangers else { return }
        let hosts = self.session.hosts
        guard hosts != self.hosts else { return }
        self.hosts = hosts
        self.socket.take(hosts: hosts)
    }

    var isSilent: Bool {
        self.endpoints?.speech.isIdle ?? false
    }

    func update(_ parameters: MediaParameters, now: Instant) {
        self.session.update(parameters)
        self.filter()
        if parameters.codec != self.parameters.codec {
            let rate = parameters.codec.audioRate
            self.frameLength = rate / 50
            self.endpoints?.speech.change(sampleRate: rate)
            self.stage?.change(codecRate: rate)
        }
        self.parameters = parameters
        self.lastHeard = now
    }

    func sendDTMF(_ digit: Character) {
        self.session.sendDTMF(digit)
    }

    /// Takes one datagram of the peer; while more are waiting the poller says so again.
    func receive(_ scratch: inout MediaScratch, now: Instant) {
        guard self.read(self.socket, &scratch, now: now) else { return }
        if self.isRelayed {
            self.giveDigits()
            self.passOn(now: now, &scratch.packet)
        } else {
            self.deliver(now: now, &scratch.heard)
        }
    }

    /// Takes what came to the port of RTCP.
    func receiveControl(_ scratch: inout MediaScratch, now: Instant) {
        guard let control = self.socket.control else { return }
        _ = self.read(control, &scratch, now: now)
    }

    /// Reads until something is of the peer, and not much further than that: strangers' datagrams are dropped as quickly
    /// as they can be read, and however many there are, the other legs have their turn.
    private func read(_ socket: RTPSocket, _ scratch: inout MediaScratch, now: Instant) -> Bool {
        for _ in 0..<Self.readsOfTurn {
            guard let (count, source) = socket.receive(into: &scratch.datagram) else { return false }
            guard count <= scratch.datagram.count else { continue }
            var room = scratch.datagram.mutableSpan
            // The name that Swift 6.3 gives it for the time being.
            var datagram = room._mutatingExtracting(0..<count)
            let component = socket === self.socket ? MediaComponent.rtp : .rtcp
            if self.session.receive(&datagram, on: component, from: source, now: now) { return true }
            if !self.hasStrangers {
                self.hasStrangers = true
                self.filter()
            }
        }
        return false
    }

    private static let readsOfTurn = 16

    /// The call was answered: how it rang is no part of how it sounds.
    func answered(now: Instant) {
        self.session.restartQuality()
        self.lastHeard = now
    }

    func tick(now: Instant, _ scratch: inout MediaScratch) {
        if !self.isRelayed { self.speak(now: now, &scratch) }
        self.transmit(now: now, &scratch.packet)
        // A peer that holds the call may send music or nothing: who may not be spoken to need not speak.
        if let inactivityLimit, self.parameters.receives, self.parameters.sends, !self.hasReportedInactive,
            now - self.lastHeard > (self.isUnreachable ? min(inactivityLimit, Self.learningLimit) : inactivityLimit)
        {
            self.hasReportedInactive = true
            self.endpoints?.onInactive()
        }
    }

    /// Whether nobody knows where to send: the description does not say, and nothing came yet.
    private var isUnreachable: Bool { self.session.destination == nil }

    /// How long a call may be silent both ways before it is given up.
    private static let learningLimit: Duration = .seconds(15)

    static func fetch(_ leg: UnsafeRawPointer) {
        // The object, session included; to be asked for a little more does no harm.
        svetlana_prefetch(leg, 3_500)
    }

    func prepare() {
        let reader = self.session.readerMemory
        svetlana_prefetch(UnsafeRawPointer(bitPattern: reader.address), reader.bytes)
    }

    func skip(frames: Int) {
        if !self.isRelayed { self.session.skip(frames: frames) }
    }

    func stop(now: Instant) -> MediaStatistics {
        var packet: [UInt8] = []
        self.session.close()
        self.transmit(now: now, &packet)
        self.endpoints?.close()
        self.relay(to: nil)
        return self.statistics
    }

    /// Passes packets on to `partner` as they are, or ends that.
    func relay(to partner: MediaLeg?) {
        if let old = self.partner, old !== partner {
            self.partner = nil
            if old.partner === self { old.relay(to: nil) }
        }
        self.partner = partner
        self.isRelayed = partner != nil
        self.session.setReader(self.isRelayed ? .relay : self.reader)
    }

    private func speak(now: Instant, _ scratch: inout MediaScratch) {
        self.deliver(now: now, &scratch.heard)
        scratch.spoken.resize(to: self.frameLength)
        if let endpoints {
            if !self.isUnreachable, self.parameters.sends || !endpoints.speech.waitsWhileHeld {
                _ = endpoints.speech.pop(into: &scratch.spoken)
            } else {
                // Who holds the call hears nothing: speech waits. What is live is lost, or it would be late from then on.
                for index in scratch.spoken.indices { scratch.spoken[index] = 0 }
            }
        } else {
            self.process(now: now, &scratch)
        }
        // Silence is sent too: it keeps NAT bindings and the latches of others open, and PBXs take no audio for a
        // dead call.
        self.session.send(scratch.spoken.span, now: now)
        if self.isRecorded { self.record(now: now, &scratch) }
    }

    private func record(now: Instant, _ scratch: inout MediaScratch) {
        _ = self.session.popRecording(self.frameLength, into: &scratch.recorded, now: now)
        let rate = self.parameters.codec.audioRate
        let recorder = self.endpoints?.recorder
        guard recorder?.append(inbound: scratch.recorded, outbound: scratch.spoken, sampleRate: rate) != true else {
            return
        }
        self.isRecorded = false
        self.session.setRecorded(false)
    }

    private func process(now: Instant, _ scratch: inout MediaScratch) {
        let played = self.session.popJitterBuffer(self.frameLength, into: &scratch.heard, now: now)
        if played.concealed + played.comfortNoise < self.frameLength { self.lastHeard = now }
        self.stage?.run(scratch.heard, into: &scratch.spoken, &scratch.stage)
    }

    /// Sends what the session has for the peer.
    private func transmit(now: Instant, _ packet: inout [UInt8]) {
        while let transmit = self.session.pollTransmit(now: now, into: &packet) {
            switch transmit.component {
            case .rtp:
                if transmit.destination != self.destination {
                    self.destination = transmit.destination
                    self.address = RawSocketAddress(transmit.destination)
                }
                self.socket.send(packet, to: self.address)
            case .rtcp: (self.socket.control ?? self.socket).send(packet, to: transmit.destination)
            }
        }
    }

    private func passOn(now: Instant, _ packet: inout [UInt8]) {
        guard let partner else { return }
        while self.session.relayNext(to: &partner.session, now: now) {
            self.lastHeard = now
            partner.transmit(now: now, &packet)
        }
    }

    private func giveDigits() {
        while let digit = self.session.popDigit() {
            self.endpoints?.digits.append(digit)
        }
    }

    private func deliver(now: Instant, _ heard: inout [Int16]) {
        self.giveDigits()
        guard let endpoints else { return }
        while let audio = self.session.popAudio(into: &heard, now: now) {
            self.lastHeard = now
            let rate = self.parameters.codec.audioRate
            if audio.sampleRate != rate {
                self.push(heard.span, audio, to: endpoints.frames, rate: rate)
            } else {
                endpoints.frames.push(heard.span, sampleRate: rate, missingBefore: audio.missingBefore)
            }
        }
    }

    /// Pushes what a codec of another rate brought.
    private func push(_ samples: Span<Int16>, _ audio: InboundAudio, to frames: FrameRing, rate: Int) {
        if self.conversion?.outputRate != rate { self.conversion = Resampler(to: rate) }
        var converted: [Int16] = []
        self.conversion?.process(samples, sampleRate: audio.sampleRate, appendingTo: &converted)
        frames.push(converted.span, sampleRate: rate, missingBefore: audio.missingBefore)
    }
}
