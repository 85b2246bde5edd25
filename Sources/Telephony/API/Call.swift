public import CallCore
public import CoreTypes
public import RTPCore
import Synchronization

/// A call that is up: its audio, its DTMF digits and its end. A handle; ending is a command, so it works from any task.
public final class Call: Sendable {
    /// The call's identifier in this user agent.
    public let id: CallID
    /// Who calls; `nil` for a call that we placed.
    public let incoming: IncomingCallInfo?
    /// What is heard and said.
    public let audio: CallAudio
    /// The DTMF digits that the other side sent (RFC 4733); ends with the call. For one reader at a time.
    ///
    /// A reader that is cancelled takes no digit: `digits` may be raced against a sleep, and read again. 64 digits are kept for a
    /// slow reader.
    public let digits: EventQueue<Character>

    let control: CallControl

    init(control: CallControl) {
        self.id = control.id
        self.incoming = control.incoming
        self.control = control
        self.audio = CallAudio(
            inbound: CallFrames(ring: control.frames),
            outbound: CallSpeech(ring: control.speech),
            flow: control.flow,
            digits: control.digits
        )
        self.digits = control.digits
    }

    /// Who answered, as far as the signaling tells; `nil` for a call that came in.
    public var answeredBy: AnsweredBy? { self.control.answeredBy }

    /// Who is at the other end now: the caller, or whom we called, until the PBX names another party, as it does
    /// after a transfer.
    public var party: PartyIdentity { self.control.party }

    /// Who is at the other end now, and from then on each who comes in their place; ends with the call. When it yields
    /// another party, nothing that was for the one of before may be said any more.
    public func parties() -> EventQueue<PartyIdentity> {
        self.control.parties()
    }

    /// The codec and addresses in use.
    public var media: MediaParameters? { self.control.media }

    /// Why the call ended; `nil` while it is up.
    public var endReason: CallEndReason? { self.control.endReason }

    /// Ends the call. The BYE is retransmitted until a response comes, whatever becomes of the task that asked for it.
    public func hangUp() {
        self.control.hangUp()
    }

    /// Sends a DTMF digit: 0 to 9, *, #, A to D.
    public func sendDTMF(_ digit: Character) {
        self.control.sendDTMF(digit)
    }

    /// Returns when the call is over, with the reason; or at once when the task is cancelled.
    ///
    /// For a cancelled task it is the reason only if the call is over: what it returns for one that is still up is
    /// `localHangup`, and ``endReason`` is `nil` then. Waiting in vain ends no call.
    public func ended() async -> CallEndReason {
        await self.control.ended()
    }

    /// The media's figures so far, or the final ones.
    public func statistics() async -> MediaStatistics? {
        await self.control.statistics()
    }
}
