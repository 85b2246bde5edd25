import CoreTypes
import Testing

@testable import SIPCore

@Suite("Dialogs")
struct DialogTests {
    func incoming(_ headers: [String] = []) throws -> Dialog {
        try #require(Dialog(receiving: try Peer.invite(headers: headers), localTag: "ours"))
    }

    @Test func calleeSendsToTheContactAndNamesBothSides() throws {
        var dialog = try self.incoming()
        let (builder, nextHop) = dialog.makeRequest(.bye)
        let bye = try builder.sent()
        #expect(bye.requestURIText == "sip:100@192.0.2.9:5070;rinstance=ab")
        #expect(nextHop.description == "sip:100@192.0.2.9:5070;rinstance=ab")
        #expect(bye.from.description == "<sip:bot@pbx.example>;tag=ours")
        #expect(bye.to.description == "\"One Hundred\" <sip:100@pbx.example>;tag=peer")
        #expect(bye.callID == "call-1")
        #expect(bye.cSeq == CSeq(number: 1, method: .bye))
        #expect(bye.maxForwards == 70)
        #expect(bye.routes.isEmpty)
    }

    @Test func strictRoutedRequestHasTheTargetLast() throws {
        var dialog = try self.incoming([
            "Record-Route: <sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60>", "Record-Route: <sip:p2;lr>",
        ])
        let info = try dialog.makeRequest(.info).request.sent()
        #expect(info.requestURIText == "sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60")
        #expect(info.values(.route) == ["<sip:p2;lr>", "<sip:100@192.0.2.9:5070;rinstance=ab>"])
    }

    @Test func requestsCountAndAcknowledgmentsDoNot() throws {
        var dialog = try self.incoming()
        #expect(try dialog.makeRequest(.info).request.sent().cSeq.number == 1)
        #expect(try dialog.makeAcknowledgment(cSeq: 77).request.sent().cSeq == CSeq(number: 77, method: .ack))
        #expect(try dialog.makeRequest(.bye).request.sent().cSeq.number == 2)
    }

    @Test func lowerNumbersAreOutOfOrder() throws {
        var dialog = try self.incoming()
        let outOfOrder = dialog.admit(try Peer.request("INFO", cSeq: 9))
        #expect(!outOfOrder)
        let next = dialog.admit(try Peer.request("INFO", cSeq: 11))
        #expect(next)
        // RFC 3261 section 12.2.2: a gap is no error, unless it would put all that follows out of order.
        let leap = dialog.admit(try Peer.request("INFO", cSeq: 4_294_967_295))
        #expect(!leap)
        #expect(dialog.remoteCSeq == 11)
        let gap = dialog.admit(try Peer.request("INFO", cSeq: 10_011))
        #expect(gap)
        #expect(dialog.remoteCSeq == 10_011)
        let late = dialog.admit(try Peer.request("INFO", cSeq: 12))
        #expect(!late)
    }

    @Test(arguments: [(UInt32(1), UInt32(2)), (2_147_483_646, 2_147_483_647), (2_147_483_647, 1), (.max, 1)])
    func numbersStayBelowTheLimit(number: UInt32, next: UInt32) {
        #expect(Dialog.number(after: number) == next)
    }

    @Test func matchesByCallIDAndBothTags() throws {
        let dialog = try self.incoming()
        #expect(dialog.matches(try Peer.request("BYE", cSeq: 11)))
        #expect(!dialog.matches(try Peer.request("BYE", cSeq: 11, from: "other")))
        #expect(!dialog.matches(try Peer.request("BYE", cSeq: 11, to: "other")))
    }

    @Test(arguments: [nil, "<tel:+4930123>", "<mailto:a@b.example>"] as [String?])
    func noDialogWithoutUsableContact(contact: String?) throws {
        #expect(Dialog(receiving: try Peer.invite(contact: contact), localTag: "ours") == nil)
    }

    @Test func targetRefreshKeepsTheRoutes() throws {
        var dialog = try self.incoming(["Record-Route: <sip:p1;lr>"])
        dialog.refreshTarget(
            from: try Peer.request(
                "INVITE",
                cSeq: 11,
                contact: "<sip:100@192.0.2.77>",
                headers: ["Record-Route: <sip:evil;lr>"]
            )
        )
        let bye = try dialog.makeRequest(.bye).request.sent()
        #expect(bye.requestURIText == "sip:100@192.0.2.77")
        #expect(bye.values(.route) == ["<sip:p1;lr>"])
        // A message without Contact changes nothing.
        dialog.refreshTarget(from: try Peer.request("INVITE", cSeq: 12, contact: "<tel:1>"))
        #expect(dialog.remoteTarget.host == "192.0.2.77")
    }

    // RFC 2543 peers send no tag: they match requests without one.
    @Test func peerWithoutTag() throws {
        let invite = try Peer.message([
            "INVITE sip:bot@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP h;branch=1", "Max-Forwards: 70", "From: <sip:a@b>",
            "To: <sip:bot@pbx.example>", "Call-ID: call-1", "CSeq: 1 INVITE", "Contact: <sip:a@h>",
        ])
        var dialog = try #require(Dialog(receiving: invite, localTag: "ours"))
        #expect(dialog.remoteTag == nil)
        #expect(try dialog.makeRequest(.bye).request.sent().to.tag == nil)
    }
}
