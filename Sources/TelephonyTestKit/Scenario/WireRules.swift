import CoreTypes

/// Judges a run by its messages alone: what RFC 3261 section 17 promises to somebody who watches the wire.
struct WireRules {
    private let simulation: Simulation
    private let verdicts: Verdicts
    private let forks: Set<IPAddress>
    private let streams: Set<IPAddress>
    /// Whether the transaction users are whole sessions, which may end in between and stop what they repeat.
    private let hasSessions: Bool
    /// Whether a table is so small that requests are refused without a transaction.
    private let hasLimits: Bool
    private var glances: [MessageGlance] = []
    private var hops: [WireHop] = []
    private var dialogs: [WireDialog] = []
    private var hopByKey: [UInt64: Int] = [:]
    private var dialogByKey: [UInt64: Int] = [:]

    init(
        _ simulation: Simulation,
        verdicts: Verdicts,
        forks: Set<IPAddress>,
        streams: Set<IPAddress>,
        hasSessions: Bool,
        hasLimits: Bool
    ) {
        self.simulation = simulation
        self.verdicts = verdicts
        self.forks = forks
        self.streams = streams
        self.hasSessions = hasSessions
        self.hasLimits = hasLimits
    }

    /// Goes through everything that happened, and then judges each request.
    mutating func judge() {
        self.glances.reserveCapacity(self.simulation.sent.count)
        var now = Instant.zero
        for entry in self.simulation.entries {
            switch entry {
            case .sent(let index):
                let sent = self.simulation.sent[index]
                now = sent.instant
                self.glances.append(MessageGlance(sent.bytes))
                self.noteSent(index, sent, isFork: self.forks.contains(sent.from.host))
            case .delivered(let index, let host, let instant):
                now = instant
                self.noteDelivered(index, isFork: self.forks.contains(host), now)
            case .broken(let instant):
                // What waits for a response is notified, and waits no more.
                for index in self.hops.indices where self.hops[index].finalAt == nil {
                    self.hops[index].brokenAt = instant
                }
            case .blocked, .note: continue
            }
        }
        for hop in self.hops { self.close(hop, now) }
        for dialog in self.dialogs { self.close(dialog, now) }
    }

    private static func key(_ branch: UInt64, _ method: MessageGlance.Method) -> UInt64 {
        branch &+ UInt64(method.rawValue)
    }

    private static func dialogKey(_ glance: MessageGlance) -> UInt64 {
        glance.callID &* 31 &+ glance.toTag
    }

    // MARK: What was sent

    private mutating func noteSent(_ index: Int, _ sent: Simulation.Sent, isFork: Bool) {
        let glance = self.glances[index]
        let now = sent.instant
        guard glance.isRequest else {
            self.noteResponse(index, glance, sent, isFork: isFork)
            return
        }
        if glance.method == .ack {
            if let hop = self.hopByKey[Self.key(glance.branch, .invite)] {
                self.hops[hop].acks += 1
            } else if let dialog = self.dialogByKey[Self.dialogKey(glance)] {
                self.dialogs[dialog].acks += 1
            }
            return
        }
        if glance.method == .cancel { self.noteCancel(glance, now, isFork: isFork) }
        let key = Self.key(glance.branch, glance.method)
        guard let hop = self.hopByKey[key] else {
            var hop = WireHop(glance: glance, first: now, isForwarded: isFork, isStream: self.isStream(sent))
            hop.sends = 1
            self.hopByKey[key] = self.hops.count
            self.hops.append(hop)
            return
        }
        self.hops[hop].sends += 1
        let isAnswered =
            self.hops[hop].finalAt != nil || glance.method == .invite && self.hops[hop].provisionalAt != nil
        self.verdicts.require(
            isFork || !isAnswered,
            .notRetransmittedAfterResponse,
            now,
            "\(self.describe(index)) was sent again though its response had come"
        )
    }

    private mutating func noteCancel(_ glance: MessageGlance, _ now: Instant, isFork: Bool) {
        guard let invite = self.hopByKey[Self.key(glance.branch, .invite)] else { return }
        let hop = self.hops[invite]
        if hop.canceledAt == nil {
            self.hops[invite].canceledAt = now
            self.verdicts.require(
                isFork || (hop.provisionalAt != nil && hop.finalAt == nil),
                .canceledInTime,
                now,
                "a CANCEL left \(hop.provisionalAt == nil ? "before any response" : "after the final response")"
            )
        }
    }

    private mutating func noteResponse(_ index: Int, _ glance: MessageGlance, _ sent: Simulation.Sent, isFork: Bool) {
        guard let hop = self.hopByKey[Self.key(glance.branch, glance.method)] else { return }
        if glance.status == 100, !isFork { self.hops[hop].tryings += 1 }
        guard glance.status >= 200 else { return }
        let now = sent.instant
        let isSuccess = glance.status < 300 && glance.method == .invite
        if isSuccess, !isFork {
            let key = Self.dialogKey(glance)
            if let dialog = self.dialogByKey[key] {
                self.dialogs[dialog].sends += 1
            } else {
                self.dialogByKey[key] = self.dialogs.count
                var dialog = WireDialog(first: now, isStream: self.isStream(sent))
                dialog.sends = 1
                self.dialogs.append(dialog)
            }
        }
        guard !isFork else { return }
        self.hops[hop].responses += 1
        if self.hops[hop].acknowledgedAt != nil { self.hops[hop].afterACK.responses += 1 }
        guard let response = self.hops[hop].response else {
            self.hops[hop].response = (index, now)
            return
        }
        // A retransmission that comes when everything is forgotten is a request of its own.
        // So is what follows a refusal without a transaction, or an ACK that a proxy sent by itself.
        guard now < response.at + .seconds(30), !isSuccess, !self.isStateless(self.hops[hop]),
            !self.hops[hop].isForwarded
        else { return }
        self.verdicts.require(
            sent.bytes.isSameResponse(as: self.simulation.sent[response.index].bytes),
            .sameResponseAgain,
            now,
            "\(self.describe(index)) is not the response of before"
        )
    }

    // MARK: What arrived

    private mutating func noteDelivered(_ index: Int, isFork: Bool, _ now: Instant) {
        let glance = self.glances[index]
        if glance.isRequest, !isFork {
            if glance.method == .ack {
                if let hop = self.hopByKey[Self.key(glance.branch, .invite)] {
                    if self.hops[hop].acknowledgedAt == nil, self.hops[hop].response != nil {
                        self.hops[hop].acknowledgedAt = now
                    }
                } else if let dialog = self.dialogByKey[Self.dialogKey(glance)],
                    self.dialogs[dialog].acknowledgedAt == nil
                {
                    self.dialogs[dialog].acknowledgedAt = now
                }
            } else if let hop = self.hopByKey[Self.key(glance.branch, glance.method)] {
                self.hops[hop].deliveries += 1
                self.hops[hop].lastDelivery = now
                if let response = self.hops[hop].response, now > response.at { self.hops[hop].later += 1 }
                if self.hops[hop].acknowledgedAt != nil { self.hops[hop].afterACK.deliveries += 1 }
            }
        } else if !glance.isRequest, !isFork, let index = self.hopByKey[Self.key(glance.branch, glance.method)] {
            self.noteResponseDelivered(glance, index, now)
        }
    }

    private mutating func noteResponseDelivered(_ glance: MessageGlance, _ index: Int, _ now: Instant) {
        guard glance.status >= 200 else {
            if self.hops[index].isWaiting(now), self.hops[index].finalAt == nil { self.hops[index].provisionalAt = now }
            return
        }
        if self.hops[index].finalAt == nil {
            guard self.hops[index].isWaiting(now) else { return }
            self.hops[index].finalAt = now
            self.hops[index].isRefused = glance.status >= 300
        }
        guard let first = self.hops[index].finalAt, now < first + .seconds(30), glance.method == .invite else { return }
        if glance.status >= 300 {
            if self.hops[index].isRefused { self.hops[index].refusals += 1 }
        } else if !self.hops[index].isRefused, let dialog = self.dialogByKey[Self.dialogKey(glance)] {
            self.dialogs[dialog].deliveries += 1
        }
    }

    // MARK: At the end

    private func close(_ hop: WireHop, _ now: Instant) {
        let isInvite = hop.glance.method == .invite
        let name = "the \(hop.glance.method) sent first at \(Ladder.text(hop.first)) s"
        if !hop.isForwarded {
            let most = hop.isStream ? 1 : isInvite ? 7 : 11
            self.verdicts.require(
                hop.sends <= most,
                .boundedRetransmissions,
                now,
                "\(name) was sent \(hop.sends) times"
            )
            if hop.provisionalAt == nil, hop.finalAt == nil {
                self.verdicts.require(
                    hop.sends >= most,
                    .retransmittedUntilResponse,
                    now,
                    "\(name), without a response, was sent \(hop.sends) times, not \(most)"
                )
            }
            self.verdicts.require(
                hop.acks >= hop.refusals,
                .refusalsAcknowledged,
                now,
                "\(name) was refused \(hop.refusals) times, and \(hop.acks) ACKs left"
            )
        }
        self.verdicts.require(
            hop.deliveries == 0 || hop.responses > 0,
            .deliveredRequestsGetResponse,
            now,
            "\(name) arrived \(hop.deliveries) times and got no response"
        )
        self.verdicts.require(
            hop.isForwarded || hop.afterACK.responses <= hop.afterACK.deliveries,
            .notRepeatedAfterTheACK,
            now,
            "the refusal of \(name) was sent \(hop.afterACK.responses) times after its ACK"
        )
        // A retransmission that comes after timer H or L, when the transaction is forgotten, begins another one.
        let lives = hop.lastDelivery - hop.first > .seconds(30) ? 2 : 1
        let own = isInvite && (!hop.isStream || !hop.isRefused) ? 12 : 1
        self.verdicts.require(
            hop.responses <= own * lives + hop.deliveries - (isInvite ? 0 : 1) || hop.deliveries == 0,
            .boundedRetransmissions,
            now,
            "\(name) arrived \(hop.deliveries) times and got \(hop.responses) responses"
        )
        self.verdicts.require(
            hop.tryings <= hop.deliveries,
            .boundedRetransmissions,
            now,
            "\(name) arrived \(hop.deliveries) times and got \(hop.tryings) 100s"
        )
        self.judgeRefusal(hop, name, now)
        // Each retransmission has its response.
        self.verdicts.require(
            isInvite || hop.isStream || self.isStateless(hop) || hop.responses >= min(hop.deliveries, 1) + hop.later,
            .sameResponseAgain,
            now,
            "\(name) arrived \(hop.deliveries) times and got \(hop.responses) responses"
        )
    }

    /// A refusal of an INVITE goes on until somebody says that it arrived (timer G).
    private func judgeRefusal(_ hop: WireHop, _ name: String, _ now: Instant) {
        guard let response = hop.response, hop.glance.method == .invite, self.glances[response.index].status >= 300,
            !hop.isStream, !hop.isForwarded, !self.isStateless(hop)
        else { return }
        let waited = hop.acknowledgedAt.map { $0 - response.at }
        let least = waited.map { $0 > .milliseconds(600) ? 2 : 1 } ?? 10
        self.verdicts.require(
            hop.responses >= least,
            .refusalRepeatedUntilACK,
            now,
            "the refusal of \(name) was sent \(hop.responses) times, acknowledged after \(waited.map { "\($0)" } ?? "nothing")"
        )
    }

    private func close(_ dialog: WireDialog, _ now: Instant) {
        let name = "the 2xx sent first at \(Ladder.text(dialog.first)) s"
        // A session that is over need not acknowledge once more what it has acknowledged.
        self.verdicts.require(
            dialog.acks >= (self.hasSessions ? min(dialog.deliveries, 1) : dialog.deliveries),
            .successesAcknowledged,
            now,
            "\(name) arrived \(dialog.deliveries) times, and \(dialog.acks) ACKs left"
        )
        self.verdicts.require(
            dialog.sends <= 12,
            .boundedRetransmissions,
            now,
            "\(name) was sent \(dialog.sends) times"
        )
        guard !self.hasSessions else { return }
        let waited = dialog.acknowledgedAt.map { $0 - dialog.first }
        let least = waited.map { $0 > .milliseconds(600) ? 2 : 1 } ?? 10
        self.verdicts.require(
            dialog.sends >= least,
            .successRepeatedUntilACK,
            now,
            "\(name) was sent \(dialog.sends) times, acknowledged after \(waited.map { "\($0)" } ?? "nothing")"
        )
    }

    /// Whether the first response was that of a full table, after which the next retransmission may find room.
    private func isStateless(_ hop: WireHop) -> Bool {
        self.hasLimits && hop.response.map { self.glances[$0.index].status == 503 } ?? false
    }

    private func isStream(_ sent: Simulation.Sent) -> Bool {
        self.streams.contains(sent.from.host)
    }

    private func describe(_ index: Int) -> String {
        Ladder.label(self.simulation.sent[index].bytes)
    }
}
