/// What a caller may want of the house model.
enum HouseIntent: Sendable, Hashable, CaseIterable {
    case report
    case callBack
    case turnOn
    case turnOff
    case caller
    case time
    case date
    case name
    case abilities
    case status
    case temperature
    case weather
    case lights
    case doors
    case servers
    case energy
    case howAreYou
    case repetition
    case goodbye
    case thanks
    case greeting

    /// The intent whose cues are found best in what was heard; nil when none is found well enough.
    static func recognize(_ heard: HeardWords) -> HouseIntent? {
        var best: (intent: HouseIntent, score: Double)?
        let isQuestion = heard.words.first.map(self.questions.contains) ?? false
        for intent in self.allCases where !(isQuestion && (intent == .turnOn || intent == .turnOff)) {
            let score = intent.score(heard)
            if score >= self.threshold, score > best?.score ?? 0 { best = (intent, score) }
        }
        return best?.intent
    }

    /// The sum of the cues that were heard; the best of those that share their words counts alone.
    private func score(_ heard: HeardWords) -> Double {
        guard let cues = Self.cues[self] else { return 0 }
        let best = cues.strong.map { heard.match($0.words) * $0.weight }.max() ?? 0
        let hints = cues.hints.map { heard.match([$0]) * 0.25 }.reduce(0, +)
        return best + min(0.5, hints)
    }

    private struct Cue: Sendable {
        let words: [String]
        let weight: Double

        init(_ phrase: String, _ weight: Double) {
            self.words = phrase.split(separator: " ").map(String.init)
            self.weight = weight
        }
    }

    private struct Cues: Sendable {
        let strong: [Cue]
        let hints: [String]

        init(_ phrases: [Double: String], hints: String = "") {
            self.strong = phrases.flatMap { weight, list in
                list.split(separator: "|").map { Cue(String($0), weight) }
            }
            self.hints = hints.split(separator: " ").map(String.init)
        }
    }

    private static let threshold = 0.7
    /// What begins so asks for a state and never for a change: "is the hall light on".
    private static let questions: Set<String> = ["is", "are", "was", "which", "what", "how", "who", "did", "does"]

    // Weights: 0.8 for a word that alone is a fair guess, 1 for a clear one, more for phrases that must win over the
    // words inside them ("call me back" over "call", "good night" over "good").
    private static let cues: [HouseIntent: Cues] = [
        .report: Cues([2: "report|reports|briefing|summary", 0.8: "anything notable|whats new|what is new|the news"]),
        .callBack: Cues(
            [
                1.8:
                    "call me back|ring me back|phone me back|call back|callback|call me again|call me later|ring me later",
                1.3: "call me in|ring me in|me back in|call me|call back in",
            ],
            hints: "minutes minute hour later"
        ),
        .turnOn: Cues(
            [1.5: "turn on|switch on|put on|unlock the|open the", 0.9: "lights on|light on|activate|enable|turn up"],
            hints: "please"
        ),
        .turnOff: Cues(
            [
                1.5: "turn off|turn of|switch off|put off|turn out|lock the|close the|shut the|shut off",
                0.9: "lights off|light off|deactivate|disable|turn down",
            ],
            hints: "please"
        ),
        .caller: Cues(
            [
                1.6: "who is calling|whos calling|is calling|who am i|who called|do you know me|know who i am",
                1.2: "my name|my number|my extension", 0.8: "calling",
            ]
        ),
        .time: Cues(
            [1.4: "what time|the time|time is it|oclock", 0.8: "time|clock"],
            hints: "what now tell"
        ),
        .date: Cues(
            [
                1.4: "what day|which day|the date|what date|day is it|day of the week|what month|what year|todays date",
                0.8: "date|today|weekday",
            ],
            hints: "what today tell"
        ),
        .name: Cues([1.6: "your name|who are you|what are you|who is this|whos this|am i talking to"]),
        .abilities: Cues(
            [
                1.6: "what can you|can you do|help me|what do you know|what else can|can i ask|can i say",
                0.9: "help|options|menu",
            ]
        ),
        .status: Cues(
            [
                1.5:
                    "your status|own status|are you working|are you running|been running|are you online|everything working",
                1: "status|uptime",
            ]
        ),
        .temperature: Cues(
            [1.2: "temperature|temperatures|temperate|how warm|how cold|how hot", 0.8: "degrees|warm|cold|heating"],
            hints: "room inside indoor house living"
        ),
        .weather: Cues(
            [1.3: "weather|forecast|whether tomorrow|going to rain|is it raining", 0.8: "rain|raining|snow|sunny"],
            hints: "tomorrow outside today"
        ),
        .lights: Cues([1: "light|lights|lamp|lamps"], hints: "on off house which any"),
        .doors: Cues(
            [
                1: "door|doors|window|windows|garage|gate",
                0.9: "locked|unlocked|lock|locks",
            ],
            hints: "front back open closed locked unlocked"
        ),
        .servers: Cues(
            [
                1.1: "server|servers|homelab|home lab|machines are|service are|services are|serves are",
                0.7: "online|offline",
            ],
            hints: "online offline many"
        ),
        .energy: Cues(
            [
                1.1: "energy|electricity|power usage|power consumption|how much power",
                0.8: "power|watts|consumption|solar",
            ],
            hints: "usage use using much"
        ),
        .howAreYou: Cues([1.1: "how are you|how do you do|are you ok|are you okay|hows it going|how is it going"]),
        .repetition: Cues([1.3: "say that again|say again|repeat|pardon|come again|what did you say|didnt hear"]),
        .goodbye: Cues(
            [1.7: "goodbye|good bye|bye|bye bye|hang up|good night|see you|thats all|that is all|nothing else"]
        ),
        .thanks: Cues([0.75: "thank you|thanks|thank"]),
        .greeting: Cues([0.72: "hello|hi|hey|good morning|good afternoon|good evening|good day"]),
    ]
}
