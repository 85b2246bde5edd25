public import AudioCore
public import CoreTypes
import RTPCore
import SIPCore
public import Telephony

/// A small PBX for demos and tests: registrar, digest server, two-leg calls, voicemail; it behaves as a 3CX does.
///
/// Descriptions pass through, so media flows between the phones. It listens on the configured address, the loopback by default,
/// and knows the accounts it is given: it is no PBX for the open network.
public final class PBX: Sendable {
    /// What happens; the newest 256 are kept for a slow reader.
    ///
    /// For one reader at a time; a reader that is cancelled takes nothing. Ends when the PBX has stopped.
    public let events: EventQueue<PBXEvent>
    /// Where it listens.
    public let address: TransportAddress
    private let socket: SignalingSocket<PBXEngine>
    private let voicemail: UserAgent?
    private let voicemailTask: Task<Void, any Error>?

    /// Starts a PBX; `greeting` is what voicemail says.
    ///
    /// - Throws: ``TelephonyError`` when the port is taken.
    public static func start(
        _ configuration: PBXConfiguration,
        greeting: AudioFrame? = nil,
        trace: SIPTrace? = nil
    ) async throws -> PBX {
        var configuration = configuration
        var voicemail: UserAgent?
        var voicemailTask: Task<Void, any Error>?
        if configuration.hasVoicemail {
            let agent = try UserAgent(
                UserAgentConfiguration(
                    transport: .udp(host: configuration.host, port: configuration.voicemailPort),
                    peers: [configuration.host],
                    codecs: [.pcmu, .pcma, .g722, .opus],
                    rtpPorts: configuration.rtpPorts,
                    productName: "Voicemail"
                )
            )
            try await agent.start()
            configuration.voicemail = agent.localAddress.map {
                TransportAddress(host: configuration.host, port: $0.port)
            }
            voicemail = agent
            voicemailTask = Task { try await Self.serveVoicemail(agent, greeting: greeting) }
        }
        let events = EventQueue<PBXEvent>(capacity: 256, losing: .oldest)
        let socket: SignalingSocket<PBXEngine>
        do {
            socket = try await SignalingSocket.bind(
                PBXEngine(configuration: configuration, random: .system()),
                to: TransportAddress(host: configuration.host, port: configuration.port),
                advertising: configuration.host.isUnspecified ? nil : configuration.host,
                trace: trace,
                handleEvents: { engine, _ in
                    while let event = engine.pollEvent() { events.append(event) }
                }
            )
        } catch {
            await voicemail?.stop()
            throw error
        }
        return PBX(
            events: events,
            address: TransportAddress(host: configuration.host, port: socket.localAddress.port),
            socket: socket,
            voicemail: voicemail,
            voicemailTask: voicemailTask
        )
    }

    private init(
        events: EventQueue<PBXEvent>,
        address: TransportAddress,
        socket: SignalingSocket<PBXEngine>,
        voicemail: UserAgent?,
        voicemailTask: Task<Void, any Error>?
    ) {
        self.events = events
        self.address = address
        self.socket = socket
        self.voicemail = voicemail
        self.voicemailTask = voicemailTask
    }

    /// Stops it, once what is on the way is done or two seconds have passed. In a task of its own: a task that is cancelled does
    /// it too, and does not spin.
    public func stop() async {
        await Task {
            self.socket.post { engine, _ in engine.beginDraining() }
            let deadline = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < deadline {
                let load = (try? await self.socket.perform { engine, _, _ in engine.load }) ?? 0
                if load == 0 { break }
                try? await Task.sleep(for: .milliseconds(20))
            }
            await self.voicemail?.stop()
            self.voicemailTask?.cancel()
            await self.socket.close()
            self.events.finish()
        }.value
    }

    /// Answers everybody with the greeting and a tone, and listens for a while.
    private static func serveVoicemail(_ agent: UserAgent, greeting: AudioFrame?) async throws {
        var sine = Tone.sine(880, sampleRate: 8_000)
        let tone = sine.next(.seconds(1))
        try await agent.serve { incoming in
            try await incoming.answer { call in
                if let greeting { try await call.audio.outbound.play(greeting) }
                try await call.audio.outbound.play(tone)
                let end = ContinuousClock.now + .seconds(30)
                for await _ in call.audio.inbound where ContinuousClock.now > end { break }
            }
        }
    }
}
