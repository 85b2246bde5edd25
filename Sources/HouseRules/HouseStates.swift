/// One thing of the house and what it is at.
public struct HouseState: Sendable, Hashable {
    /// Its identifier, such as `light.kitchen` or `sensor.living_room_temperature`.
    public var entityID: String
    /// Its name for people, such as "Kitchen light".
    public var name: String
    /// What it is at, such as `on`, `locked`, `21.5` or `unavailable`.
    public var state: String
    /// The unit of a number, such as `°C`, `W` or `kWh`.
    public var unit: String?

    /// Makes a state.
    public init(entityID: String, name: String, state: String, unit: String? = nil) {
        self.entityID = entityID
        self.name = name
        self.state = state
        self.unit = unit
    }
}

/// Where a ``HouseModel`` learns of the house, such as Home Assistant.
public protocol HouseStates: Sendable {
    /// Whether ``turn(_:on:)`` can do anything.
    var canAct: Bool { get }

    /// Everything that may be spoken of.
    ///
    /// - Throws: anything when the house cannot be reached.
    func states() async throws -> [HouseState]

    /// Turns things on or off, by their identifiers.
    ///
    /// - Throws: anything when it did not happen.
    func turn(_ entityIDs: [String], on: Bool) async throws
}

extension HouseStates {
    /// By default nothing can be done.
    public var canAct: Bool { false }

    /// By default this throws ``HouseCannotAct``.
    public func turn(_ entityIDs: [String], on: Bool) async throws {
        throw HouseCannotAct()
    }
}

/// The house can be asked but not acted upon.
public struct HouseCannotAct: Error, Hashable, Sendable, CustomStringConvertible {
    /// Makes the error.
    public init() {}

    /// A sentence for a person.
    public var description: String { "the house can be asked but not acted upon" }
}

/// What sort of thing a state tells of, so far as the model speaks of it.
enum HouseTopic: Sendable, Hashable, CaseIterable {
    case temperature
    case light
    case opening
    case lock
    case server
    case power
    case energy
    case outlet
    case weather
}

extension HouseState {
    /// The topic, by domain, unit and the words of identifier and name, in Home Assistant's customs.
    var topic: HouseTopic? {
        let domain = self.entityID.prefix { $0 != "." }
        let words = HeardWords("\(self.entityID.drop { $0 != "." }) \(self.name)").words
        func names(_ candidates: String...) -> Bool { candidates.contains(where: words.contains) }
        switch domain {
        case "light": return .light
        case "lock": return .lock
        case "weather": return .weather
        case "cover": return .opening
        case "switch", "fan", "input_boolean": return .outlet
        case "climate": return nil
        case "binary_sensor":
            if names("door", "doors", "window", "windows", "gate", "garage") { return .opening }
            return names("server", "servers", "host", "online", "node", "nas", "ping", "status") ? .server : nil
        case "sensor":
            switch self.unit {
            case "°C", "°F", "K":
                // The inside of a processor is no room.
                return names("cpu", "processor", "disk", "chip", "battery", "device") ? nil : .temperature
            case "W", "kW": return .power
            case "kWh", "Wh", "MWh": return .energy
            default: return names("server", "servers", "host") && self.unit == nil ? .server : nil
            }
        default: return nil
        }
    }

    /// The number that the state is, if it is one.
    var number: Double? {
        guard let value = Double(self.state), value.isFinite else { return nil }
        return value
    }

    /// Whether nothing is known.
    var isUnknown: Bool {
        ["unavailable", "unknown", "none", ""].contains(self.state.lowercased())
    }

    /// Whether it is on, open, unlocked, online.
    var isOn: Bool {
        ["on", "open", "opening", "unlocked", "online", "up", "home", "running", "connected"]
            .contains(self.state.lowercased())
    }
}
