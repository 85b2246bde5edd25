import Foundation
import Testing

@testable import SIPCore

private let tortureFolder = ProcessInfo.processInfo.environment["SVETLANA_TEST_DATA"].map { $0 + "/rfc4475/" }

/// The messages of RFC 4475 from the archive in the RFC, when SVETLANA_TEST_DATA names a folder that has them in
/// `rfc4475`; messages of our own for each of its faults are in `ParseErrorTests`.
@Suite(.enabled(if: tortureFolder != nil)) struct TortureTests {
    /// What the RFC expects of the parser.
    enum Verdict: Sendable, Equatable {
        case accepted
        case refused(SIPParseError.Layer, Int = 400)
    }

    // `test.dat` is in the archive but in no section. `baddn.dat` lacks its empty line in the archive.
    static let expected: [(String, Verdict)] = [
        ("wsinv", .accepted), ("intmeth", .accepted), ("esc01", .accepted), ("escnull", .accepted),
        ("esc02", .accepted),
        ("lwsdisp", .accepted), ("longreq", .accepted), ("dblreq", .accepted), ("semiuri", .accepted),
        ("transports", .accepted), ("mpart01", .accepted), ("unreason", .accepted), ("noreason", .accepted),
        ("badbranch", .accepted), ("unkscm", .accepted), ("novelsc", .accepted), ("unksm2", .accepted),
        ("bext01", .accepted), ("invut", .accepted), ("regaut01", .accepted), ("bcast", .accepted),
        ("zeromf", .accepted),
        ("cparam01", .accepted), ("cparam02", .accepted), ("regescrt", .accepted), ("sdp01", .accepted),
        ("inv2543", .accepted), ("baddate", .accepted),
        ("clerr", .refused(.framing)), ("ncl", .refused(.framing)), ("mcl01", .refused(.framing)),
        ("ltgtruri", .refused(.framing)), ("lwsruri", .refused(.framing)), ("lwsstart", .refused(.framing)),
        ("trws", .refused(.framing)), ("bigcode", .refused(.framing)), ("baddn", .refused(.framing)),
        ("badinv01", .refused(.header)), ("scalar02", .refused(.header)), ("scalarlg", .refused(.header)),
        ("quotbal", .refused(.header)), ("badaspec", .refused(.header)), ("regbadct", .refused(.header)),
        ("escruri", .refused(.validation)), ("badvers", .refused(.validation, 505)),
        ("mismatch01", .refused(.validation)), ("mismatch02", .refused(.validation)), ("insuf", .refused(.validation)),
        ("multi01", .refused(.header)),
    ]

    @Test(arguments: TortureTests.expected) func givesTheVerdictOfTheRFC(_ name: String, _ expected: Verdict) throws {
        let path = (tortureFolder ?? "") + name + ".dat"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var verdict = Verdict.accepted
        do throws(SIPParseError) {
            let message = try SIPMessage(bytes)
            #expect(message.bytes == Array(bytes.prefix(message.length)))
            var copy = SIPMessageBuilder(copying: message)
            // An old client's request has no Max-Forwards to copy.
            if message.isRequest, !copy.hasHeader(.maxForwards) { try? copy.add(.maxForwards, "70") }
            let again = try? copy.build()
            #expect(again?.vias == message.vias)
            #expect(again?.from == message.from)
            #expect(again?.to == message.to)
            #expect(again?.contacts == message.contacts)
            #expect(again?.body == message.body || again?.body.elementsEqual(message.body) == true)
        } catch {
            verdict = .refused(error.layer, error.status)
            print("\(name): \(error)")
        }
        #expect(verdict == expected)
    }
}
