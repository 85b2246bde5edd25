import Testing
import VoicePipeline

@testable import VoiceProviders

@Suite(.timeLimit(.minutes(1))) struct HomeAssistantClientTests {
    private func with<Result>(
        _ script: @escaping StubServer.Script,
        maximumBytes: Int = 65_536,
        maximumEntities: Int = 10,
        _ body: (HomeAssistantClient, StubServer) async throws -> Result
    ) async throws -> Result {
        try await StubServer.run(script) { server in
            try await withStageClient { client in
                let token = try #require(APIKey(" long-lived-token\n"))
                let home = HomeAssistantClient(
                    .init(
                        server: server.address,
                        token: token,
                        maximumBytes: maximumBytes,
                        maximumEntities: maximumEntities
                    ),
                    client: client
                )
                return try await body(home, server)
            }
        }
    }

    private static let states = """
        [{"entity_id":"sensor.kitchen","state":"21.5","attributes":{"friendly_name":"Kitchen","unit_of_measurement":"°C",\
        "device_class":"temperature"},"last_changed":"2024-03-01T10:00:00+00:00"},
        {"entity_id":"light.hall","state":"on","attributes":{"friendly_name":7,"brightness":120}},
        {"nonsense":true}, 5, {"entity_id":"sun.sun","state":"below_horizon"}]
        """

    @Test func `states are read with the token, and what is not understood is left out`() async throws {
        try await self.with({ _ in .answer(Self.states) }) { home, server in
            let states = try await home.states()
            #expect(
                states == [
                    .init(
                        entityID: "sensor.kitchen",
                        state: "21.5",
                        name: "Kitchen",
                        unit: "°C",
                        deviceClass: "temperature"
                    ),
                    .init(entityID: "light.hall", state: "on", name: "light.hall"),
                    .init(entityID: "sun.sun", state: "below_horizon", name: "sun.sun"),
                ]
            )
            #expect(states.first?.domain == "sensor")
            #expect(server.requests.first?.path == "/api/states")
            #expect(server.requests.first?.header("Authorization") == "Bearer long-lived-token")
        }
    }

    @Test func `things are turned on and off by name`() async throws {
        try await self.with({ _ in .answer("[]") }) { home, server in
            try await home.turn(["light.hall", "switch.fan_2"], on: true)
            try await home.turn(["light.hall"], on: false)
            #expect(
                server.requests.map(\.path) == [
                    "/api/services/homeassistant/turn_on", "/api/services/homeassistant/turn_off",
                ]
            )
            #expect(server.requests.first?.text == #"{"entity_id":["light.hall","switch.fan_2"]}"#)
            for wrong in [[], ["light"], ["light.a/b"], ["light.hall", ".x"]] {
                await #expect(throws: StageError.self) { try await home.turn(wrong, on: true) }
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func `an answer is limited in bytes and in things`() async throws {
        let many = "[" + (0..<50).map { #"{"entity_id":"a.\#($0)","state":"on"}"# }.joined(separator: ",") + "]"
        try await self.with({ _ in .answer(many) }) { home, _ in
            let count = try await home.states().count
            #expect(count == 10)
        }
        try await self.with({ _ in .answer(many) }, maximumBytes: 1_000) { home, _ in
            let error = await #expect(throws: StageError.self) { try await home.states() }
            #expect(error?.message.contains("more than 1000 bytes") == true)
        }
    }

    @Test func `a wrong token is told with the way to a right one`() async throws {
        try await self.with({ _ in .answer("401: Unauthorized", status: 401, type: "text/plain") }) { home, _ in
            let result = await home.probe()
            #expect(!result.ok)
            #expect(result.advice?.contains("long-lived access token") == true)
            #expect(!result.description.contains("long-lived-token"))
        }
        try await self.with({ _ in .answer(Self.states) }) { home, _ in
            let result = await home.probe()
            #expect(result.ok)
            #expect(result.found.hasSuffix("with 3 states"))
        }
    }

    @Test func `something else at that address is noticed`() async throws {
        try await self.with({ _ in .answer("<html>", type: "text/html") }) { home, _ in
            let error = await #expect(throws: StageError.self) { try await home.states() }
            #expect(error?.kind == .invalidResponse)
        }
    }
}
