import CoreTypes
import VoicePipeline

/// A failure of a stage as the log reports it: the stage, its server, what to do. Nothing of what was said.
struct StageTrouble: Sendable, Equatable {
    /// The line.
    let line: String

    /// - Parameters:
    ///   - spoken: What was said and heard lately: a server may repeat it in its complaint.
    ///   - voiceIsReplaced: Whether the built-in voice speaks from now on in this call.
    init(_ error: StageError, _ configuration: BotConfiguration, spoken: [String] = [], voiceIsReplaced: Bool = false) {
        var message = error.message
        for text in spoken where text.count >= 4 { message = message.replacing(text, with: "…") }
        var parts = ["\(Self.name(error.stage)) failed: \(PlainText.line(message, limit: 400))"]
        if let (key, url) = Self.server(of: error.stage, configuration) {
            if !message.contains(url) { parts.append("the server is \(url) (\(key).url)") }
            // Some messages ask it already.
            if let advice = Self.advice(error.kind, key), !message.hasSuffix("?") { parts.append(advice) }
        }
        if voiceIsReplaced { parts.append("the built-in voice speaks for the rest of this call") }
        self.line = parts.joined(separator: "; ")
    }

    private static func name(_ stage: String) -> String {
        stage == "model" ? "language model" : PlainText.line(stage, limit: 40)
    }

    /// The section and the address of the server behind a stage; `nil` for what is built in.
    private static func server(of stage: String, _ configuration: BotConfiguration) -> (key: String, url: String)? {
        switch stage {
        case "speech to text": configuration.speechToText.server.map { ("speech_to_text", $0) }
        case "text to speech": configuration.textToSpeech.server.map { ("text_to_speech", $0) }
        case "model", "language model": configuration.model.server.map { ("model", $0) }
        case "home assistant": configuration.homeAssistant.map { ("home_assistant", $0.url) }
        case _: nil
        }
    }

    private static func advice(_ kind: StageError.Kind, _ key: String) -> String? {
        switch kind {
        case .unauthorized: "set \(key).\(key == "home_assistant" ? "token_file" : "api_key_file")"
        case .missingModel: "set \(key).model to one that the server has"
        case .timeout: "it hangs or is overloaded: look at the server, or raise \(key).timeout"
        case .unreachable: "start the server, or correct \(key).url"
        case .overloaded: "it is busy: give it fewer requests, or another machine"
        case .invalidResponse: "svetlana check shows what it answers"
        case .failed: nil
        }
    }
}
