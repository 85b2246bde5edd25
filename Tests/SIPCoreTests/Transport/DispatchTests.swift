import CoreTypes
import SIPCore
import Testing

/// Where a request goes, and to whom next.
@Suite struct DispatchTests {
    private static func target(_ number: UInt32) -> Target {
        Target(TransportAddress(host: .v4(0xC000_0200 + number), port: 5_060))
    }
    private static let first = target(1)
    private static let second = target(2)
    private static let fault = TransportFault(.portClosed, code: 111)

    private func request() throws -> SIPMessageBuilder {
        SIPMessageBuilder(request: .invite, uri: try #require(SIPURI("sip:bob@pbx.example")))
    }

    private func trying(_ targets: [Target] = [first, second]) throws -> Dispatch {
        var dispatch = Dispatch(try self.request(), to: TargetList(targets))
        #expect(dispatch.start() == .send(targets[0]))
        return dispatch
    }

    @Test(arguments: [TransactionFailure.timeout, .transport(fault)])
    func `The next target is tried when one is silent or cannot be reached`(failure: TransactionFailure) throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleFailure(failure) == .send(Self.second))
        #expect(dispatch.target == Self.second)
        #expect(dispatch.handleFailure(failure) == .fail(failure))
        #expect(dispatch.state == .finished)
        #expect(dispatch.request == nil)
        #expect(dispatch.handleFailure(failure) == .nothing)
    }

    @Test func `The next target is tried after 503, and the last 503 is told`() throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleResponse(503) == .send(Self.second))
        #expect(dispatch.handleResponse(503) == .deliver)
        #expect(dispatch.state == .finished)
    }

    @Test(arguments: [200, 302, 404, 486, 500, 504, 603])
    func `Another response is told, and ends the search`(status: Int) throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleResponse(status) == .deliver)
        #expect(dispatch.state == .finished)
        // A 2xx comes again.
        #expect(dispatch.handleResponse(status) == .deliver)
        #expect(dispatch.handleFailure(.timeout) == .nothing)
        #expect(dispatch.cancel() == .nothing)
    }

    @Test(arguments: [TransactionFailure.timeout, .transport(fault)])
    func `Who has begun to work on it is not overtaken by another`(failure: TransactionFailure) throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleResponse(100) == .deliver)
        #expect(dispatch.handleFailure(failure) == .fail(failure))
    }

    @Test func `Whoever worked on it and is overloaded leaves it to the next`() throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleResponse(100) == .deliver)
        #expect(dispatch.handleResponse(503) == .send(Self.second))
    }

    @Test(arguments: [TransactionFailure.noAnswer, .overloaded])
    func `What is our own doing is no reason to try another`(failure: TransactionFailure) throws {
        var dispatch = try self.trying()
        #expect(dispatch.handleFailure(failure) == .fail(failure))
    }

    @Test func `What is canceled goes nowhere else`() throws {
        var dispatch = try self.trying()
        #expect(dispatch.cancel() == .cancel)
        #expect(dispatch.cancel() == .nothing)
        #expect(dispatch.handleResponse(180) == .deliver)
        #expect(dispatch.handleResponse(503) == .deliver)
        var other = try self.trying()
        #expect(other.cancel() == .cancel)
        #expect(other.handleFailure(.timeout) == .fail(.timeout))
    }

    @Test func `A name is asked for first`() throws {
        let question = try #require(TargetQuestion("Edge.Example."))
        #expect(question.name == "edge.example")
        var dispatch = Dispatch(try self.request(), to: question, port: 5_080)
        #expect(dispatch.start() == .ask(question))
        let addresses = [Self.first.address.host, Self.second.address.host]
        let targets = addresses.map { Target(TransportAddress(host: $0, port: 5_080)) }
        #expect(dispatch.handleResolved(addresses) == .send(targets[0]))
        #expect(dispatch.handleResolved(addresses) == .nothing)
        #expect(dispatch.handleFailure(.timeout) == .send(targets[1]))
    }

    @Test func `A name without addresses fails, or goes where it is told`() throws {
        let question = try #require(TargetQuestion("edge.example"))
        var dispatch = Dispatch(try self.request(), to: question, port: 5_080)
        #expect(dispatch.handleResolved([]) == .fail(.transport(TransportFault(.unresolved))))
        var other = Dispatch(try self.request(), to: question, port: 5_080)
        #expect(other.handleResolved([], fallback: Self.second.address) == .send(Self.second))
        var cancelled = Dispatch(try self.request(), to: question, port: 5_080)
        #expect(cancelled.cancel() == .fail(.noAnswer))
        #expect(cancelled.handleResolved([Self.first.address.host]) == .nothing)
    }

    @Test func `A list has each target once, and not too many`() {
        let many = (1...20).flatMap { [Self.target($0), Self.target($0)] }
        var list = TargetList(many)
        var tried: [Target] = []
        while let target = list.current {
            tried.append(target)
            _ = list.advance()
        }
        #expect(tried == (1...8).map { Self.target($0) })
    }

    @Test(
        arguments: [
            "", ".", "192.0.2.1", "[2001:db8::1]", "2001:db8::1", "localhost", "a.localhost", "x.invalid", "a b",
            "ex\u{e4}mple.com", "a/b", String(repeating: "a", count: 254),
        ]
    )
    func `What is no name is not asked for`(host: String) {
        #expect(TargetQuestion(host) == nil)
    }

    @Test(
        arguments: [
            ("sip:a@192.0.2.9", NextHop.target(Target(TransportAddress(host: .v4(0xC000_0209), port: 5_060)))),
            ("sip:a@192.0.2.9:5070", .target(Target(TransportAddress(host: .v4(0xC000_0209), port: 5_070)))),
            ("sip:a@pbx.example", .proxy(port: nil)), ("sip:a@PBX.EXAMPLE:5070", .proxy(port: 5_070)),
            ("sip:a@127.0.0.1", .proxy(port: nil)), ("sip:a@0.0.0.0", .proxy(port: nil)),
            ("sip:a@192.0.2.9:0", .proxy(port: nil)), ("sip:a@x.invalid", .proxy(port: nil)),
        ] as [(String, NextHop)]
    )
    func `A next hop is an address, a name or the proxy`(uri: String, expected: NextHop) throws {
        let proxy = TransportAddress(host: .v4(0xC000_0201), port: 5_090)
        #expect(NextHop(try #require(SIPURI(uri)), proxy: proxy, proxyNames: ["pbx.example"]) == expected)
    }

    @Test func `A name with a port is asked for with that port, and the loopback is a place for who is there`() throws {
        let proxy = TransportAddress(host: .v4(0xC000_0201), port: 5_090)
        let question = try #require(TargetQuestion("phone.example"))
        #expect(NextHop(try #require(SIPURI("sip:a@phone.example")), proxy: proxy) == .name(question, port: 5_060))
        #expect(NextHop(try #require(SIPURI("sip:a@phone.example:5")), proxy: proxy) == .name(question, port: 5))
        let here = TransportAddress(host: .v4(0x7F00_0001), port: 5_060)
        #expect(NextHop(try #require(SIPURI("sip:a@127.0.0.1")), proxy: here) == .target(Target(here)))
    }
}
