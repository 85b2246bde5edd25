import Foundation
import Logging
import Synchronization
import Testing

@testable import svetlana

/// Lines of the log as a person, journald and fail2ban read them.
@Suite struct TextLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func lines(_ style: TextLog.Style, level: Logger.Level = .info, _ use: (Logger) -> Void) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            TextLog(style: style, now: { Date(timeIntervalSince1970: 1_767_225_600.25) }) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        logger.logLevel = level
        use(logger)
        return lines.all.withLock { $0 }
    }

    @Test func `The text stands before what belongs to it`() throws {
        let line = try #require(
            self.lines(.dated) {
                $0.info("registered", metadata: ["expires": "60 s", "as": "200"], source: "svetlana")
            }
            .first
        )
        #expect(line.hasSuffix(" info registered as=200 expires=\"60 s\"\n"))
        #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.250[+-]?[\dZ]+ info .*\n/) != nil)
    }

    @Test func `journald gets a priority and no time`() {
        let written = self.lines(.journal, level: .trace) { logger in
            for level in Logger.Level.allCases { logger.log(level: level, "x", source: "svetlana") }
        }
        #expect(written == ["<7>x\n", "<7>x\n", "<6>x\n", "<5>x\n", "<4>x\n", "<3>x\n", "<2>x\n"])
        #expect(TextLog.Style.detected(["JOURNAL_STREAM": "8:1"]) == .journal)
        #expect(TextLog.Style.detected([:]) == .dated)
    }

    @Test func `Other packages are heard from info on`() {
        let written = self.lines(.journal, level: .trace) { logger in
            logger.debug("noise", source: "ServiceLifecycle")
            logger.debug("ours", source: "Telephony")
            logger.info("news", source: "ServiceLifecycle")
        }
        #expect(written == ["<7>ours\n", "<6>news\n"])
    }

    @Test func `What a caller sent moves no cursor and begins no line`() throws {
        let line = try #require(
            self.lines(.journal) { logger in
                logger.info(
                    "call from \u{1B}[2J\u{202E}Ann\r\n<3>forged\u{0}\u{2028}\u{9B}x",
                    metadata: ["name": "a\" b=\u{7}c\n"],
                    source: "svetlana"
                )
            }.first
        )
        #expect(line.count { $0.isNewline } == 1 && line.hasSuffix("\n"))
        let scalars = line.dropLast().unicodeScalars
        #expect(!scalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E })
        #expect(line.contains("name=\"a\\\" b=c\""))
    }
}
