import ArgumentParser
import Telephony
import VoicePipeline

/// What the program's exit code means.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case failure = 1
    case notRunning = 3
    case busy = 10
    case noAnswer = 11
    case callFailed = 12
    case voicemail = 13
    case configuration = 20
    case portInUse = 21
    case wrongCredentials = 22
    case noResponse = 23
    case missingModel = 24
    case unreachableBackend = 25
    case interrupted = 130

    /// The word in the JSON.
    var word: String { "\(self)" }

    /// For a person.
    var meaning: String {
        switch self {
        case .success: "done; for a call: it was answered"
        case .failure: "something else failed; the message says what"
        case .notRunning: "no bot is running (status, hangup)"
        case .busy: "the called phone is busy or declined"
        case .noAnswer: "nobody answered"
        case .callFailed: "the call failed"
        case .voicemail: "voicemail answered in place of a person"
        case .configuration: "the configuration is wrong; the message names file, line and key"
        case .portInUse: "the SIP port is in use"
        case .wrongCredentials: "the PBX refused the authentication ID or password"
        case .noResponse: "the PBX does not respond"
        case .missingModel: "a speech model or voice is missing"
        case .unreachableBackend: "a configured server does not respond"
        case .interrupted: "interrupted: a call that was placed is cancelled or ended"
        }
    }

    /// For `--help`.
    static var table: String {
        let usage: (Int32, String) = (64, "the command line makes no sense")
        let codes = (Self.allCases.map { ($0.rawValue, $0.meaning) } + [usage]).sorted { $0.0 < $1.0 }
        return "EXIT CODES:\n"
            + codes.map { code, meaning in
                "  \(String(repeating: " ", count: max(0, 3 - "\(code)".count)))\(code)  \(meaning)"
            }.joined(separator: "\n")
    }

    /// The error that ends the program with this code.
    var error: ExitCode { ExitCode(self.rawValue) }
}

/// A failure with its exit code and one line that says what to do.
struct Failure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}

extension Failure {
    /// Any error as a failure with the exit code that fits it.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case is CancellationError: self.init(.interrupted, "interrupted")
        case is ConfigurationError: self.init(.configuration, "\(error)")
        case TelephonyError.addressInUse: self.init(.portInUse, "\(error)")
        case TelephonyError.nameNotFound, TelephonyError.noRoute: self.init(.noResponse, "\(error)")
        case TelephonyError.cannotBind: self.init(.portInUse, "\(error)")
        case let stage as StageError where stage.kind == .missingModel: self.init(.missingModel, "\(stage)")
        case let stage as StageError: self.init(.unreachableBackend, "\(stage)")
        default: self.init(.failure, "\(error)")
        }
    }
}
