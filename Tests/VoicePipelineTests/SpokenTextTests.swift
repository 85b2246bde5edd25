import Testing
import VoicePipeline

struct SpokenTextTests {
    @Test(arguments: [
        ("**Hello** *there*", "Hello there"),
        (
            "# Report\n- Kitchen: 21 °C\n- Bath: 19.5°C",
            "Report. Kitchen: 21 degrees Celsius. Bath: 19.5 degrees Celsius"
        ),
        ("It is 1 °C.", "It is 1 degree Celsius."),
        ("Used 3.4 kWh, 45% of 2 kW.", "Used 3.4 kilowatt hours, 45 percent of 2 kilowatts."),
        ("-5 °C outside", "minus 5 degrees Celsius outside"),
        ("Open 8–10", "Open 8 to 10"),
        ("All good 👍🏽 🎉!", "All good!"),
        ("See [the manual](https://x.example/a_(b)) now", "See the manual) now"),
        ("Go to https://example.com/a?b=c.", "Go to a link."),
        ("Run `ls -l` now", "Run ls -l now"),
        ("light.living_room_lamp is on", "light.living room lamp is on"),
        ("It costs $5.20 or €1", "It costs 5.20 dollars or 1 euro"),
        ("a & b", "a and b"),
        ("| Room | Temp |\n|---|---|\n| Bath | 20 °C |", "Room, Temp. Bath, 20 degrees Celsius"),
        ("> quoted", "quoted"),
        ("At 10:15 it rang", "At 10:15 it rang"),
        ("<b>bold</b> move", "bold move"),
        ("5 > 3 and 2 < 4", "5 > 3 and 2 < 4"),
        ("~~old~~ new", "old new"),
        ("---", ""),
        ("🎉", ""),
        ("...", ""),
        ("", ""),
        ("It took 5 minutes", "It took 5 minutes"),
        ("5 mm of rain, 12 km/h wind", "5 millimeters of rain, 12 kilometers per hour wind"),
        ("First line\nSecond line", "First line. Second line"),
        ("done ✅", "done"),
    ])
    func cleans(text: String, expected: String) {
        #expect(SpokenText.clean(text) == expected)
    }

    @Test func codeThatSpansPiecesIsDropped() {
        var text = SpokenText()
        #expect(text.clean("Here it is: ```swift") == "Here it is:")
        #expect(text.clean("let x = 1.") == "")
        #expect(text.clean("print(x)```") == "")
        #expect(text.clean("That was it.") == "That was it.")
    }

    @Test(arguments: [
        ("Hel\u{0}lo \u{1B}[31mthere", "Hello [31mthere"), ("a\u{202E}b\u{2066}c\u{2069} d", "abc d"),
        ("a\u{200B}b", "ab"),
        ("<<<<<<<<<<", ""), ("Yes<<<<<<<< no", "Yes no"), ("<a<a<a<a hello", "a a a a hello"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("<b>bold</b>", "bold"), ("no!!!!!!!!!!!!", "no!!!!"), ("1000000000", "1000000000"),
    ])
    func `what a voice cannot say never reaches it`(text: String, spoken: String) {
        #expect(SpokenText.clean(text) == spoken)
    }

    @Test func `a piece without any end is short, and is cleaned in no time`() {
        for unit in ["<", "<a", "[](", "aé ", "`", "*", "\u{301}", "<!--", "x "] {
            let spoken = SpokenText.clean(String(repeating: unit, count: 200_000))
            #expect(spoken.unicodeScalars.count <= 12_000)
        }
    }
}
