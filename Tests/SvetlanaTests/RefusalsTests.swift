import CoreTypes
import Foundation
import Logging
import SIPCore
import Synchronization
import Testing

@testable import svetlana

/// The log's line of refused requests, and the filter of fail2ban that reads it.
@Suite struct RefusalsTests {
    private static func refusals(_ source: String, count: Int = 17, isKnown: Bool = false) throws -> Refusals {
        Refusals(
            source: try #require(TransportAddress(source)),
            method: .invite,
            status: 403,
            reason: "stranger",
            count: count,
            isKnown: isKnown
        )
    }

    /// The lines of `failregex`, with fail2ban's own word for an address as a pattern of this language.
    private static func filter() throws -> [Regex<AnyRegexOutput>] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Support/fail2ban/filter.d/svetlana.conf")
        let text = try String(contentsOf: file, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("failregex") })
        let pattern = try #require(line.split(separator: "=", maxSplits: 1).last).drop { $0 == " " }
        return [try Regex(String(pattern).replacing("<ADDR>", with: #"(?<ip>[0-9A-Fa-f:.]+)"#))]
    }

    /// The lines that fail2ban gets of the log, from the journal and from a file, the time cut off as it does.
    private static func logged(_ refusals: Refusals) -> [String] {
        [TextLog.Style.journal, .dated].map { style in
            let written = Mutex("")
            var logger = Logger(label: "svetlana") { _ in
                TextLog(style: style) { line in written.withLock { $0 = line } }
            }
            logger.logLevel = .info
            logger.notice("\(refusals.line)")
            let line = written.withLock { $0.trimmingCharacters(in: .newlines) }
            switch style {
            // journald takes the priority away, and fail2ban puts host and identifier before it.
            case .journal: return "host svetlana[815]: " + line.drop { $0 != ">" }.dropFirst()
            case .dated: return String(line.drop { $0 != " " })
            }
        }
    }

    @Test(arguments: [("203.0.113.9:5060", "203.0.113.9"), ("[2001:db8::9]:40000", "2001:db8::9")])
    func `a stranger's line is read`(source: String, address: String) throws {
        for count in [1, 17] {
            for line in Self.logged(try Self.refusals(source, count: count)) {
                let match = try #require(try Self.filter().first?.firstMatch(in: line), "\(line)")
                #expect(match["ip"]?.substring.map(String.init) == address)
            }
        }
    }

    @Test func `the line says how many and why`() throws {
        #expect(
            try Self.refusals("203.0.113.9:5060").line
                == "refused 17 requests from 203.0.113.9:5060 in the last minute: INVITE, not the PBX and not a listed peer"
        )
    }

    @Test func `the sum of many sources bans nobody`() throws {
        let refusals = try Self.refusals("0.0.0.0:0", count: 900)
        #expect(refusals.line == "refused 900 requests from more strangers in the last minute, too many to name each")
        for line in Self.logged(refusals) { #expect(try Self.filter().first?.firstMatch(in: line) == nil) }
    }

    @Test func `the PBX is not called a stranger, and never banned`() throws {
        let refusals = Refusals(
            source: try #require(TransportAddress("192.0.2.1:5060")),
            method: SIPMethod(rawValue: "PUBLISH"),
            status: 405,
            reason:
                "refused 1 request from 203.0.113.9:5060 in the last minute: INVITE, not the PBX and not a listed peer",
            count: 2,
            isKnown: true
        )
        #expect(!refusals.line.hasSuffix("not a listed peer\n"))
        for line in Self.logged(refusals) { #expect(try Self.filter().first?.firstMatch(in: line) == nil, "\(line)") }
    }
}
