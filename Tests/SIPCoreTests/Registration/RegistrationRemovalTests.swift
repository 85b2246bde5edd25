import CoreTypes
import Testing

@testable import SIPCore

@Suite("Removing a registration, and asking for it")
struct RegistrationRemovalTests {
    let base = RegistrationTests()

    // MARK: Removing

    @Test func removesOnlyOurContact() throws {
        var registration = try self.base.registered()
        let actions = registration.unregister(now: .seconds(10))
        let request = try actions.request().sent()
        #expect(request.values(.contact) == [RegistrationTests.contact + ";expires=0"])
        #expect(request.expires == 0)
        #expect(!request.isWildcardContact)
        #expect(registration.unregister(now: .seconds(10)).isEmpty)
        let other = try self.base.response(
            200,
            to: try actions.request(),
            contacts: ["<sip:101@192.0.2.50>;expires=30"]
        )
        #expect(registration.handleResponse(other, now: .seconds(10)).brief == ["unregistered"])
        #expect(registration.deadline == nil)
        #expect(!registration.isBound(now: .seconds(10)))
    }

    @Test func removalIsChallengedToo() throws {
        var registration = try self.base.registered()
        let first = try registration.unregister(now: .seconds(10)).request()
        let second = try registration.handleResponse(try self.base.challenge(first), now: .seconds(10)).request()
        #expect(try second.sent().expires == 0)
        #expect(
            registration.handleResponse(try self.base.response(200, to: second), now: .seconds(10)).brief == [
                "unregistered"
            ]
        )
    }

    @Test func removalThatFailsEndsAllTheSame() throws {
        var registration = try self.base.registered()
        _ = registration.unregister(now: .seconds(10))
        let actions = registration.handleFailure(.timeout, now: .seconds(42))
        #expect(actions.brief == ["failed noResponse(SIPCore.TransactionFailure.timeout)", "unregistered"])
        #expect(registration.deadline == nil)
    }

    @Test func removalBeforeAnythingWasSent() throws {
        var registration = try self.base.make()
        #expect(registration.unregister(now: .zero).brief == ["unregistered"])
        #expect(registration.deadline == nil)
    }

    @Test func removalWaitsForTheAnswerOnItsWay() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        #expect(registration.unregister(now: .zero).isEmpty)
        let ok = try self.base.response(200, to: first, contacts: [RegistrationTests.contact + ";expires=60"])
        let removal = registration.handleResponse(ok, now: .zero)
        #expect(removal.brief == ["REGISTER 2"])
        #expect(try removal.request().sent().expires == 0)
        #expect(
            registration.handleResponse(try self.base.response(200, to: try removal.request()), now: .zero).brief == [
                "unregistered"
            ]
        )
    }

    // A challenge left unanswered looks like an attack, so the removal takes its answer.
    @Test func removalTakesTheChallengeOfTheBinding() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        _ = registration.unregister(now: .zero)
        let removal = try registration.handleResponse(try self.base.challenge(first), now: .zero).request().sent()
        #expect(removal.expires == 0)
        #expect(removal.first(.proxyAuthorization) != nil)
    }

    @Test func removalAfterRefusalHasNothingToDo() throws {
        var registration = try self.base.make()
        let first = try registration.start(now: .zero).request()
        _ = registration.handleResponse(try self.base.response(403, to: first), now: .zero)
        #expect(registration.unregister(now: .zero).brief == ["unregistered"])
        var waiting = try self.base.make()
        let second = try waiting.start(now: .zero).request()
        _ = waiting.unregister(now: .zero)
        let actions = waiting.handleResponse(try self.base.response(403, to: second), now: .zero)
        #expect(actions.brief.last == "unregistered")
        #expect(actions.requests.isEmpty)
    }

    @Test func startsAgainAfterRemoval() throws {
        var registration = try self.base.registered()
        let removal = try registration.unregister(now: .seconds(1)).request()
        _ = registration.handleResponse(try self.base.response(200, to: removal), now: .seconds(1))
        #expect(try registration.start(now: .seconds(2)).request().sent().cSeq.number == 3)
    }

    // MARK: Asking

    @Test func queryChangesNothing() throws {
        var registration = try self.base.make()
        let builder = try registration.query(now: .zero).request()
        let request = try builder.sent()
        #expect(!request.contains(.contact))
        #expect(!request.contains(.expires))
        let ok = try self.base.response(200, to: builder, contacts: ["<sip:101@192.0.2.50>;expires=30"])
        #expect(registration.handleResponse(ok, now: .zero).brief == ["bindings 1"])
        #expect(registration.state == .idle)
        #expect(registration.unregister(now: .zero).brief == ["unregistered"])
    }

    @Test func queryIsChallengedAndTheRefreshWaitsForIt() throws {
        var registration = try self.base.registered()
        let query = try registration.query(now: .seconds(54)).request()
        #expect(registration.handleTimeout(now: .seconds(55)).isEmpty)
        let second = try registration.handleResponse(try self.base.challenge(query), now: .seconds(55)).request()
        #expect(try !second.sent().contains(.contact))
        let actions = registration.handleResponse(try self.base.response(200, to: second), now: .seconds(56))
        #expect(actions.brief == ["bindings 0", "REGISTER 4"])
        #expect(try actions.request().sent().expires == 60)
    }

    @Test func queryThatFailsTriesNoMore() throws {
        var registration = try self.base.make()
        _ = registration.query(now: .zero)
        #expect(
            registration.handleFailure(.transport(TransportFault(.portClosed)), now: .zero).brief == [
                "failed noResponse(SIPCore.TransactionFailure.transport(the port is closed))"
            ]
        )
        #expect(registration.deadline == nil)
    }
}
