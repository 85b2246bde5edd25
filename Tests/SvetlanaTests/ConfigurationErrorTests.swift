import Testing

@testable import svetlana

@Suite struct ConfigurationErrorTests {
    /// A file, and the one line that it must give.
    private static let mistakes: [(yaml: String, line: String)] = [
        ("sip:\n  prot: 5060\n", "svetlana.yaml:2:3: sip.prot: this key is not known; did you mean port?"),
        ("sip:\n  auth-id: x\n", "svetlana.yaml:2:3: sip.auth-id: this key is not known; did you mean auth_id?"),
        ("spi: {}\n", "svetlana.yaml:1:1: spi: this key is not known; did you mean sip?"),
        ("greeting: Hi\n", "svetlana.yaml:1:1: greeting: this key is not known; it belongs under conversation:"),
        (
            "owner: {callers: [1]}\n",
            "svetlana.yaml:1:9: owner.callers: this key is not known; it belongs to the outermost level"
        ),
        (
            "log:\n  colour: red\n",
            "svetlana.yaml:2:3: log.colour: this key is not known; known here are level, redact, sip"
        ),
        ("sip: 5060\n", "svetlana.yaml:1:6: sip: this is a section: write its keys below it, indented"),
        ("- a\n", "svetlana.yaml:1:1: the file must hold keys and values, such as \"sip:\""),
        ("sip:\n  port: many\n", "svetlana.yaml:2:9: sip.port: expected a whole number, found \"many\""),
        ("sip:\n  port: 70000\n", "svetlana.yaml:2:9: sip.port: 70000 is not possible; write 1 to 65535"),
        ("sip:\n  port: [1]\n", "svetlana.yaml:2:9: sip.port: expected a whole number, found a list"),
        ("sip:\n  register: maybe\n", "svetlana.yaml:2:13: sip.register: expected true or false, found \"maybe\""),
        (
            "sip:\n  pbx: sip:host\n  register: false\n",
            "svetlana.yaml:2:8: sip.pbx: \"sip:host\" is no host; write a name or an address, with :port if it is not 5060"
        ),
        (
            "sip:\n  codecs: [pcmu, g729]\n",
            "svetlana.yaml:2:11: sip.codecs: \"g729\" is not possible; the codecs are opus, g722, pcmu, pcma, l16"
        ),
        (
            "sip:\n  codecs: []\n",
            "svetlana.yaml:2:11: sip.codecs: at least one codec is needed; the codecs are opus, g722, pcmu, pcma, l16"
        ),
        (
            "sip:\n  rtp_ports: 5\n",
            "svetlana.yaml:2:14: sip.rtp_ports: \"5\" is no range of ports; write two from 1024 up, such as \"40000-40999\""
        ),
        (
            "sip:\n  rtp_ports: 5000-6000\n",
            "svetlana.yaml:2:14: sip.rtp_ports: the range 5000-6000 holds the SIP port 5060; choose another"
        ),
        (
            "sip:\n  local_address: here\n",
            "svetlana.yaml:2:18: sip.local_address: \"here\" is no IP address; write one such as 192.168.1.10"
        ),
        (
            "sip:\n  extension: 2 0\n",
            "svetlana.yaml:2:14: sip.extension: \"2 0\" is no extension or number; write digits only, without spaces or sip:"
        ),
        (
            "sip:\n  register: true\n  extension: 1\n  password: x\n",
            "svetlana.yaml:2:13: sip.register: the bot cannot register without sip.pbx; add it, or set register to false"
        ),
        (
            "sip:\n  pbx: a\n  password: x\n",
            "svetlana.yaml:2:3: sip.extension: this is missing: the extension that the bot is at the PBX, such as 200"
        ),
        (
            "sip:\n  pbx: a\n  extension: 1\n",
            "svetlana.yaml:2:3: sip.password: this is missing: set password_file, or SVETLANA_SIP_PASSWORD in the environment"
        ),
        (
            "sip:\n  password: x\n  password_file: f\n",
            "svetlana.yaml:3:18: sip.password_file: both password and password_file are given; keep one"
        ),
        (
            "sip:\n  password_file: none\n",
            "svetlana.yaml:2:18: sip.password_file: the file none does not exist; create it, with the secret as its only line"
        ),
        (
            "sip:\n  password_file: empty\n",
            "svetlana.yaml:2:18: sip.password_file: the file empty is empty; write the secret into it"
        ),
        (
            "trunk: {peers: [pbx.example]}\n",
            "svetlana.yaml:1:16: trunk.peers: \"pbx.example\" is no IP address; write addresses such as 192.168.1.10, with :port if it is not 5060, no names"
        ),
        ("callers:\n  - 100\n  - [1]\n", "svetlana.yaml:3:5: callers: expected a text in this list"),
        (
            "dial: {allow: [abc]}\n",
            "svetlana.yaml:1:15: dial.allow: \"abc\" is no pattern; write extensions, a number, X for any digit, or * at the end for any more"
        ),
        (
            "model: {provider: opnai}\n",
            "svetlana.yaml:1:19: model.provider: \"opnai\" is not possible (did you mean openai?); write one of local, openai, hermes"
        ),
        (
            "model:\n  url: http://x\n",
            "svetlana.yaml:2:8: model.url: an address is given, but not what it is; add provider: openai or hermes"
        ),
        (
            "model: {provider: openai, url: x:1}\n",
            "svetlana.yaml:1:32: model.url: \"x:1\" is no address of a server; write one such as http://127.0.0.1:8000"
        ),
        (
            "model: {provider: openai, url: \"http://u:hush@x\"}\n",
            "svetlana.yaml:1:32: model.url: an address must not hold a user, a password or a query; use api_key or api_key_file"
        ),
        (
            "model:\n  provider: hermes\n",
            "svetlana.yaml:2:3: model.api_key: this is missing: Hermes Agent wants its API_SERVER_KEY; set api_key_file to a file with it"
        ),
        (
            "speech_to_text: {language: de}\n",
            "svetlana.yaml:1:28: speech_to_text.language: the built-in speech recognition understands only en; set provider to openai for de"
        ),
        (
            "text_to_speech: {speed: 9}\n",
            "svetlana.yaml:1:25: text_to_speech.speed: 9 is not possible; write 0.25 to 4.0"
        ),
        (
            "home_assistant: {url: \"http://h\"}\n",
            "svetlana.yaml:1:17: home_assistant.token: this is missing: make a long-lived access token in Home Assistant and set token_file"
        ),
        (
            "conversation:\n  end_of_turn_silence: 5 weeks\n",
            "svetlana.yaml:2:24: conversation.end_of_turn_silence: expected a length of time such as 0.8, \"800 ms\", \"30 s\" or \"15 min\", found \"5 weeks\""
        ),
        (
            "conversation:\n  end_of_turn_silence: 0.1\n",
            "svetlana.yaml:2:24: conversation.end_of_turn_silence: 0.1 is not possible; write 200 ms to 5 s"
        ),
        (
            "model: {provider: openai, api_key: two words}\n",
            "svetlana.yaml:1:36: model.api_key: this is no key: it holds spaces or unusual letters; copy it again"
        ),
        (
            "conversation: {language: de}\nspeech_to_text: {provider: openai}\ntext_to_speech: {speed: 1}\n",
            "svetlana.yaml:3:17: text_to_speech.language: the built-in voice speaks only en; set provider to espeak or "
                + "openai for de"
        ),
        (
            "model: {provider: openai, url: \"http://ä.example\"}\n",
            "svetlana.yaml:1:32: model.url: \"http://ä.example\" is no address of a server; only plain letters, digits and "
                + "signs are possible"
        ),
        (
            "control: {socket: \" \"}\n",
            "svetlana.yaml:1:19: control.socket: this is empty; write a path"
        ),
        (
            "sip: {password: \"\"}\n",
            "svetlana.yaml:1:17: sip.password: this is empty; write the secret, or set password_file to a file with it"
        ),
        (
            "sip:\n  password_file: blank\n",
            "svetlana.yaml:2:18: sip.password_file: the file blank has a blank before or behind the secret; remove it"
        ),
        (
            "model: {provider: openai, api_key_file: lines}\n",
            "svetlana.yaml:1:41: model.api_key_file: the file lines holds more than one line; the secret must be its only line"
        ),
        (
            "sip:\n  realm: \"a\\nb\"\n",
            "svetlana.yaml:2:10: sip.realm: this must be one line without control characters"
        ),
    ]

    @Test(arguments: mistakes)
    func `a mistake gives one line that says where, what and how to mend it`(yaml: String, line: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationTests.parse(
                yaml,
                secrets: ["f": "x", "empty": "\n", "blank": "hush \r\n", "lines": "hush\nhush"]
            )
        }
        #expect(error?.description == line)
    }

    @Test func `what is no YAML is told with its place in one line`() throws {
        for yaml in ["sip:\n  port: 1\n bad\n", "sip: {port: 1\n", "a: \"x\nb: 1\n", "\tsip: 1\n"] {
            let error = try #require(#expect(throws: ConfigurationError.self) { try ConfigurationTests.parse(yaml) })
            #expect(error.problems.count == 1)
            #expect(error.description.contains("this is not YAML"), "\(error)")
            #expect(error.description.wholeMatch(of: /svetlana\.yaml:\d+:\d+: [^\n]+/) != nil, "\(error)")
        }
        let twice = #expect(throws: ConfigurationError.self) {
            try ConfigurationTests.parse("sip:\n  port: 1\n  port: 2\n")
        }
        #expect(twice?.description == "svetlana.yaml:2:3: port is there more than once; keep one")
    }

    @Test func `all mistakes are told at once, in the order of the file`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationTests.parse(
                "log: {level: loud}\nsip:\n  port: 0\n  wat: 1\n",
                environment: ["SVETLANA_SIP_EXPIRES": "soon", "SVETLANA_SIP_PASWORD": "hush-hush"]
            )
        }
        #expect(
            error?.problems.map(\.description) == [
                "environment variable SVETLANA_SIP_EXPIRES: sip.expires: expected a whole number, found \"soon\"",
                "environment variable SVETLANA_SIP_PASWORD: this variable is not known; did you mean SVETLANA_SIP_PASSWORD?",
                "svetlana.yaml:1:14: log.level: \"loud\" is not possible; write one of trace, debug, info, notice, warning, "
                    + "error, critical",
                "svetlana.yaml:3:9: sip.port: 0 is not possible; write 1 to 65535",
                "svetlana.yaml:4:3: sip.wat: this key is not known; known here are auth_id, codecs, display_name, domains, expires, "
                    + "extension, local_address, password, password_file, pbx, port, public_address, realm, register, rtp_ports",
            ]
        )
        #expect(error?.description.contains("hush") == false)
    }
}
