import CoreTypes
import Logging

/// A log whose lines are lines: what peers and servers wrote cannot begin one of its own or move a terminal's cursor.
struct CleanLogHandler: LogHandler {
    private var base: any LogHandler

    init(_ base: any LogHandler) {
        self.base = base
    }

    var logLevel: Logger.Level {
        get { self.base.logLevel }
        set { self.base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { self.base.metadata }
        set { self.base.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.base[metadataKey: key] }
        set { self.base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(Self.clean(event.message.description, 2_000))"
        event.metadata = event.metadata.map { $0.mapValues(Self.clean) }
        self.base.log(event: event)
    }

    private static func clean(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(Self.clean(text, 1_000))
        case .stringConvertible(let value): .string(Self.clean(value.description, 1_000))
        case .array(let values): .array(values.map(Self.clean))
        case .dictionary(let values): .dictionary(values.mapValues(Self.clean))
        }
    }

    private static func clean(_ text: String, _ limit: Int) -> String { PlainText.line(text, limit: limit) }
}
