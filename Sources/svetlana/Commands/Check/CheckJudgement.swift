import CallCore
import CoreTypes
import Foundation
import SIPCore
import SIPDiagnostics

/// What the findings of `svetlana check` mean; no sockets, so that it can be tried with any of them.
struct CheckJudgement: Sendable {
    /// The configuration that is judged.
    let configuration: BotConfiguration
    /// The environment it was read with.
    var environment: [String: String] = ProcessInfo.processInfo.environment

    // MARK: The configuration

    /// The configuration itself; `tried` are the places where no file was found.
    func file(tried: [String], warnings: [String]) -> [CheckLine] {
        let piece = "configuration"
        var lines: [CheckLine] = []
        if let missing = self.configuration.missingTelephone(tried: tried) {
            lines.append(.failed(piece, missing, .configuration))
        } else if let source = self.configuration.source {
            lines.append(.ok(piece, source))
        } else {
            lines.append(.ok(piece, "the environment alone; no file: tried \(tried.joined(separator: ", "))"))
        }
        return lines + (warnings + self.configuration.cautions).map { .warning(piece, $0) }
    }

    // MARK: Beside a running bot

    /// Whether a running bot was started with this configuration.
    func running(_ status: BotStatus) -> [CheckLine] {
        let piece = "running bot"
        let since = Self.length(status.uptime)
        guard let setup = status.setup else {
            return [
                .warning(
                    piece,
                    "it is of another version and does not tell what it was started with",
                    advice: ["restart it, so that it is the one that is checked"]
                )
            ]
        }
        let file = BotSetup(self.configuration, environment: self.environment, salt: setup.salt)
        var found: [String] = []
        if setup.version != file.version { found.append("it is of version \(setup.version), this is \(file.version)") }
        found += setup.differences(from: file).map(\.text)
        let place = setup.file ?? "the environment alone"
        let started = "process \(setup.process), started \(since) ago with \(place)"
        guard !found.isEmpty else {
            let calls = status.callsServed == 1 ? "1 call" : "\(status.callsServed) calls"
            return [.ok(piece, "\(started), which says the same; \(calls) served")]
        }
        var advice = ["restart it: systemctl restart svetlana, or end it and run it again"]
        if setup.file != file.file {
            advice.append(
                "\(file.file ?? "the environment alone") was checked: name its own file with --config \(place)"
            )
        }
        let missing = Set(setup.variables).symmetricDifference(file.variables).sorted()
        if !missing.isEmpty {
            advice.append("its environment is another one than this command's: \(missing.joined(separator: ", "))")
        }
        return [
            .failed(
                piece,
                "it was started with another configuration (\(started)): \(found.joined(separator: "; "))",
                advice: advice,
                .configuration
            )
        ]
    }

    /// Whether the telephone of a running bot is another one than the file's, so that the file wants a probe of its own.
    func isOtherTelephone(_ status: BotStatus) -> Bool {
        guard let setup = status.setup else { return false }
        let file = BotSetup(self.configuration, environment: self.environment, salt: setup.salt)
        return setup.differences(from: file).contains(where: \.isTelephone)
    }

    /// Whether a running bot has the port that the file wants.
    func holdsPort(_ status: BotStatus) -> Bool {
        status.setup?.settings["sip.port"].map { $0 == "\(self.configuration.sip.port)" } ?? true
    }

    /// The registration as a running bot knows it.
    func registration(_ status: BotStatus) -> [CheckLine] {
        let piece = "registration"
        guard status.registersAtAll else { return [.ok(piece, "the running bot: \(status.registration)")] }
        guard status.isRegistered else {
            return [
                .failed(
                    piece,
                    "the running bot: \(status.registration)",
                    advice: status.advice ?? [],
                    status.refusal.flatMap { ExitStatus(rawValue: $0) } ?? .noResponse
                )
            ]
        }
        let others = status.otherDevices ?? []
        guard !others.isEmpty else { return [.ok(piece, "the running bot: \(status.registration)")] }
        return [
            .warning(
                piece,
                "the running bot: \(status.registration); another device holds the extension: "
                    + others.joined(separator: ", "),
                advice: [OtherDevice.advice]
            )
        ]
    }

    // MARK: Without one

    /// Whether the port can be had.
    func port(_ refusal: Int32?, holder: (UInt16) -> String? = { PortHolder.name(ofPort: $0) }) -> CheckLine {
        let port = self.configuration.sip.port
        guard let refusal else { return .ok("port", "UDP \(port) is free") }
        return .failed(
            "port",
            StartFailure.words(refusal, port: port, self.configuration, holder: holder),
            StartFailure.status(refusal)
        )
    }

    /// What the PBX responded. `devices` describes the contacts that it holds; `piece` names the line.
    func registration(
        _ outcome: RegistrationQuery.Outcome,
        at found: PBXLookup.Found,
        piece: String = "registration",
        devices: ([NameAddress]) -> [OtherDevice] = { OtherDevice.devices(of: $0) }
    ) -> CheckLine {
        let peer = found.peer.map { "\($0)" } ?? self.configuration.sip.pbx?.description ?? "the PBX"
        let diagnosis = RegistrationDiagnosis(sip: self.configuration.sip, peer: peer)
        let account = found.peer.map { Bot.account(self.configuration.sip, $0) } ?? peer
        switch outcome {
        case .held(let contacts, challenged: let challenged):
            let proof =
                challenged
                ? "the PBX accepts the credentials of \(account)"
                : "the PBX responds for \(account) and asked for no credentials: they are not proven"
            // What a bot left that was killed is no other device: the next one takes its place.
            let foreign = contacts.filter { !self.isOwn($0, found) }
            guard !foreign.isEmpty else {
                let held = contacts.isEmpty ? "it holds no device now" : "it holds the bot's own contact of before"
                return .ok(piece, "\(proof); \(held), and nothing was bound")
            }
            let others = devices(foreign)
            return .warning(
                piece,
                "\(proof); but another device holds the extension: \(OtherDevice.list(others)); nothing was bound",
                advice: [OtherDevice.advice]
            )
        // Some PBXs refuse a REGISTER without a Contact, whoever asks.
        case .failed(.rejected(let status, _)) where status == 400 || status == 405 || status == 501:
            return .warning(
                piece,
                "the PBX responds, but not to a question about contacts (\(status)): credentials not proven",
                advice: ["sipctl register --bind proves them, and takes a place on the extension for a moment"]
            )
        case .failed(let failure):
            let diagnosis = diagnosis(failure)
            return .failed(piece, diagnosis.summary, advice: diagnosis.advice, failure.exitStatus)
        case .refused(let fault):
            let diagnosis = diagnosis.refused(fault)
            return .failed(piece, diagnosis.summary, advice: diagnosis.advice, .noResponse)
        case .silent:
            let diagnosis = diagnosis(.timeout)
            return .failed(piece, diagnosis.summary, advice: diagnosis.advice, .noResponse)
        case .broken(let failure): return .failed(piece, failure.description, failure.status)
        }
    }

    /// A PBX that is not registered with, or peers of a trunk: nothing is asked of them but whether they refuse the port.
    func unregistered(refusals: [(peer: TransportAddress, fault: TransportFault?)]) -> [CheckLine] {
        let piece = "registration"
        let names = refusals.map { "\($0.peer)" }.joined(separator: ", ")
        var lines: [CheckLine] = [
            .ok(
                piece,
                self.configuration.sip.pbx == nil
                    ? "none: calls come from the trunk (\(names)), of which nothing can be asked"
                    : "not asked for: sip.register is false (\(names))"
            )
        ]
        for (peer, fault) in refusals {
            guard let fault else { continue }
            let diagnosis = RegistrationDiagnosis(sip: self.configuration.sip, peer: "\(peer)").refused(fault)
            lines.append(.warning(piece, "calls to it would fail: \(diagnosis.summary)", advice: diagnosis.advice))
        }
        return lines
    }

    /// Whether a contact is where the bot listens.
    private func isOwn(_ contact: NameAddress, _ found: PBXLookup.Found) -> Bool {
        guard let source = found.source, let host = IPAddress(contact.uri.host) else { return false }
        return host == source && (contact.uri.port ?? 5_060) == self.configuration.sip.port
    }

    private static func length(_ seconds: Double) -> String {
        let seconds = max(0, seconds.isFinite ? seconds : 0)
        return seconds < 120
            ? "\(Int(seconds)) s" : seconds < 7_200 ? "\(Int(seconds / 60)) min" : "\(Int(min(seconds / 3_600, 1e6))) h"
    }
}
