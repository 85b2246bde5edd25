/// Which ways a medium flows, as one side sees it (RFC 8866 section 6.7, RFC 3264 section 6.1).
public enum MediaDirection: String, Hashable, Sendable, CaseIterable {
    /// Both ways.
    case sendReceive = "sendrecv"
    /// This side sends only.
    case sendOnly = "sendonly"
    /// This side receives only.
    case receiveOnly = "recvonly"
    /// Neither way.
    case inactive = "inactive"

    /// Makes a direction from its two halves.
    public init(sends: Bool, receives: Bool) {
        self = sends ? (receives ? .sendReceive : .sendOnly) : (receives ? .receiveOnly : .inactive)
    }

    /// Whether this side sends.
    public var sends: Bool {
        self == .sendReceive || self == .sendOnly
    }

    /// Whether this side receives.
    public var receives: Bool {
        self == .sendReceive || self == .receiveOnly
    }

    /// The same flow as the other side sees it.
    public var reversed: MediaDirection {
        MediaDirection(sends: self.receives, receives: self.sends)
    }

    /// The ways that both allow.
    public func intersection(_ other: MediaDirection) -> MediaDirection {
        MediaDirection(sends: self.sends && other.sends, receives: self.receives && other.receives)
    }

    init?(attributes: [SDPAttribute]) {
        for attribute in attributes {
            if let direction = MediaDirection(rawValue: attribute.name) {
                self = direction
                return
            }
        }
        return nil
    }
}
