import CoreTypes

/// A request on one hop, named by its branch and method.
struct WireHop {
    var glance: MessageGlance
    var first: Instant
    /// Whether a proxy without transactions sent it, to whom no timers apply.
    var isForwarded: Bool
    var isStream: Bool
    var sends = 0
    var deliveries = 0
    var lastDelivery = Instant.zero
    var provisionalAt: Instant?
    var canceledAt: Instant?
    var brokenAt: Instant?
    /// The first final response that reached the client, if that was still waiting for one.
    var finalAt: Instant?
    var isRefused = false
    /// The refusals that reached the client while it waits for retransmissions.
    var refusals = 0
    var acks = 0
    /// How often 100 was sent.
    var tryings = 0
    /// The first final response that was sent: which message, and when.
    var response: (index: Int, at: Instant)?
    var responses = 0
    var acknowledgedAt: Instant?
    /// Retransmissions that came after the response had left.
    var later = 0
    /// Requests that came and refusals that left after the ACK had come.
    var afterACK = (deliveries: 0, responses: 0)

    /// Whether the client waits for a final response, as far as the wire shows.
    func isWaiting(_ now: Instant) -> Bool {
        if let broken = self.brokenAt {
            guard let provisional = self.provisionalAt, provisional < broken else { return false }
        }
        guard self.glance.method == .invite, let provisional = self.provisionalAt else {
            return now < self.first + .seconds(32)
        }
        if let canceled = self.canceledAt { return now < canceled + .seconds(32) }
        return now < provisional + .seconds(190)
    }
}

/// A dialog that a 2xx made, named by its Call-ID and To tag.
struct WireDialog {
    var first: Instant
    var isStream: Bool
    var sends = 0
    var deliveries = 0
    var acks = 0
    var acknowledgedAt: Instant?
}

extension [UInt8] {
    /// Whether two responses of ours are the same but for their second line, the top Via: that says from which port the
    /// request came this time (RFC 3581 section 4).
    func isSameResponse(as other: [UInt8]) -> Bool {
        guard self != other else { return true }
        guard let (start, rest) = self.aroundTopVia, let (otherStart, otherRest) = other.aroundTopVia else {
            return false
        }
        return start == otherStart && rest == otherRest
    }

    private var aroundTopVia: (start: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        guard let first = self.firstIndex(of: 0x0A), let second = self[(first + 1)...].firstIndex(of: 0x0A) else {
            return nil
        }
        return (self[...first], self[(second + 1)...])
    }
}
