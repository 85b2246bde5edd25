import HouseRules
import Synchronization
import Testing
import VoicePipeline

@Suite struct HouseModelTests {
    static let monday = WallTime(year: 2_026, month: 8, day: 3, hour: 10, minute: 15)

    @Test(arguments: [
        "what time is it", "one time use it", "time", "can you tell me the time please", "hello what time is it",
        "thank you what time is it now", "what's the time",
    ])
    func tellsTheTime(heard: String) async throws {
        #expect(try await text(of: ask(heard)) == "It is ten fifteen in the morning.")
    }

    @Test(arguments: [
        ("what day is it", "Today is Monday, the third of August."),
        ("what is the date today", "Today is Monday, the third of August."),
        ("what year is it", "Today is Monday, the third of August, twenty twenty-six."),
    ])
    func tellsTheDate(heard: String, expected: String) async throws {
        #expect(try await text(of: ask(heard)) == expected)
    }

    @Test(arguments: ["who is calling", "to his calling", "who's calling", "who am i"])
    func saysWhoIsCalling(heard: String) async throws {
        let known = ConversationContext(callIdentifier: "1", callerName: "Anna", callerNumber: "100")
        #expect(try await text(of: ask(heard, known)) == "You are Anna, calling from one zero zero.")
        let unknown = ConversationContext(callIdentifier: "1")
        #expect(try await text(of: ask(heard, unknown)).hasPrefix("I do not know who you are"))
    }

    @Test func tellsItsOwnStatus() async throws {
        let model = HouseModel(now: { Self.monday }) {
            HouseModel.Status(uptime: .seconds(7_500), calls: 3, problems: ["The house does not answer."])
        }
        let said = try await text(of: parts(model, "are you working", context()))
        #expect(
            said == "I have one problem. The house does not answer. "
                + "I have been running for two hours and five minutes. I have had three calls in that time."
        )
        #expect(try await text(of: ask("what is your status")) == "Everything is working.")
    }

    @Test(arguments: [
        ("please call me back in ten minutes", Duration.seconds(600)),
        ("please call me back in ten minute", .seconds(600)), ("call me back", .seconds(300)),
        ("call me back in twenty five minutes", .seconds(1_500)), ("call me back in 3 minutes", .seconds(180)),
        ("call me in half an hour", .seconds(1_800)), ("call me back in an hour", .seconds(3_600)),
        ("ring me back in an hour and a half", .seconds(5_400)), ("call back in thirty seconds", .seconds(30)),
        ("call me back in two hours", .seconds(7_200)), ("call me back in a quarter of an hour", .seconds(900)),
    ])
    func callsBack(heard: String, expected: Duration) async throws {
        let parts = try await ask(heard)
        #expect(parts.contains(.callBack(after: expected)))
        #expect(text(of: parts).hasPrefix("All right, I will call you back in "))
    }

    @Test(arguments: ["call me back tomorrow", "call me back in fifty hours"])
    func doesNotPromiseACallThatItCannotMake(heard: String) async throws {
        let parts = try await ask(heard)
        #expect(parts.count == 1)
        #expect(text(of: parts).contains("I can"))
    }

    @Test(arguments: [
        "thank you and goodbye", "can you and goodbye", "goodbye", "bye bye", "good night", "thank you", "okay thanks",
    ])
    func saysGoodbyeAndThenHangsUp(heard: String) async throws {
        let parts = try await ask(heard, context(name: "Anna"))
        #expect(parts.last == .hangUp)
        #expect(text(of: parts).hasSuffix("oodbye, Anna."))
    }

    @Test func greetsAndIsWell() async throws {
        #expect(try await text(of: ask("good morning", context(name: "Anna"))).hasPrefix("Good morning, Anna."))
        #expect(try await text(of: ask("good morning how are you")).hasPrefix("I am well"))
    }

    @Test func saysItsNameWhereItHasOne() async throws {
        #expect(try await text(of: ask("what is your name")) == "I am the voice of this house.")
        let named = try await parts(HouseModel(name: "Hedwig"), "what is your name", context())
        #expect(text(of: named) == "I am Hedwig, the voice of this house.")
        #expect(await HouseModel().probe() == ProbeResult(ok: true, found: "the built-in house rules"))
    }

    @Test func repeatsWhatItSaid() async throws {
        var context = context()
        context.history = [.init(speaker: .bot, text: "It is noon."), .init(speaker: .caller, text: "what")]
        #expect(try await text(of: ask("say that again please", context)) == "It is noon.")
    }

    @Test func whatItDoesNotUnderstandItSays() async throws {
        let first = try await text(of: ask("purple elephants dance"))
        #expect(first.hasPrefix("I am sorry, I did not understand that. I can tell you the time"))
        var context = context()
        context.history = [.init(speaker: .bot, text: first)]
        let second = try await text(of: ask("purple elephants dance", context))
        #expect(second != first)
        #expect(second.contains("say goodbye"))
        #expect(try await text(of: ask("")) == "Sorry, I did not hear that.")
    }

    @Test(arguments: [
        "what is the temperature in the living room", "is the front door locked", "what is the weather tomorrow",
    ])
    func withoutAHouseItSaysThatItCannot(heard: String) async throws {
        let parts = try await ask(heard)
        #expect(text(of: parts).hasPrefix("I cannot tell, because I am not connected to the house."))
    }

    @Test func withoutAHouseItTurnsNothingOn() async throws {
        let said = try await text(of: ask("turn on the kitchen like"))
        #expect(said == "I cannot turn things on or off by myself. That needs Hermes.")
    }
}

@Suite struct HouseModelWithAHouseTests {
    @Test(arguments: [
        ("what is the temperature in the living room", "The Living Room Temperature is 21.5 degrees."),
        ("how warm is it in the bedroom", "The Bedroom temperature is 19 degrees."),
        (
            "what is the temperature",
            "The Living Room Temperature is 21.5 degrees and Bedroom temperature is 19 degrees."
        ),
        ("is the front door locked", "The Front Door is locked."),
        ("is the garage door open", "The Garage Door is open."),
        ("are the doors closed", "The Garage Door is open."),
        ("how many servers are online", "One of two servers is online. Offline: Server Two."),
        ("how many service are online", "One of two servers is online. Offline: Server Two."),
        ("which lights are on", "One light is on: the Kitchen Light."),
        ("is the hall light on", "The Hall Light is off."),
        ("how much energy are we using", "The House Power is 450 watts and Energy Today is 7.3 kilowatt hours."),
        ("what is the weather tomorrow", "The weather now is partly cloudy. I have no forecast."),
    ])
    func answersFromTheStates(heard: String, expected: String) async throws {
        let parts = try await parts(HouseModel(house: FakeHouse()), heard, context())
        #expect(text(of: parts) == expected)
        #expect(parts.first == .toolStarted("house"))
        #expect(parts.dropFirst().first == .toolFinished("house"))
    }

    @Test(arguments: [
        "what is the temperature", "is the front door locked", "how many servers are online", "turn off all the lights",
        "which lights are on", "how much energy are we using", "what is the weather tomorrow",
        "give me the morning report",
    ])
    func strangersHearNothingOfTheHouse(heard: String) async throws {
        let house = FakeHouse(canAct: true)
        let model = HouseModel(house: house, now: { HouseModelTests.monday })
        let parts = try await parts(model, heard, ConversationContext(callIdentifier: "1"))
        #expect(house.asked.withLock { $0 } == 0)
        #expect(house.turned.withLock { $0.isEmpty })
        #expect(!parts.contains(.toolStarted("house")))
        #expect(!text(of: parts).isEmpty)
    }

    @Test(arguments: [
        "give me the morning report",
        "Give me a brief morning report of the house and homelab. Include: indoor temperature, energy usage, servers "
            + "online/offline, and anything notable. Address me by name. Keep it under 5 sentences.",
    ])
    func reports(prompt: String) async throws {
        let model = HouseModel(owner: "Anna", house: FakeHouse(), now: { HouseModelTests.monday })
        let said = try await text(of: parts(model, prompt, context()))
        #expect(
            said == "Good morning, Anna. It is ten fifteen in the morning on Monday, the third of August. "
                + "The Living Room Temperature is 21.5 degrees. "
                + "The House Power is 450 watts and Energy Today is 7.3 kilowatt hours. "
                + "One of two servers is online. Offline: Server Two. "
                + "Notable: the Garage Door is open and one light is on."
        )
    }

    @Test func aReportWithoutAHouseSaysSo() async throws {
        let model = HouseModel(owner: "Anna", now: { HouseModelTests.monday })
        let said = try await text(of: parts(model, "give me the morning report", context()))
        #expect(said.hasPrefix("Good morning, Anna. It is ten fifteen"))
        #expect(said.contains("no Home Assistant"))
        #expect(said.hasSuffix("Everything is working."))
    }

    @Test func aHouseThatDoesNotAnswerIsSpokenOf() async throws {
        let model = HouseModel(house: FakeHouse(fails: true))
        let parts = try await parts(model, "what is the temperature", context())
        #expect(parts == [.toolStarted("house"), .toolFinished("house"), .text("I cannot reach the house right now.")])
    }

    @Test func turnsOnWhatWasNamed() async throws {
        let house = FakeHouse(canAct: true)
        let model = HouseModel(house: house)
        #expect(
            try await text(of: parts(model, "turn on the kitchen like", context())) == "I turned on the Kitchen Light."
        )
        _ = try await parts(model, "turn off all the lights in the house", context())
        #expect(house.turned.withLock { $0 } == ["light.kitchen on", "light.kitchen off", "light.hall off"])
        let said = try await text(of: parts(model, "turn on the moon", context()))
        #expect(said == "I do not know which light or switch you mean.")
        #expect(
            try await text(of: parts(model, "unlock the front door", context())).hasPrefix("I do not operate locks")
        )
        #expect(house.turned.withLock { $0.count } == 3)
    }
}

private final class FakeHouse: HouseStates {
    struct Down: Error {}

    let canAct: Bool
    let fails: Bool
    let asked = Mutex(0)
    let turned = Mutex<[String]>([])

    init(canAct: Bool = false, fails: Bool = false) {
        self.canAct = canAct
        self.fails = fails
    }

    func states() async throws -> [HouseState] {
        self.asked.withLock { $0 += 1 }
        if self.fails { throw Down() }
        return [
            HouseState(entityID: "sensor.lr", name: "Living Room Temperature", state: "21.54", unit: "°C"),
            HouseState(entityID: "sensor.bedroom", name: "Bedroom", state: "19.0", unit: "°C"),
            HouseState(entityID: "sensor.cpu", name: "CPU", state: "61", unit: "°C"),
            HouseState(entityID: "sensor.attic", name: "Attic Temperature", state: "unavailable", unit: "°C"),
            HouseState(entityID: "light.kitchen", name: "Kitchen Light", state: "on"),
            HouseState(entityID: "light.hall", name: "Hall Light", state: "off"),
            HouseState(entityID: "lock.front_door", name: "Front Door", state: "locked"),
            HouseState(entityID: "binary_sensor.garage_door", name: "Garage Door", state: "on"),
            HouseState(entityID: "binary_sensor.server_1", name: "Server One", state: "on"),
            HouseState(entityID: "binary_sensor.server_2", name: "Server Two", state: "unavailable"),
            HouseState(entityID: "sensor.power", name: "House Power", state: "450", unit: "W"),
            HouseState(entityID: "sensor.energy", name: "Energy Today", state: "7.26", unit: "kWh"),
            HouseState(entityID: "weather.home", name: "Home", state: "partlycloudy"),
            HouseState(entityID: "person.anna", name: "Anna", state: "home"),
        ]
    }

    func turn(_ entityIDs: [String], on: Bool) async throws {
        self.turned.withLock { $0 += entityIDs.map { "\($0) \(on ? "on" : "off")" } }
    }
}

private func context(name: String? = nil) -> ConversationContext {
    ConversationContext(callIdentifier: "1", callerName: name, callerIsTrusted: true)
}

private func ask(_ heard: String, _ asked: ConversationContext? = nil) async throws -> [ReplyPart] {
    try await parts(HouseModel(now: { HouseModelTests.monday }), heard, asked ?? context())
}

private func parts(_ model: HouseModel, _ heard: String, _ context: ConversationContext) async throws -> [ReplyPart] {
    var parts: [ReplyPart] = []
    for try await part in model.reply(to: Turn(text: heard, number: 1), in: context) { parts.append(part) }
    return parts
}

private func text(of parts: [ReplyPart]) -> String {
    var text = ""
    for part in parts { if case .text(let words) = part { text += words } }
    return text
}
