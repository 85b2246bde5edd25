public import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import VoicePipeline

/// Reads the states of a house from Home Assistant's REST interface.
public struct HomeAssistantClient: Sendable {
    /// The state of one thing in the house.
    public struct EntityState: Sendable, Equatable, Hashable {
        /// The identifier, such as `sensor.kitchen_temperature`.
        public var entityID: String
        /// The state, such as `21.5`, `on`, `unavailable`.
        public var state: String
        /// What people call it; the identifier when it has no name.
        public var name: String
        /// The unit of the state, such as `°C`.
        public var unit: String?
        /// What kind of thing it is, such as `temperature`.
        public var deviceClass: String?

        /// Makes a state.
        public init(entityID: String, state: String, name: String, unit: String? = nil, deviceClass: String? = nil) {
            self.entityID = entityID
            self.state = state
            self.name = name
            self.unit = unit
            self.deviceClass = deviceClass
        }

        /// What comes before the dot of the identifier, such as `sensor`.
        public var domain: Substring { self.entityID.prefix { $0 != "." } }
    }

    /// How to reach Home Assistant.
    public struct Configuration: Sendable {
        /// Where it is.
        public var server: ServerAddress
        /// A long-lived access token.
        public var token: APIKey
        /// How long an answer may take.
        public var timeout: Duration
        /// Most bytes of an answer.
        public var maximumBytes: Int
        /// Most states that are kept of an answer.
        public var maximumEntities: Int

        /// Makes a configuration.
        public init(
            server: ServerAddress,
            token: APIKey,
            timeout: Duration = .seconds(5),
            maximumBytes: Int = 8 * 1024 * 1024,
            maximumEntities: Int = 5_000
        ) {
            self.server = server
            self.token = token
            self.timeout = timeout
            self.maximumBytes = maximumBytes
            self.maximumEntities = maximumEntities
        }
    }

    /// What it was made with.
    public let configuration: Configuration
    private let http: HTTPStage

    /// Makes a reader that uses a client owned by somebody else.
    public init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.http = HTTPStage(
            stage: "home assistant",
            program: "Home Assistant",
            server: configuration.server,
            key: configuration.token,
            client: client
        )
    }

    /// The states of all things, in Home Assistant's order; things of a shape that is not understood are left out.
    ///
    /// - Throws: `StageError`, or `CancellationError`.
    public func states() async throws -> [EntityState] {
        let answer = try await self.http.collect(
            self.http.request(.GET, "/api/states"),
            upTo: self.configuration.maximumBytes,
            within: self.configuration.timeout
        )
        guard let entries = decodedJSON([Lenient].self, from: answer.body) else {
            throw self.http.invalid("answered something that is no list of states")
        }
        return entries.lazy.compactMap(\.state).prefix(self.configuration.maximumEntities).map { $0 }
    }

    /// Turns things on or off and returns when Home Assistant has done so.
    ///
    /// - Throws: `StageError`, or `CancellationError`.
    public func turn(_ entityIDs: [String], on: Bool) async throws {
        guard !entityIDs.isEmpty, entityIDs.allSatisfy(Self.isIdentifier) else {
            throw self.http.error(.failed, "nothing was named that could be turned on or off")
        }
        var request = self.http.request(.POST, "/api/services/homeassistant/\(on ? "turn_on" : "turn_off")")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try encodedJSON(["entity_id": entityIDs])))
        _ = try await self.http.collect(
            request,
            upTo: self.configuration.maximumBytes,
            within: self.configuration.timeout
        )
    }

    private static func isIdentifier(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                            UInt8(ascii: "_"):
                            true
                        default: false
                        }
                    }
            }
    }

    /// One element of the answer; nil when its shape is not understood, so that the others still count.
    private struct Lenient: Decodable {
        var state: EntityState?

        private struct Attributes: Decodable {
            var name: String?
            var unit: String?
            var deviceClass: String?

            enum CodingKeys: String, CodingKey {
                case name = "friendly_name"
                case unit = "unit_of_measurement"
                case deviceClass = "device_class"
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                self.name = try? container.decodeIfPresent(String.self, forKey: .name)
                self.unit = try? container.decodeIfPresent(String.self, forKey: .unit)
                self.deviceClass = try? container.decodeIfPresent(String.self, forKey: .deviceClass)
            }
        }

        private enum CodingKeys: String, CodingKey {
            case id = "entity_id"
            case state, attributes
        }

        init(from decoder: any Decoder) throws {
            guard
                let container = try? decoder.container(keyedBy: CodingKeys.self),
                let id = try? container.decode(String.self, forKey: .id),
                let state = try? container.decode(String.self, forKey: .state)
            else { return }
            let attributes = try? container.decodeIfPresent(Attributes.self, forKey: .attributes)
            let name = ServerComplaint.line(attributes?.name ?? "")
            self.state = EntityState(
                entityID: ServerComplaint.line(id),
                state: ServerComplaint.line(state),
                name: name.isEmpty ? ServerComplaint.line(id) : name,
                unit: attributes?.unit.map(ServerComplaint.line),
                deviceClass: attributes?.deviceClass.map(ServerComplaint.line)
            )
        }
    }
}

extension HomeAssistantClient {
    /// Looks for Home Assistant, whether it takes the token, and how much it gives. Takes as long as a request may.
    public func probe() async -> ProbeResult {
        do {
            let count = try await self.states().count
            return ProbeResult(
                ok: true,
                found: "Home Assistant answers at \(self.configuration.server) with \(count) states"
            )
        } catch {
            let failure = self.http.probeFailure(error)
            guard (error as? StageError)?.kind == .unauthorized else { return failure }
            return ProbeResult(
                ok: false,
                found: failure.found,
                advice: "make a long-lived access token in Home Assistant (your profile, Security) and configure it",
                kind: .unauthorized
            )
        }
    }
}
