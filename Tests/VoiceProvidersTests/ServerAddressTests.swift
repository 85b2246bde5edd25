import Testing

@testable import VoiceProviders

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8880", "http://127.0.0.1:8880"),
        ("HTTP://kokoro.lan/", "http://kokoro.lan"),
        ("https://ai.example/v1/", "https://ai.example"),
        ("https://ai.example/p/phone/v1", "https://ai.example/p/phone"),
        ("http://[::1]:8642", "http://[::1]:8642"),
    ])
    func `an address is brought to one form`(text: String, expected: String) {
        #expect(ServerAddress(text)?.description == expected)
    }

    @Test(arguments: [
        "", "localhost:8000", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:99999", "http://x:y",
        "http://user:secret@x", "http://x?key=1", "http://x y", "http://x\r\nHost: y", "http://[::1",
        "http://ä.example",
    ])
    func `what is no address is refused`(text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test func `a key is never shown`() throws {
        let key = try #require(APIKey("\tsk-very-secret \n"))
        #expect(key.text == "sk-very-secret")
        var dumped = ""
        dump(
            ChatCompletions.Configuration(server: try #require(ServerAddress("http://x")), key: key, model: "m"),
            to: &dumped
        )
        for text in ["\(key)", String(reflecting: key), "\(Optional(key) as Any)", dumped] {
            #expect(!text.contains("very-secret"))
        }
        #expect(key.redacted(from: "a sk-very-secret b") == "a (secret) b")
        #expect(APIKey(" ") == nil)
        #expect(APIKey("two words") == nil)
        #expect(APIKey("line\r\nX-Evil: 1") == nil)
    }
}
