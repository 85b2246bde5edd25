import Foundation
import SIPDiagnostics
import Testing

@testable import svetlana

/// Where the configuration and its secrets are, and what is said when they are not there.
@Suite struct ConfigurationPlaceTests {
    /// A folder of our own, removed at the end.
    private final class Folder {
        let path: String
        init() throws {
            self.path = NSTemporaryDirectory() + "svetlana-places-\(UUID().uuidString.prefix(8))"
            try PrivateFiles.makeFolder(self.path)
        }
        deinit { try? FileManager.default.removeItem(atPath: self.path) }
        func write(_ name: String, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: self.path + "/" + name))
        }
    }

    private func problem(_ path: String) -> String? {
        #expect(throws: ConfigurationError.self) { try BotConfiguration.load(path: path, environment: [:]) }?
            .description
    }

    @Test func `the places that were tried are told whole`() throws {
        let none = ConfigurationSearch(named: nil, environment: [:], currentFolder: "/home/ann") { path in
            path.hasPrefix("/etc") ? EACCES : ENOENT
        }
        #expect(none.path == nil)
        let missing = try #require(BotConfiguration().missingTelephone(tried: none.tried))
        #expect(missing.contains("/home/ann/svetlana.yaml (not there)"))
        #expect(missing.contains("/etc/svetlana/svetlana.yaml (permission denied)"))
        #expect(missing.contains("$SVETLANA_CONFIG (not set)"))
        let here = ConfigurationSearch(named: nil, environment: [:], currentFolder: "/home/ann") { _ in 0 }
        #expect(here.path == "/home/ann/svetlana.yaml")
        let named = ConfigurationSearch(named: "~/lana.yaml", environment: [:]) { _ in ENOENT }
        #expect(named.path == NSHomeDirectory() + "/lana.yaml")
        let variable = ConfigurationSearch(named: nil, environment: ["SVETLANA_CONFIG": "a.yaml"], currentFolder: "/b")
        { _ in
            ENOENT
        }
        #expect(variable.path == "/b/a.yaml")
    }

    @Test func `a folder, a file that is not there and what is no text have words of their own`() throws {
        let folder = try Folder()
        #expect(self.problem(folder.path)?.contains("this is a folder; name the file in it") == true)
        #expect(self.problem(folder.path + "/none.yaml")?.contains("this file does not exist") == true)
        #expect(self.problem("none-\(UUID()).yaml")?.contains(FileManager.default.currentDirectoryPath) == true)
        try folder.write("wide.yaml", [0xFF, 0xFE, 0x61, 0x00])
        #expect(self.problem(folder.path + "/wide.yaml")?.contains("not text in UTF-8") == true)
        try folder.write("marked.yaml", [0xEF, 0xBB, 0xBF] + Array("sip: {port: 5070}\n".utf8))
        #expect(try BotConfiguration.load(path: folder.path + "/marked.yaml", environment: [:]).sip.port == 5_070)
    }

    @Test func `without PBX and peer nobody could call, and that is said`() throws {
        let empty = try BotConfiguration.parse("sip: {extension: 200}") { _ in "" }
        #expect(empty.missingTelephone(tried: []) != nil)
        let trunk = try BotConfiguration.parse("trunk: {peers: [192.0.2.1]}") { _ in "" }
        #expect(trunk.missingTelephone(tried: []) == nil)
        let pbx = try BotConfiguration.parse("sip: {pbx: a, register: false}") { _ in "" }
        #expect(pbx.missingTelephone(tried: []) == nil)
        #expect(pbx.cautions.count == 1 && pbx.cautions[0].contains("sip.register is false"))
        #expect(trunk.cautions.isEmpty)
    }

    @Test func `every path of the file is relative to it, those of the environment to the current folder`() throws {
        let folder = try Folder()
        try folder.write("secret", Array("quiet".utf8))
        try folder.write(
            "svetlana.yaml",
            Array("sip: {password_file: ./secret}\nrecording: {directory: calls}\ncontrol: {socket: bot.sock}\n".utf8)
        )
        let file = folder.path + "/svetlana.yaml"
        let read = try BotConfiguration.load(path: file, environment: [:])
        #expect(read.recording.directory == folder.path + "/calls")
        #expect(read.control.socket == folder.path + "/bot.sock")
        #expect(read.sip.password?.revealed == "quiet")
        #expect(read.source == file)
        let environment = ["SVETLANA_RECORDING_DIRECTORY": "calls", "SVETLANA_CONTROL_SOCKET": "~/bot.sock"]
        let other = try BotConfiguration.load(path: file, environment: environment)
        #expect(other.recording.directory == FileManager.default.currentDirectoryPath + "/calls")
        #expect(other.control.socket == NSHomeDirectory() + "/bot.sock")
    }

    @Test func `a folder in place of a secret, and one that is not there, are told apart`() throws {
        let folder = try Folder()
        try folder.write(
            "svetlana.yaml",
            Array("sip: {password_file: .}\nmodel: {provider: openai, api_key_file: none}".utf8)
        )
        let told = self.problem(folder.path + "/svetlana.yaml")
        #expect(told?.contains("sip.password_file: the file \(folder.path)/. is a folder") == true)
        #expect(told?.contains("the file \(folder.path)/none does not exist") == true)
    }

    @Test(arguments: [
        ("hush", "hush"), ("hush\n", "hush"), ("hush\r\n", "hush"), ("\u{FEFF}hush\n\n", "hush"), ("hu sh", "hu sh"),
    ])
    func `a secret is read without marks and ends of lines`(content: String, secret: String) throws {
        #expect(try SecretFile.secret(in: Array(content.utf8)) == secret)
    }

    @Test(arguments: [
        ("", SecretFile.Problem.empty), ("\n", .empty), (" \n", .empty), ("hush \n", .blanks), (" hush", .blanks),
        ("hush\t", .blanks), ("hush\u{A0}\n", .blanks), ("hush\nmore", .severalLines),
        ("hu\u{7}sh", .controlCharacters),
        ("\u{200B}hush", .blanks),
    ])
    func `what can be no secret is refused, without showing it`(content: String, problem: SecretFile.Problem) {
        #expect(throws: problem) { try SecretFile.secret(in: Array(content.utf8)) }
        #expect(!problem.description.contains("hush"))
        #expect(throws: SecretFile.Problem.wideText) { try SecretFile.secret(in: [0xFF, 0xFE, 0x61, 0x00]) }
    }

    @Test func `a secret of the environment is read as one of a file`() {
        let told = #expect(throws: ConfigurationError.self) {
            try BotConfiguration.parse("", environment: ["SVETLANA_SIP_PASSWORD": "hush "]) { _ in "" }
        }
        #expect(told?.description.contains("has a blank before or behind the secret") == true)
        #expect(told?.description.contains("hush") == false)
    }
}
