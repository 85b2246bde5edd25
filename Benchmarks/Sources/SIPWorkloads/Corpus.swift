import BenchmarkKit
import Foundation

/// The twelve messages, each in memory of its own that stays, as a receive buffer does.
public struct Corpus {
    /// One message.
    public struct Message {
        /// The name of its file: "03-invite".
        public let name: String
        /// Its bytes.
        public let bytes: UnsafeBufferPointer<UInt8>
    }

    /// The messages by name.
    public let messages: [Message]

    /// Reads every `.sip` file of a folder. Throws when there is none, or one has lost its CRLF.
    public init(folder: String = "Messages") throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sip") }
        guard !names.isEmpty else { throw WrongResult("\(folder) has no messages") }
        self.messages = try names.sorted().map { name in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            guard data.range(of: Data("\r\n\r\n".utf8)) != nil else {
                throw WrongResult("\(name) has lost its CRLF: check it out again, without changing line ends")
            }
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: data.count)
            _ = buffer.initialize(from: data)
            return Message(name: String(name.dropLast(4)), bytes: UnsafeBufferPointer(buffer))
        }
    }

    /// The message of that name. Throws when there is none.
    public func message(_ name: String) throws -> Message {
        guard let message = self.messages.first(where: { $0.name == name }) else {
            throw WrongResult("there is no message \(name)")
        }
        return message
    }

    /// The messages that get a table of their own: a long, a short and one with credentials.
    public static let single = ["03-invite", "04-trying", "02-register-credentials"]

    /// The mean length in bytes.
    public var meanLength: Double {
        Double(self.messages.reduce(0) { $0 + $1.bytes.count }) / Double(self.messages.count)
    }

    /// The mean number of header lines.
    public var meanHeaders: Double {
        let lines = self.messages.map { message in
            let text = String(decoding: message.bytes, as: UTF8.self)
            let head = text.range(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]
            return head.components(separatedBy: "\r\n").count - 1
        }
        return Double(lines.reduce(0, +)) / Double(self.messages.count)
    }
}

/// What every parser must find in a message alike.
public struct MessageFacts: Equatable, CustomStringConvertible {
    /// The number in CSeq.
    public var cSeq: UInt32
    /// The branch of the top Via.
    public var branch: String
    /// The Call-ID.
    public var callID: String
    /// The tag of From.
    public var fromTag: String
    /// How many Vias there are.
    public var vias: Int
    /// How many Contacts there are.
    public var contacts: Int

    /// Makes facts from their parts.
    public init(cSeq: UInt32, branch: String, callID: String, fromTag: String, vias: Int, contacts: Int) {
        self.cSeq = cSeq
        self.branch = branch
        self.callID = callID
        self.fromTag = fromTag
        self.vias = vias
        self.contacts = contacts
    }

    /// All of them in one line.
    public var description: String {
        "CSeq \(self.cSeq), branch \(self.branch), Call-ID \(self.callID), From tag \(self.fromTag), "
            + "\(self.vias) Vias, \(self.contacts) Contacts"
    }
}
