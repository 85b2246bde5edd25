import CoreTypes
import Testing

@testable import SIPCore

@Suite("Route sets, loose and strict")
struct RouteSetTests {
    func address(_ text: String) throws -> NameAddress { try #require(NameAddress(text)) }

    @Test func withoutRoutesTheTargetIsTheNextHop() throws {
        let target = try #require(SIPURI("sip:100@192.0.2.9:5070;transport=udp"))
        let addressing = RouteSet().addressing(of: target)
        #expect(addressing.requestURI.description == "sip:100@192.0.2.9:5070;transport=udp")
        #expect(addressing.routes.isEmpty)
        #expect(addressing.nextHop == target)
    }

    @Test func looseRoutesStayInTheHeader() throws {
        let routes = RouteSet([try self.address("<sip:p1.example;lr>"), try self.address("<sip:p2.example;lr=on>;x=y")])
        let addressing = routes.addressing(of: try #require(SIPURI("sip:100@192.0.2.9")))
        #expect(addressing.requestURI.description == "sip:100@192.0.2.9")
        #expect(addressing.routes == ["<sip:p1.example;lr>", "<sip:p2.example;lr=on>;x=y"])
        #expect(addressing.nextHop.description == "sip:p1.example;lr")
    }

    // The Record-Route of a 3CX SBC: no `lr`, a parameter with a dot.
    @Test func strictRouteTakesTheRequestURI() throws {
        let sbc = try self.address("<sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60>")
        let routes = RouteSet([sbc, try self.address("<sip:pbx.example;lr>")])
        let addressing = routes.addressing(of: try #require(SIPURI("sip:100@127.0.0.1:5060")))
        #expect(addressing.requestURI.description == "sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60")
        #expect(addressing.routes == ["<sip:pbx.example;lr>", "<sip:100@127.0.0.1:5060>"])
        #expect(addressing.nextHop == addressing.requestURI)
    }

    @Test func loneStrictRouteLeavesTheTargetAsTheOnlyRoute() throws {
        let routes = RouteSet([try self.address("<sip:sbc.example>")])
        let addressing = routes.addressing(of: try #require(SIPURI("sip:100@127.0.0.1:5060")))
        #expect(addressing.requestURI.description == "sip:sbc.example")
        #expect(addressing.routes == ["<sip:100@127.0.0.1:5060>"])
    }

    // A parameter that only begins with lr does not make a loose router.
    @Test func lrIsAWholeParameter() throws {
        let routes = RouteSet([try self.address("<sip:sbc.example;lrx=1>")])
        #expect(routes.addressing(of: try #require(SIPURI("sip:a@b"))).requestURI.host == "sbc.example")
    }

    // RFC 3261 table 1: a Request-URI has no headers and no method parameter.
    @Test func requestURIIsStripped() throws {
        let target = try #require(SIPURI("sip:100@h;method=INVITE;x=1?Subject=hi"))
        #expect(RouteSet().addressing(of: target).requestURI.description == "sip:100@h;x=1")
        let strict = RouteSet([try self.address("<sip:sbc.example;method=BYE?a=b>")])
        #expect(strict.addressing(of: target).requestURI.description == "sip:sbc.example")
    }

    @Test func calleeTakesRecordRouteInOrderAndCallerReversed() throws {
        let lines = ["Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>", "Record-Route: <sip:p3.example;lr>"]
        let invite = try Peer.invite(headers: lines)
        #expect(RouteSet(recordedIn: invite).routes.map(\.uri.host) == ["p1.example", "p2.example", "p3.example"])
        #expect(RouteSet(answeredBy: invite).routes.map(\.uri.host) == ["p3.example", "p2.example", "p1.example"])
    }
}
