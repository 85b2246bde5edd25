internal import VoicePipeline

// What the model says and does when it has a house.
extension HouseModel {
    func house(
        asked intent: HouseIntent,
        _ heard: HeardWords,
        _ context: ConversationContext,
        _ give: @Sendable (ReplyPart) -> Void
    ) async {
        guard let states = await self.states(context, give) else { return }
        let summary = HouseSummary(states)
        give(.text(summary.answer(intent, heard) ?? "I do not know anything about that in this house."))
    }

    func turn(
        on: Bool,
        _ heard: HeardWords,
        _ context: ConversationContext,
        _ give: @Sendable (ReplyPart) -> Void
    ) async {
        if heard.contains(anyOf: ["unlock", "lock", "open", "close", "shut"]) {
            give(.text("I do not operate locks, doors or windows."))
            return
        }
        guard let house = self.house, house.canAct, context.callerIsTrusted else {
            give(.text(self.cannotAct(context)))
            return
        }
        guard let states = await self.states(context, give) else { return }
        let targets = HouseSummary(states).switchable(heard)
        guard !targets.isEmpty else {
            give(.text("I do not know which light or switch you mean."))
            return
        }
        give(.toolStarted("house"))
        do {
            try await house.turn(targets.map(\.entityID), on: on)
            give(.toolFinished("house"))
            let names = targets.count <= 3 ? SpokenEnglish.list(targets.map { "the \($0.name)" }) : "all the lights"
            give(.text("I turned \(on ? "on" : "off") \(names)."))
        } catch {
            give(.toolFinished("house"))
            give(.text("I tried, but it did not work."))
        }
    }

    /// At most five sentences: a greeting, temperatures, energy, servers, and whatever is notable.
    func report(_ context: ConversationContext, _ give: @Sendable (ReplyPart) -> Void) async {
        let now = self.now()
        let name = context.callerName ?? self.owner
        let hello = self.greetingWords(now.hour)
        let opening = "\(hello)\(Self.address(name)). It is \(SpokenEnglish.time(now)) on \(SpokenEnglish.date(now))."
        give(.text(opening))
        guard let house = self.house, context.callerIsTrusted else {
            let reason =
                context.callerIsTrusted
                ? "I have no access to the house, because no Home Assistant is set up."
                : "I am not allowed to talk about the house with you."
            let status = await self.statusText()
            give(.text(" \(reason) \(status)"))
            return
        }
        give(.toolStarted("house"))
        let states = try? await house.states()
        give(.toolFinished("house"))
        guard let states else {
            give(.text(" \(Self.unreachable)"))
            return
        }
        let sentences = HouseSummary(states).report()
        if sentences.isEmpty {
            give(.text(" I got no information from the house that I understand."))
        } else {
            give(.text(" " + sentences.joined(separator: " ")))
        }
    }

    /// The states of the house, or nil after having said why there are none.
    private func states(
        _ context: ConversationContext,
        _ give: @Sendable (ReplyPart) -> Void
    ) async -> [HouseState]? {
        guard context.callerIsTrusted else {
            give(.text("I only talk about the house with people I know. I can tell you the time, or who is calling."))
            return nil
        }
        guard let house = self.house else {
            give(
                .text(
                    "I cannot tell, because I am not connected to the house. "
                        + "With Home Assistant or Hermes set up, I could."
                )
            )
            return nil
        }
        give(.toolStarted("house"))
        let states = try? await house.states()
        give(.toolFinished("house"))
        if states == nil { give(.text(Self.unreachable)) }
        return states
    }

    private func cannotAct(_ context: ConversationContext) -> String {
        guard context.callerIsTrusted else { return "I do that only for people I know." }
        return "I cannot turn things on or off by myself. That needs Hermes."
    }

    private func greetingWords(_ hour: Int) -> String {
        switch hour {
        case 4..<12: "Good morning"
        case 12..<18: "Good afternoon"
        default: "Good evening"
        }
    }

    private static let unreachable = "I cannot reach the house right now."
}
