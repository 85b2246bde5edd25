/// Answers and a report made from the states of a house.
struct HouseSummary: Sendable {
    private let topics: [HouseTopic: [HouseState]]

    init(_ states: [HouseState]) {
        var topics: [HouseTopic: [HouseState]] = [:]
        for state in states where !state.isUnknown {
            if let topic = state.topic { topics[topic, default: []].append(state) }
        }
        // What a server that is gone is at, is "unavailable": that is news and not ignorance.
        for state in states where state.isUnknown && state.topic == .server {
            topics[.server, default: []].append(state)
        }
        self.topics = topics
    }

    /// The answer to a question; nil when the house has nothing of the kind.
    func answer(_ intent: HouseIntent, _ heard: HeardWords) -> String? {
        switch intent {
        case .temperature: self.measures(.temperature, heard)
        case .lights: self.lights(heard)
        case .doors: self.doors(heard)
        case .servers: self.servers()
        case .energy: self.energy(heard)
        case .weather: self.weather()
        case .report, .callBack, .turnOn, .turnOff, .caller, .time, .date, .name, .abilities, .status, .howAreYou,
            .repetition, .goodbye, .thanks, .greeting:
            nil
        }
    }

    /// Up to four sentences: temperature, energy, servers, and what is open, unlocked or lit.
    func report() -> [String] {
        let empty = HeardWords("")
        var sentences: [String] = []
        if let text = self.measures(.temperature, HeardWords("inside indoor living room"), most: 2) {
            sentences.append(text)
        }
        if let text = self.energy(empty) { sentences.append(text) }
        if let text = self.servers() { sentences.append(text) }
        let open = self.list(.opening).filter(\.isOn).map { "the \($0.name) is open" }
        let unlocked = self.list(.lock).filter(\.isOn).map { "the \($0.name) is unlocked" }
        let lit = self.list(.light).filter(\.isOn).count
        var notable = Array((open + unlocked).prefix(4))
        if lit > 0 { notable.append("\(SpokenEnglish.count(lit, "light")) \(lit == 1 ? "is" : "are") on") }
        if notable.isEmpty {
            if !self.topics.isEmpty { sentences.append("Nothing else is notable.") }
        } else {
            sentences.append("Notable: \(SpokenEnglish.list(notable)).")
        }
        return sentences
    }

    /// The lights or outlets that were named; all lights when all were asked for.
    func switchable(_ heard: HeardWords) -> [HouseState] {
        let candidates = self.list(.light) + self.list(.outlet)
        let named = self.named(heard, in: candidates)
        if !named.isEmpty, !heard.words.contains("all") { return named }
        let plural = heard.contains(anyOf: ["lights", "lamps", "everything"])
        if plural || heard.words.contains("all") { return self.list(.light) }
        return candidates.count == 1 ? candidates : []
    }

    private func list(_ topic: HouseTopic) -> [HouseState] {
        self.topics[topic] ?? []
    }

    /// Those whose names were said best; none when no name was said.
    private func named(_ heard: HeardWords, in states: [HouseState]) -> [HouseState] {
        let scored = states.map { ($0, heard.overlap(with: HeardWords($0.name))) }
        guard let best = scored.map(\.1).max(), best > 0 else { return [] }
        return scored.filter { $0.1 == best }.map(\.0)
    }

    private func measures(_ topic: HouseTopic, _ heard: HeardWords, most: Int = 3) -> String? {
        let all = self.list(topic).filter { $0.number != nil }
        guard !all.isEmpty else { return nil }
        let named = self.named(heard, in: all)
        let chosen = (named.isEmpty ? all : named).prefix(most)
        let parts = chosen.map { state in
            "\(Self.place(state)) is \(SpokenEnglish.measure(state.number ?? 0)) \(Self.unit(state))"
        }
        return "The " + SpokenEnglish.list(parts) + "."
    }

    private func lights(_ heard: HeardWords) -> String? {
        let all = self.list(.light)
        guard !all.isEmpty else { return nil }
        let named = self.named(heard, in: all)
        if !named.isEmpty {
            return "The " + SpokenEnglish.list(named.prefix(3).map { "\($0.name) is \($0.isOn ? "on" : "off")" }) + "."
        }
        let lit = all.filter(\.isOn)
        guard !lit.isEmpty else { return "All the lights are off." }
        let count = "\(SpokenEnglish.count(lit.count, "light")) \(lit.count == 1 ? "is" : "are") on"
        guard lit.count <= 3 else { return "\(count).".capitalizedFirst }
        return "\(count): \(SpokenEnglish.list(lit.map { "the \($0.name)" }))."
            .capitalizedFirst
    }

    private func doors(_ heard: HeardWords) -> String? {
        let all = self.list(.lock) + self.list(.opening)
        guard !all.isEmpty else { return nil }
        var named = self.named(heard, in: all)
        // Asked whether it is locked, a lock knows better than a contact.
        if heard.contains(anyOf: ["locked", "unlocked", "lock"]) {
            let locks = named.filter { $0.topic == .lock }
            if !locks.isEmpty { named = locks }
        }
        if !named.isEmpty {
            return "The " + SpokenEnglish.list(named.prefix(3).map { "\($0.name) is \(Self.position($0))" }) + "."
        }
        let open = all.filter(\.isOn)
        guard !open.isEmpty else { return "Everything is closed and locked." }
        return "The " + SpokenEnglish.list(open.prefix(4).map { "\($0.name) is \(Self.position($0))" }) + "."
    }

    private func servers() -> String? {
        let all = self.list(.server)
        guard !all.isEmpty else { return nil }
        let offline = all.filter { !$0.isOn }
        let online = all.count - offline.count
        if offline.isEmpty {
            return all.count == 1
                ? "The server is online." : "All \(SpokenEnglish.number(all.count)) servers are online."
        }
        let names = SpokenEnglish.list(offline.prefix(3).map(\.name))
        let isAre = online == 1 ? "is" : "are"
        return "\(SpokenEnglish.number(online)) of \(SpokenEnglish.count(all.count, "server")) \(isAre) online. "
            .capitalizedFirst + "Offline: \(names)."
    }

    private func energy(_ heard: HeardWords) -> String? {
        let power = self.list(.power).filter { $0.number != nil }
        let energy = self.list(.energy).filter { $0.number != nil }
        let chosen = Self.total(power).map { [$0] } ?? []
        let used = Self.total(energy).map { [$0] } ?? []
        let parts = (chosen + used).map { state in
            "\(state.name) is \(SpokenEnglish.measure(state.number ?? 0)) \(Self.unit(state))"
        }
        return parts.isEmpty ? nil : "The " + SpokenEnglish.list(parts) + "."
    }

    private func weather() -> String? {
        guard let weather = self.list(.weather).first else { return nil }
        let words = weather.state.replacing("-", with: " ").replacing("partlycloudy", with: "partly cloudy")
        return "The weather now is \(words). I have no forecast."
    }

    /// The one that measures the whole house, or the first.
    private static func total(_ states: [HouseState]) -> HouseState? {
        states.first {
            HeardWords($0.name).contains(anyOf: ["total", "house", "home", "grid", "daily", "today", "usage"])
        }
            ?? states.first
    }

    /// The name with the word for what is measured: "living room temperature".
    private static func place(_ state: HouseState) -> String {
        let words = HeardWords(state.name).words
        return words.contains("temperature") ? state.name : "\(state.name) temperature"
    }

    private static func position(_ state: HouseState) -> String {
        switch state.state.lowercased() {
        case "on", "open": "open"
        case "off", "closed": "closed"
        default: state.state.lowercased()
        }
    }

    private static func unit(_ state: HouseState) -> String {
        let isOne = state.number == 1
        return switch state.unit {
        case "°C", "°F", "K": isOne ? "degree" : "degrees"
        case "W": isOne ? "watt" : "watts"
        case "kW": isOne ? "kilowatt" : "kilowatts"
        case "Wh": "watt hours"
        case "kWh": isOne ? "kilowatt hour" : "kilowatt hours"
        case "MWh": "megawatt hours"
        default: state.unit ?? ""
        }
    }
}

extension String {
    /// The text with its first letter in upper case.
    fileprivate var capitalizedFirst: String {
        self.prefix(1).uppercased() + self.dropFirst()
    }
}
