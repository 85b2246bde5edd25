import ArgumentParser
import AudioCore
import CoreTypes
import Foundation
import SIPCore
import SIPDiagnostics
import Telephony

/// `sipctl invite`: does a call get through, who answers, and is there audio both ways?
struct InviteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Place one call: send a tone or a WAV, record, report codec, loss, jitter and who answered, hang up.",
        discussion: """
            The call is placed once, and once more when the PBX asks for credentials: whoever asks first is taken for \
            the PBX, unless --realm names its realm. Nothing is registered. One \
            keep-alive (an empty line) goes with it, which tells at once when the port is refused.
            """
    )

    @Argument(help: "Whom to call: sip:200@pbx.example.")
    var uri: Address

    @Option(
        name: .long,
        help: ArgumentHelp("Who calls: an extension of the PBX, 100 or sip:100@pbx.example.", valueName: "uri")
    )
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Send a tone of this frequency.", valueName: "hertz"))
    var tone: Double = 440

    @Option(name: .long, help: ArgumentHelp("Send this WAV (PCM, 16 bit) instead of the tone.", valueName: "file"))
    var wav: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Record both sides in a stereo WAV: left heard, right said.", valueName: "file")
    )
    var record: String?

    @Option(
        name: .long,
        help: ArgumentHelp("How long to stay in the call; 5, or the length of the WAV.", valueName: "seconds")
    )
    var duration: Double?

    @Option(name: .long, help: ArgumentHelp("How long to let it ring.", valueName: "seconds"))
    var ring: Double = 30

    @OptionGroup var credentials: CredentialOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        try self.uri.requireUDP()
        guard self.uri.uri.user != nil else {
            throw ValidationError("an extension is needed: sip:200@\(self.uri.uri.host)")
        }
        guard (20...20_000).contains(self.tone) else { throw ValidationError("--tone is 20 to 20000 Hz") }
        guard (0.1...600).contains(self.duration ?? 5) else {
            throw ValidationError("--duration is 0.1 to 600 seconds")
        }
        guard (0.1...180).contains(self.ring) else { throw ValidationError("--ring is 0.1 to 180 seconds") }
        guard self.from == nil || self.caller != nil else { throw ValidationError("--from is no extension or SIP URI") }
    }

    func run() async throws {
        let ladder = Ladder(keepsMessages: self.shared.messages)
        var report = Report(command: "invite", target: self.uri.text)
        let caller = self.caller
        let credentials = try self.credentials.credentials(extension: caller?.unescapedUser)
        let speech = try self.speech()
        do {
            // The PBX that carries the call is that of the caller, when one is named.
            let hop = caller ?? self.uri.uri
            let peer = TransportAddress(host: try LocalRoute.resolve(hop.host), port: hop.port ?? 5_060)
            let explanation = Explanation(
                purpose: .invite,
                peer: "\(peer)",
                target: self.uri.uri.unescapedUser,
                account: caller?.unescapedUser,
                authenticationID: credentials?.username
            )
            let probe = CallProbe(
                target: self.uri.uri,
                caller: caller ?? SIPURI(user: "sipctl", host: hop.host, port: hop.port),
                credentials: credentials,
                realms: self.credentials.realm,
                peer: peer,
                requestTimeout: self.shared.requestTimeout,
                retransmits: !self.shared.once,
                ring: .milliseconds(Int64(self.ring * 1_000)),
                speech: speech,
                recording: self.record,
                ladder: ladder,
                explanation: explanation
            )
            report = await probe.run(report)
        } catch {
            report.conclude(Diagnosis(verdict: .nameNotFound, summary: error.description))
        }
        try report.finish(ladder, self.shared)
    }

    private var caller: SIPURI? {
        self.from.flatMap { Address.account($0, at: self.uri.uri) }
    }

    private func speech() throws -> AudioFrame {
        guard let file = self.wav else {
            var tone = Tone.sine(self.tone, level: -18, sampleRate: 16_000)
            return tone.next(.milliseconds(Int64((self.duration ?? 5) * 1_000)))
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ValidationError("cannot read \(file)")
        }
        let frame: AudioFrame
        do {
            frame = try WAVReader(Array(data)).mono()
        } catch {
            throw ValidationError("\(file) is no WAV that can be sent: \(error)")
        }
        guard let duration = self.duration else { return frame }
        let count = Int(duration * Double(frame.sampleRate))
        let missing = max(0, count - frame.samples.count)
        let samples = Array(frame.samples.prefix(count)) + Array(repeating: 0, count: missing)
        return AudioFrame(samples: samples, sampleRate: frame.sampleRate)
    }
}
