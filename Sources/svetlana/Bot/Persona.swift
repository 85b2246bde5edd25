import VoiceProviders

/// Who the bot is: its name, how it greets, the part that a language model plays. The libraries know nothing of it.
enum Persona {
    /// What it calls itself.
    static let name = "Svetlana"
    /// What a caller hears first, unless `conversation.greeting` says otherwise.
    static let greeting = "Hey love. Talk to me."
    /// The system prompt of a model behind a server, unless `model.system_prompt` says otherwise.
    static let systemPrompt =
        "You are \(Self.name), a warm and quick-witted house assistant, on a phone call. "
        + ChatCompletions.spokenReplyPrompt
    /// What a call begins with that somebody asked for.
    static func callBack(_ name: String?) -> String {
        "Hello\(name.map { " \($0)" } ?? ""), you asked me to call you back. What can I do for you?"
    }
}
