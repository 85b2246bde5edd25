import Foundation
import Testing

@testable import svetlana

@Suite struct ConfigurationTests {
    static func parse(
        _ yaml: String,
        environment: [String: String] = [:],
        secrets: [String: String] = [:]
    ) throws(ConfigurationError) -> BotConfiguration {
        try BotConfiguration.parse(yaml, environment: environment) { path in
            guard let secret = secrets[path] else { throw CocoaError(.fileReadNoSuchFile) }
            return secret
        }
    }

    @Test(arguments: ["", "# nothing\n", "sip:\ntrunk: ~\nlog:\n  level:\n"])
    func `a file that says nothing gives the defaults`(yaml: String) throws {
        let configuration = try Self.parse(yaml)
        var expected = BotConfiguration()
        expected.textToSpeech.voice = "rms"
        #expect(configuration == expected)
        #expect(configuration.sip.register == false)
        #expect(configuration.conversation.greeting == "Hey love. Talk to me.")
        #expect(
            configuration.report.prompt
                == "Give me a brief morning report of the house and homelab. Include: indoor temperature, energy usage, "
                + "servers online/offline, and anything notable. Address me by name. Keep it under 5 sentences."
        )
    }

    @Test func `everything can be said`() throws {
        let configuration = try Self.parse(
            """
            owner: {name: Ann, extension: 0100}
            sip:
              pbx: "[2001:db8::1]:5080"
              extension: 200
              auth_id: Xq3
              password: "p:#w"
              display_name: Lana
              register: no
              expires: 120
              port: 5062
              local_address: 192.168.1.20
              public_address: 203.0.113.7
              codecs: [PCMA, opus, pcma]
              realm: 3CXPhoneSystem
              rtp_ports: 20000 - 20099
            trunk: {peers: [192.168.1.10, "2001:db8::2"]}
            callers: [0101, +49301234]
            dial: {allow: [8XX, "+49*"]}
            speech_to_text: {provider: openai, url: "http://ears:8000/v1", model: small, language: de, timeout: 5 s,
              prompt: "Küche", api_key: one-key}
            model: {provider: hermes, api_key_file: hermes-key, session_key: "svetlana:ann", system_prompt: Be brief.,
              first_word_timeout: 8, pause_timeout: 35, timeout: 2 min}
            text_to_speech: {provider: openai, voice: af_bella, speed: 1.2, language: a, sample_rate: 16000, timeout: 6}
            home_assistant: {url: "https://home.example", token_file: ha}
            conversation: {greeting: Hi., end_of_turn_silence: 650 ms, maximum_length: 1 h, barge_in: off,
              no_input_after: 20, language: en}
            report: {prompt: Say hi.}
            control: {socket: /run/lana.sock}
            recording: {directory: calls}
            log: {level: debug, redact: false}
            """,
            secrets: ["hermes-key": "hermes-secret\n", "ha": "ha-secret"]
        )
        #expect(configuration.owner == .init(name: "Ann", extension: "0100"))
        var sip = SIPSettings()
        sip.pbx = .init(host: "[2001:db8::1]", port: 5080)
        sip.extension = "200"
        sip.authenticationID = "Xq3"
        sip.password = Secret("p:#w")
        sip.displayName = "Lana"
        sip.expires = .seconds(120)
        sip.port = 5062
        sip.localAddress = "192.168.1.20"
        sip.publicAddress = "203.0.113.7"
        sip.codecs = [.pcma, .opus]
        sip.realms = ["3CXPhoneSystem"]
        sip.rtpPorts = 20_000...20_099
        #expect(configuration.sip == sip)
        #expect(configuration.sip.username == "Xq3")
        #expect(configuration.trunk.peers == ["192.168.1.10", "2001:db8::2"])
        #expect(configuration.callers == ["0101", "+49301234"])
        #expect(configuration.dial.allow == [.pattern("8XX"), .pattern("+49*")])
        #expect(
            configuration.speechToText
                == .init(
                    provider: .openai,
                    url: "http://ears:8000/v1",
                    model: "small",
                    language: "de",
                    prompt: "Küche",
                    apiKey: Secret("one-key"),
                    timeout: .seconds(5)
                )
        )
        #expect(
            configuration.model
                == .init(
                    provider: .hermes,
                    url: "http://127.0.0.1:8642",
                    model: "hermes-agent",
                    apiKey: Secret("hermes-secret"),
                    systemPrompt: "Be brief.",
                    sessionKey: "svetlana:ann",
                    firstWordTimeout: .seconds(8),
                    pauseTimeout: .seconds(35),
                    timeout: .seconds(120)
                )
        )
        #expect(
            configuration.textToSpeech
                == .init(
                    provider: .openai,
                    voice: "af_bella",
                    language: "a",
                    speed: 1.2,
                    sampleRate: 16_000,
                    timeout: .seconds(6)
                )
        )
        #expect(configuration.homeAssistant == .init(url: "https://home.example", token: Secret("ha-secret")))
        #expect(
            configuration.conversation
                == .init(
                    greeting: "Hi.",
                    endOfTurnSilence: .milliseconds(650),
                    maximumLength: .seconds(3_600),
                    bargeIn: false,
                    noInputAfter: .seconds(20),
                    language: "en"
                )
        )
        #expect(configuration.report.prompt == "Say hi.")
        #expect(configuration.control.socket == "/run/lana.sock")
        #expect(configuration.recording.directory == "calls")
        #expect(configuration.log == .init(level: .debug, redact: false))
    }

    @Test func `a PBX is registered with unless that is switched off`() throws {
        let yaml = "sip: {pbx: pbx.example, extension: 200, password: x}"
        let configuration = try Self.parse(yaml)
        #expect(configuration.sip.register)
        #expect(configuration.sip.username == "200")
        #expect(configuration.sip.pbx?.description == "pbx.example")
    }

    @Test func `the environment wins over the file`() throws {
        let yaml = """
            sip: {pbx: a.example, extension: 200, password_file: p, port: 5060, codecs: [pcma]}
            callers: [1]
            speech_to_text: {provider: openai}
            """
        let environment = [
            "SVETLANA_SIP_PBX": "b.example:5061", "SVETLANA_SIP_PASSWORD": "from-environment",
            "SVETLANA_SIP_PORT": "5070",
            "SVETLANA_SIP_CODECS": "opus, pcmu", "SVETLANA_CALLERS": "100,101", "SVETLANA_MODEL_TIMEOUT": "90 s",
            "SVETLANA_SPEECH_TO_TEXT_PROVIDER": "local", "SVETLANA_SPEECH_TO_TEXT_MODEL": "",
            "SVETLANA_CONFIG": "x", "SVETLANA_WARNINGS_ARE_ERRORS": "1", "SIP_PORT": "1",
        ]
        let configuration = try Self.parse(yaml, environment: environment, secrets: ["p": "from-file"])
        #expect(configuration.sip.pbx == .init(host: "b.example", port: 5061))
        #expect(configuration.sip.password?.revealed == "from-environment")
        #expect(configuration.sip.port == 5070)
        #expect(configuration.sip.codecs == [.opus, .pcmu])
        #expect(configuration.callers == ["100", "101"])
        #expect(configuration.model.timeout == .seconds(90))
        #expect(configuration.speechToText.provider == .local)
        #expect(configuration.speechToText.model == SpeechToTextSettings().model)

        let file = ["SVETLANA_SIP_PASSWORD_FILE": "q"]
        let other = try Self.parse(yaml, environment: file, secrets: ["p": "from-file", "q": "from-other-file"])
        #expect(other.sip.password?.revealed == "from-other-file")
    }

    @Test func `a secret is never shown`() throws {
        let configuration = try Self.parse("sip: {pbx: a, extension: 1, password: hush-hush}")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hush"))
            #expect(text.contains("(secret)") || text == dumped)
        }
        let wrong = #expect(throws: ConfigurationError.self) {
            try Self.parse("sip: {pbx: a, extension: 1, password: \"hush\\nhush\"}")
        }
        #expect(wrong?.description.contains("hush") == false)
    }

    @Test func `files are read where they are, secrets beside them`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("svetlana.yaml")
        try "sip: {pbx: a, extension: 1, password_file: secret}\n".write(to: file, atomically: true, encoding: .utf8)

        let missing = #expect(throws: ConfigurationError.self) {
            try BotConfiguration.load(path: file.path, environment: [:])
        }
        #expect(
            missing?.description
                == "\(file.path):1:44: sip.password_file: the file \(directory.path)/secret does not exist; create it, with the secret as its "
                + "only line"
        )
        try "quiet\r\n".write(to: directory.appendingPathComponent("secret"), atomically: true, encoding: .utf8)
        #expect(try BotConfiguration.load(path: file.path, environment: [:]).sip.password?.revealed == "quiet")

        let nowhere = directory.appendingPathComponent("none.yaml").path
        let absent = #expect(throws: ConfigurationError.self) {
            try BotConfiguration.load(path: nowhere, environment: [:])
        }
        #expect(
            absent?.description
                == "\(nowhere): this file does not exist; copy svetlana.example.yaml to it and fill it in"
        )
    }

    @Test func `no file is needed when the environment says enough`() throws {
        let configuration = try BotConfiguration.load(path: nil, environment: ["SVETLANA_OWNER_EXTENSION": "100"])
        #expect(configuration.owner.extension == "100")
    }

    @Test func `the socket is the service's when it is installed, else the user's`() {
        let environment = ["XDG_RUNTIME_DIR": "/run/user/1000"]
        #expect(
            BotConfiguration.Control.defaultPath(environment: environment, exists: { $0 == "/run/svetlana" })
                == "/run/svetlana/control.sock"
        )
        #expect(
            BotConfiguration.Control.defaultPath(environment: environment, exists: { _ in false })
                == "/run/user/1000/svetlana/control.sock"
        )
        #expect(
            BotConfiguration.Control.defaultPath(environment: [:], user: 1_000, exists: { _ in false })
                == "/tmp/svetlana-1000/control.sock"
        )
        #expect(
            BotConfiguration.Control.defaultPath(environment: [:], user: 0, exists: { _ in false })
                == "/run/svetlana/control.sock"
        )
    }
}
