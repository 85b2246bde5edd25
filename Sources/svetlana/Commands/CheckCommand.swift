import ArgumentParser
import CoreTypes
import Logging
import SIPCore
import Telephony

/// `svetlana check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Probe every piece: configuration, port, registration, speech to text, model, text to speech.",
        discussion: """
            A line each, with what to do. A running bot is asked for its registration, and whether it was started with
            this configuration; without one the program asks the PBX which contacts it holds for the extension, which
            proves the password and binds nothing. Servers are given a word to transcribe, to answer and to speak.
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let search = self.common.search
            var warnings: [String] = []
            let configuration = try BotConfiguration.load(path: search.path) { warnings.append($0) }
            let judgement = CheckJudgement(configuration: configuration)
            var report = CheckReport()
            func note(_ lines: [CheckLine]) {
                report.lines += lines
                guard !self.common.json else { return }
                for line in lines { print(line.text) }
            }
            note(judgement.file(tried: search.tried, warnings: warnings))
            let logger = Logger(label: "check", factory: { _ in SwiftLogNoOpLogHandler() })
            try await withStages(configuration, logger: logger) { stages in
                try await Self.probe(judgement, stages) { note($0) }
            }
            if self.common.json { print(json: report.output) }
            if report.status != .success { throw report.status.error }
        }
    }

    /// Probes the telephone and the stages. All at once, since none should have to wait for a server that hangs; `note` gets
    /// the lines in order.
    static func probe(_ judgement: CheckJudgement, _ stages: Stages, note: ([CheckLine]) -> Void) async throws {
        async let speechToText = stages.probeSpeechToText()
        async let model = stages.probeModel()
        async let textToSpeech = stages.probeTextToSpeech()
        async let house = stages.probeHouse()
        note(try await Self.telephone(judgement))
        note([CheckLine("speech to text", await speechToText)])
        note([CheckLine("model", await model)])
        note([CheckLine("text to speech", await textToSpeech)])
        if let house = await house { note([CheckLine("home assistant", house)]) }
    }

    /// The lines about the port and the registration: of a running bot where there is one.
    private static func telephone(_ judgement: CheckJudgement) async throws -> [CheckLine] {
        let configuration = judgement.configuration
        let socket = configuration.control.socket
        guard try ControlClient.isListening(socket) else {
            let port = await Self.port(judgement)
            return [port] + (await Self.registration(judgement))
        }
        let status = try await BotStatus.ask(at: socket)
        var lines = judgement.running(status)
        if judgement.holdsPort(status) {
            lines.append(.ok("port", "UDP \(configuration.sip.port) is held by the running bot"))
        } else {
            lines.append(await Self.port(judgement))
        }
        lines += judgement.registration(status)
        // What a restart would find.
        if judgement.isOtherTelephone(status), configuration.sip.register {
            lines += await Self.registration(judgement, piece: "registration with this file")
        }
        return lines
    }

    private static func port(_ judgement: CheckJudgement) async -> CheckLine {
        let sip = judgement.configuration.sip
        // As the bot binds it: on one address, or on all of the kind that the PBX has.
        let isIPv6 = sip.pbx.flatMap { IPAddress($0.host) }?.isIPv6 ?? false
        let host = sip.localAddress.flatMap { IPAddress($0) } ?? (isIPv6 ? .v6(0, 0) : .v4(0))
        return judgement.port(await PortProbe.refusal(of: TransportAddress(host: host, port: sip.port)))
    }

    private static func registration(
        _ judgement: CheckJudgement,
        piece: String = "registration"
    ) async -> [CheckLine] {
        let configuration = judgement.configuration
        let sip = configuration.sip
        guard configuration.missingTelephone(tried: []) == nil else { return [] }
        let limit = Duration.seconds(5)
        let lookup = await Abandonable.run(within: limit) { () -> Result<PBXLookup.Found, Failure> in
            do { return .success(try await PBXLookup.find(sip)) } catch {
                return .failure(Failure(.noResponse, "\(error)"))
            }
        }
        let found: PBXLookup.Found
        switch lookup {
        case .success(let result)?: found = result
        case .failure(let failure)?: return [.failed(piece, failure.description, failure.status)]
        case nil:
            return [
                .failed(
                    piece,
                    "this machine's DNS does not say within 5 s where \(sip.pbx?.host ?? "the PBX") is",
                    advice: ["check sip.pbx and this machine's DNS; the running bot goes on asking"],
                    .noResponse
                )
            ]
        }
        guard sip.register, found.peer != nil else {
            var refusals: [(peer: TransportAddress, fault: TransportFault?)] = []
            let peers = configuration.trunk.peers.compactMap { peer in
                TransportAddress(peer) ?? IPAddress(peer).map { TransportAddress(host: $0, port: 5_060) }
            }
            for peer in (found.peer.map { [$0] } ?? []) + peers.prefix(3) {
                refusals.append((peer, await PortRefusal.find(at: peer, within: .seconds(1))))
            }
            return judgement.unregistered(refusals: refusals)
        }
        let outcome = await RegistrationQuery(configuration: configuration).ask(found)
        return [judgement.registration(outcome, at: found, piece: piece)]
    }
}
