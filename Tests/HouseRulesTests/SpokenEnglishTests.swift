import Testing

@testable import HouseRules

@Suite struct SpokenEnglishTests {
    @Test(arguments: [
        (0, 0, "midnight"), (0, 5, "five past midnight"), (0, 30, "half past midnight"),
        (0, 45, "twelve forty-five in the morning"), (1, 4, "one oh four in the morning"),
        (9, 0, "nine o'clock in the morning"), (12, 0, "noon"),
        (12, 30, "twelve thirty in the afternoon"), (17, 59, "five fifty-nine in the afternoon"),
        (21, 45, "nine forty-five in the evening"), (23, 10, "eleven ten at night"),
    ])
    func times(hour: Int, minute: Int, expected: String) {
        #expect(SpokenEnglish.time(WallTime(year: 2_026, month: 1, day: 1, hour: hour, minute: minute)) == expected)
    }

    @Test(arguments: [
        (7, "seven"), (40, "forty"), (99, "ninety-nine"), (100, "one hundred"), (342, "three hundred and forty-two"),
        (1_000, "one thousand"), (2_005, "two thousand and five"), (-3, "minus three"), (12_345, "12345"),
        (Int.min, String(Int.min)),
    ])
    func numbers(value: Int, expected: String) {
        #expect(SpokenEnglish.number(value) == expected)
    }

    @Test(arguments: [
        (1, "first"), (12, "twelfth"), (13, "thirteenth"), (20, "twentieth"), (22, "twenty-second"), (30, "thirtieth"),
        (31, "thirty-first"),
    ])
    func ordinals(value: Int, expected: String) {
        #expect(SpokenEnglish.ordinal(value) == expected)
    }

    @Test(arguments: [
        (21.5, "21.5"), (21.04, "21"), (-0.5, "minus 0.5"), (-0.01, "0"), (1e300, "very many"),
        (Double.nan, "very many"),
    ])
    func measures(value: Double, expected: String) {
        #expect(SpokenEnglish.measure(value) == expected)
    }

    @Test(arguments: [
        (Duration.seconds(1), "one second"), (.seconds(600), "ten minutes"), (.seconds(1_800), "half an hour"),
        (.seconds(3_600), "an hour"), (.seconds(5_400), "an hour and a half"), (.seconds(86_400 * 3), "three days"),
        (.seconds(-5), "zero seconds"),
    ])
    func durations(duration: Duration, expected: String) {
        #expect(SpokenEnglish.duration(duration) == expected)
    }

    @Test(arguments: [
        (2_000, 2, 29, "Tuesday, the twenty-ninth of February"),
        (2_026, 12, 31, "Thursday, the thirty-first of December"),
        (1_970, 1, 1, "Thursday, the first of January"),
    ])
    func dates(year: Int, month: Int, day: Int, expected: String) {
        #expect(SpokenEnglish.date(WallTime(year: year, month: month, day: day, hour: 0, minute: 0)) == expected)
    }

    @Test func years() {
        #expect(SpokenEnglish.year(2_026) == "twenty twenty-six")
        #expect(SpokenEnglish.year(1_905) == "nineteen oh five")
        #expect(SpokenEnglish.year(2_005) == "two thousand and five")
    }

    @Test func lists() {
        #expect(SpokenEnglish.list([]).isEmpty)
        #expect(SpokenEnglish.list(["a"]) == "a")
        #expect(SpokenEnglish.list(["a", "b", "c"]) == "a, b and c")
    }
}

@Suite struct HeardWordsTests {
    @Test(
        arguments: [
            ("temperature", "temperature", 1), ("temperate", "temperature", 0.75), ("doors", "door", 0.75),
            ("lite", "light", 0),
            ("on", "in", 0), ("dime", "time", 0), ("goodby", "goodbye", 0.75), ("weather", "whether", 0),
            ("", "time", 0),
        ] as [(String, String, Double)]
    )
    func likeness(heard: String, meant: String, expected: Double) {
        #expect(HeardWords.likeness(heard, meant) == expected)
    }

    @Test func phrasesAreFoundInOrderAndWithoutGaps() {
        let heard = HeardWords("Please, call me BACK in ten minutes!")
        #expect(heard.words == ["please", "call", "me", "back", "in", "ten", "minutes"])
        #expect(heard.match(["call", "me", "back"]) == 1)
        #expect(heard.match(["call", "back"]) == 0)
        #expect(heard.match([]) == 0)
        #expect(HeardWords("what's").words == ["whats"])
    }
}

@Suite struct HouseIntentTests {
    @Test(
        arguments: [
            ("what is the temperature in the living room", .temperature), ("turn on the kitchen light", .turnOn),
            ("good morning how are you", .howAreYou), ("what time is it", .time), ("is the front door locked", .doors),
            ("how many servers are online", .servers), ("please call me back in ten minutes", .callBack),
            ("what is the weather tomorrow", .weather), ("turn off all the lights in the house", .turnOff),
            ("give me the morning report", .report), ("who is calling", .caller), ("thank you and goodbye", .goodbye),
            ("turn off all the light to a house", .turnOff), ("use the front door locked", .doors),
            ("what can you do", .abilities),
            ("are the lights on in the kitchen", .lights), ("is it going to rain today", .weather), ("hey", .greeting),
            ("are you online", .status), ("what day is today", .date), ("thank you", .thanks),
        ] as [(String, HouseIntent)]
    )
    func whatIsAskedIsRecognized(heard: String, expected: HouseIntent) {
        #expect(HouseIntent.recognize(HeardWords(heard)) == expected)
    }

    @Test(arguments: ["", "the", "uh", "purple elephants dance", "i like cheese on toast"])
    func nothingIsMadeOfNothing(heard: String) {
        #expect(HouseIntent.recognize(HeardWords(heard)) == nil)
    }
}
