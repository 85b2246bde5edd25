internal import VoicePipeline

// What the model can reply without a house.
extension HouseModel {
    func caller(_ context: ConversationContext) -> String {
        let number = context.callerNumber.map(Self.spelled)
        switch (context.callerName, number, context.isOutbound) {
        case (let name?, let number?, false): return "You are \(name), calling from \(number)."
        case (let name?, _, true): return "I called you, \(name)."
        case (let name?, nil, false): return "You are \(name)."
        case (nil, let number?, false): return "You are calling from \(number). I do not know your name."
        case (nil, let number?, true): return "I called \(number). I do not know your name."
        case (nil, nil, _): return "I do not know who you are. The phone system did not say."
        }
    }

    func date(_ heard: HeardWords) -> String {
        let now = self.now()
        let wantsYear = heard.words.contains("year")
        let year = wantsYear ? ", \(SpokenEnglish.year(now.year))" : ""
        return "Today is \(SpokenEnglish.date(now))\(year)."
    }

    func abilities(_ context: ConversationContext) -> String {
        var able = ["the time", "the date", "who is calling", "how I am doing"]
        if self.house != nil, context.callerIsTrusted {
            able += ["the temperatures", "the lights", "the doors", "the servers", "the energy"]
        }
        return "I can tell you \(SpokenEnglish.list(able)), give you a report, or call you back."
    }

    func statusText() async -> String {
        let status = await self.status()
        var sentences: [String] = []
        if status.problems.isEmpty {
            sentences.append("Everything is working.")
        } else {
            let count = SpokenEnglish.count(status.problems.count, "problem")
            sentences.append("I have \(count).")
            sentences += status.problems.prefix(3)
        }
        if let uptime = status.uptime {
            sentences.append("I have been running for \(SpokenEnglish.duration(uptime)).")
        }
        if let calls = status.calls, calls > 0 {
            sentences.append("I have had \(SpokenEnglish.count(calls, "call")) in that time.")
        }
        return sentences.joined(separator: " ")
    }

    func repetition(_ context: ConversationContext) -> String {
        context.history.last { $0.speaker == .bot }?.text ?? "I have not said anything yet."
    }

    func greeting(_ context: ConversationContext) -> String {
        let hour = self.now().hour
        let words =
            switch hour {
            case 4..<12: "Good morning"
            case 12..<18: "Good afternoon"
            case 18..<23: "Good evening"
            default: "Hello"
            }
        return "\(words)\(Self.address(context.callerName)). What can I do for you?"
    }

    func farewell(_ words: String, _ context: ConversationContext, _ give: @Sendable (ReplyPart) -> Void) {
        give(.text("\(words)\(Self.address(context.callerName))."))
        give(.hangUp)
    }

    func callBack(_ heard: HeardWords, _ context: ConversationContext, _ give: @Sendable (ReplyPart) -> Void) {
        guard context.callerIsTrusted else {
            give(.text("I only call back people I know."))
            return
        }
        let unclear = heard.contains(anyOf: ["tomorrow", "tonight", "oclock", "monday", "noon", "morning", "evening"])
        guard let wanted = Self.delay(heard) else {
            if unclear {
                give(.text("I can only count minutes and hours. Say, for example, call me back in two hours."))
            } else {
                give(.text("All right, I will call you back in \(SpokenEnglish.duration(Self.usualDelay))."))
                give(.callBack(after: Self.usualDelay))
            }
            return
        }
        guard wanted <= Self.longestDelay else {
            give(.text("That is too far ahead for me. I can call you back within a day."))
            return
        }
        give(.text("All right, I will call you back in \(SpokenEnglish.duration(wanted))."))
        give(.callBack(after: wanted))
    }

    /// The time in "in ten minutes", "in half an hour", "in an hour and a half"; nil when none was named.
    static func delay(_ heard: HeardWords) -> Duration? {
        let words = heard.words
        for (index, word) in words.enumerated() {
            guard let unit = self.unit(word) else { continue }
            var seconds: Double?
            // "half an hour", "quarter of an hour": the fraction stands before the article.
            if words[..<index].suffix(3).contains("half") {
                seconds = unit / 2
            } else if words[..<index].suffix(3).contains("quarter") {
                seconds = unit / 4
            } else {
                for start in max(0, index - 2)..<index {
                    guard let (value, length) = SpokenEnglish.parseNumber(words[start..<index]) else { continue }
                    guard start + length == index else { continue }
                    seconds = Double(value) * unit
                    break
                }
                if seconds == nil, index > 0, ["couple", "few"].contains(where: words[..<index].suffix(2).contains) {
                    seconds = 3 * unit
                }
            }
            guard var total = seconds, total > 0 else { continue }
            let rest = Array(words[(index + 1)...].prefix(3))
            if rest == ["and", "a", "half"] { total += unit / 2 }
            return .seconds(Int64(total.rounded()))
        }
        return nil
    }

    private static func unit(_ word: String) -> Double? {
        if ["second", "seconds"].contains(word) { return 1 }
        if ["hour", "hours", "our"].contains(word) { return 3_600 }
        return HeardWords.likeness(word, "minutes") > 0 || HeardWords.likeness(word, "minute") > 0 ? 60 : nil
    }

    static func address(_ name: String?) -> String {
        guard let name, !name.isEmpty else { return "" }
        return ", \(name)"
    }

    /// A number of the telephone, digit by digit, as it is dictated.
    static func spelled(_ number: String) -> String {
        let digits = number.compactMap { character -> String? in
            if character == "+" { return "plus" }
            guard let digit = character.wholeNumberValue, character.isASCII else { return nil }
            return SpokenEnglish.number(digit)
        }
        return digits.isEmpty ? number : digits.joined(separator: " ")
    }

    private static let usualDelay = Duration.seconds(5 * 60)
    private static let longestDelay = Duration.seconds(24 * 3_600)
}
